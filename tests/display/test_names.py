"""Names of features are shown as they are: none of their characters starts a formula."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skfi import (
    ComparisonDisplay,
    ImportanceComparison,
    ImportanceDisplay,
    ImportanceResult,
    TemporalImportanceDisplay,
)

NAMES = [r"$\frac$", "a_b^c", "US$ to $", "100 % {x}"]


def result(method, **more):
    return ImportanceResult.from_values(
        np.arange(1.0, 5)[:, None], feature_names=NAMES, method=method, **more
    )


def bars():
    correlated = [(NAMES[0], NAMES[2], 0.9)]
    return ImportanceDisplay.from_result(result("permutation", correlated=correlated)).plot()


def methods():
    results = {"permutation": result("permutation"), "lofo": result("lofo")}
    return ComparisonDisplay.from_result(ImportanceComparison.from_results(results)).plot()


def heat_map():
    axes = (["$t-1$", "$t$"], NAMES[::2])
    of_cells = result("permutation", by="cell", axes=axes)
    return TemporalImportanceDisplay.from_result(of_cells).plot()


@pytest.mark.parametrize("picture", [bars, methods, heat_map])
def test_names_with_signs_of_formulas(picture):
    display = picture()
    display.figure_.canvas.draw()  # matplotlib reads formulas, and fails, only now
    labels = [*display.ax_.get_yticklabels(), display.ax_.xaxis.label]
    if picture is heat_map:
        labels += display.ax_.get_xticklabels()
    assert any("$" in label.get_text() for label in labels)
    for label in labels:
        assert not label.get_parse_math() or "$" not in label.get_text()
    plt.close("all")
