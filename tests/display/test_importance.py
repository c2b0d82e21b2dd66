"""Bars: order, labels, colours, the baseline line."""

import builtins

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from skfi import ImportanceDisplay, ImportanceResult

VALUES = np.array([[0.1, 0.3], [0.5, 0.7], [-0.2, -0.4]])


@pytest.fixture
def result():
    return ImportanceResult.from_values(
        VALUES,
        feature_names=["tmin", "rain", "noise"],
        method="permutation",
        baseline_score=-0.8,
        scoring="neg_mean_absolute_error",
    )


def widths(display):
    return [bar.get_width() for bar in display.ax_.patches]


def labels(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def test_bars_are_sorted_with_the_largest_on_top(result):
    display = ImportanceDisplay.from_result(result).plot()
    assert labels(display) == ["noise", "tmin", "rain"]
    assert np.allclose(widths(display), [-0.3, 0.2, 0.6])
    assert display.figure_ is display.ax_.figure


def test_harmful_features_have_another_colour(result):
    bars = result.plot().ax_.patches
    colors = [to_hex(bar.get_facecolor()) for bar in bars]
    assert colors[0] != colors[1] == colors[2]


def test_spread_is_drawn(result):
    (error,) = [c for c in result.plot().ax_.collections if hasattr(c, "get_segments")]
    spans = [segment[:, 0].tolist() for segment in error.get_segments()]
    assert np.allclose(spans, [[-0.4, -0.2], [0.1, 0.3], [0.5, 0.7]])


def test_score_is_the_metric_with_its_baseline(result):
    display = result.plot(kind="score")
    assert np.allclose(widths(display), [0.5, 1.0, 1.4])  # the error 0.8, and what is lost
    baseline = display.ax_.lines[-1]
    assert baseline.get_xdata()[0] == 0.8
    assert display.ax_.get_xlabel() == "mean absolute error\nwhen the feature is shuffled"


def test_axis_says_what_is_measured(result):
    assert result.plot().ax_.get_xlabel().startswith("increase of mean absolute error")
    lofo = ImportanceResult.from_values(
        VALUES, feature_names=list("abc"), method="lofo", baseline_score=0.9, scoring="r2"
    )
    assert lofo.plot().ax_.get_xlabel() == "decrease of R²\nwhen the feature is left out"
    gradient = ImportanceResult.from_values(VALUES, feature_names=list("abc"), method="smoothgrad")
    assert "mean smoothgrad" in gradient.plot().ax_.get_xlabel()


def test_max_features_keeps_the_largest(result):
    assert labels(result.plot(max_features=1)) == ["rain"]
    assert len(widths(result.plot(max_features=None))) == 3


def test_an_axes_can_be_given(result):
    _, ax = plt.subplots()
    assert result.plot(ax=ax, bar_kwargs={"height": 0.2}).ax_ is ax
    assert ax.patches[0].get_height() == pytest.approx(0.2)


@pytest.mark.parametrize("method", ["gradient", "permutation"])
def test_from_estimator_computes(regression, regressor, method):
    display = ImportanceDisplay.from_estimator(
        regressor, regression.data, regression.target, method=method
    ).plot()
    assert labels(display)[-1] == "x0"


def test_errors(result, regression, regressor):
    with pytest.raises(ValueError, match="method='shap' is unknown"):
        ImportanceDisplay.from_estimator(regressor, regression.data, method="shap")
    with pytest.raises(ValueError, match="kind='pie' is unknown"):
        result.plot(kind="pie")
    with pytest.raises(ValueError, match="kind='score' needs a scored method"):
        ImportanceDisplay.from_estimator(regressor, regression.data).plot(kind="score")
    with pytest.raises(TypeError, match=r"pick one: result\['neg_mean_absolute_error'\]"):
        ImportanceDisplay.from_result({"r2": result})


def test_matplotlib_missing(result, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"pip install 'skfi\[plot\]'"):
        result.plot()


def test_long_names_are_not_cut_off(tmp_path):
    names = [f"a feature with quite a long name, number {i}" for i in range(12)]
    result = ImportanceResult.from_values(
        np.arange(24.0).reshape(12, 2), feature_names=names, method="saliency"
    )
    display = result.plot()
    display.figure_.draw_without_rendering()
    left = min(label.get_window_extent().x0 for label in display.ax_.get_yticklabels())
    assert left >= 0
