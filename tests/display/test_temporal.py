"""Heat maps of features over time."""

import numpy as np
import pytest

from skfi import (
    LSTMRegressor,
    TemporalImportanceDisplay,
    gradient_importance,
    permutation_importance,
)
from skfi.datasets import make_lagged_sequences


@pytest.fixture(scope="module")
def gradients(regressor, regression):
    return gradient_importance(regressor, regression.data[:30], aggregate="mean")


def test_the_map_is_the_mean_attribution(gradients):
    display = TemporalImportanceDisplay.from_result(gradients).plot()
    shown = display.ax_.images[0].get_array()
    assert np.allclose(shown, gradients.attributions.mean(axis=0).T)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["x0", "x1", "x2", "x3"]
    assert display.ax_.get_xticklabels()[-1].get_text() == "t"


def test_signed_values_have_a_scale_around_zero(gradients, regressor, regression):
    image = TemporalImportanceDisplay.from_result(gradients).plot().ax_.images[0]
    assert image.norm.vmin == -image.norm.vmax < 0
    assert image.norm.vmax == pytest.approx(np.abs(image.get_array()).max())
    absolute = gradient_importance(regressor, regression.data[:30])
    image = TemporalImportanceDisplay.from_result(absolute).plot().ax_.images[0]
    assert image.norm.vmin == 0


def test_samples_share_a_scale_and_show_their_own_series(gradients, regression):
    display = TemporalImportanceDisplay.from_result(gradients)
    display.plot(samples=[3, 5], X=regression.data[:30])
    assert len(display.ax_) == 2
    scales = {(ax.images[0].norm.vmin, ax.images[0].norm.vmax) for ax in display.ax_}
    assert len(scales) == 1
    assert np.allclose(display.values_[1], gradients.attributions[5].T)
    lines = display.ax_[0].get_lines()
    assert len(lines) == 4
    course, drawn = regression.data[3, :, 2], -lines[2].get_ydata()
    assert np.corrcoef(course, drawn)[0, 1] == pytest.approx(1)
    assert len(display.figure_.axes) == 3  # one colour bar for both


def test_padding_is_left_blank():
    X, y = make_lagged_sequences(
        30, n_timesteps=6, min_timesteps=3, return_X_y=True, random_state=0
    )
    model = LSTMRegressor(2, epochs=1, mask_value=np.nan, return_sequences=True).fit(X, y)
    found = gradient_importance(model, X)
    display = TemporalImportanceDisplay.from_result(found).plot(samples=0, X=X)
    assert (np.isnan(display.values_[0]) == np.isnan(X[0].T)).all()
    steps = gradient_importance(model, X, output_step="all")
    with pytest.raises(ValueError, match="output_step=<step>"):
        TemporalImportanceDisplay.from_result(steps)


def test_permutation_by_cell_and_by_time_step(regressor, regression):
    X, y = regression.data[:40], regression.target[:40]
    call = {"n_repeats": 1, "random_state": 0}
    found = permutation_importance(regressor, X, y, by="cell", **call)
    display = TemporalImportanceDisplay.from_result(found).plot()
    names = dict(zip(found.feature_names, found.importances_mean, strict=True))
    assert display.values_[0][2, 4] == names["x2[t-1]"]
    display = TemporalImportanceDisplay.from_estimator(
        regressor, X, y, method="permutation", by="timestep", **call
    ).plot()
    assert display.values_[0].shape == (1, 6)


@pytest.mark.parametrize(
    ("plot", "message"),
    [
        ({"samples": 30}, "sample 30 is not there: the result has 30"),
        ({"X": np.ones((30, 6, 4))}, "name some in samples="),
        ({"X": np.ones((2, 6, 4)), "samples": 0}, r"of shape \(30, 6, 4\); got \(2, 6, 4\)"),
    ],
)
def test_what_does_not_fit(gradients, plot, message):
    with pytest.raises(ValueError, match=message):
        TemporalImportanceDisplay.from_result(gradients).plot(**plot)


def test_results_without_time(regressor, regression):
    found = permutation_importance(regressor, regression.data, regression.target, n_repeats=1)
    with pytest.raises(ValueError, match="needs by='cell' or by='timestep'"):
        TemporalImportanceDisplay.from_result(found)
    with pytest.raises(TypeError, match="must be an ImportanceResult"):
        TemporalImportanceDisplay.from_result({"a": 1})
    with pytest.raises(ValueError, match="method='shap' is unknown"):
        TemporalImportanceDisplay.from_estimator(regressor, regression.data, method="shap")
