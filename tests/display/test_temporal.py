"""Heat maps of features over time."""

import numpy as np
import pytest

from skfi import (
    ImportanceResult,
    LSTMRegressor,
    TemporalImportanceDisplay,
    from_keras,
    gradient_importance,
    permutation_importance,
)
from skfi.datasets import make_lagged_sequences

STEPS = ["t-2", "t-1", "t"]


def permuted(n_units, features=()):
    """A result by cell as permutation_importance gives it: 3 steps, features named or not."""
    return ImportanceResult.from_values(
        np.arange(float(n_units))[:, None],
        feature_names=[f"x{i}" for i in range(n_units)],
        method="permutation",
        by="cell",
        axes=(STEPS, list(features)),
    )


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


@pytest.mark.parametrize("features", [(), ("rain", "tmin")], ids=["columns", "sequences"])
def test_cells_of_columns_and_of_sequences(features):
    """The names of 2-D columns are those of cells: the axis of features has none."""
    display = TemporalImportanceDisplay.from_result(permuted(6, features)).plot()
    assert display.values_[0].tolist() == [[0, 2, 4], [1, 3, 5]]
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == (list(features) or ["x0", "x1"])
    for n_units in (5, *([3] if features else [])):  # fewer than cells: there were groups
        with pytest.raises(ValueError, match="without feature_groups"):
            TemporalImportanceDisplay.from_result(permuted(n_units, features))


def test_columns_that_fold_into_steps(regressor, regression):
    X, y = regression.data[:40], regression.target[:40]
    call = {"method": "permutation", "n_repeats": 1, "random_state": 0}
    network = regressor.model_
    of_cells = TemporalImportanceDisplay.from_estimator(network, X, y, **call).plot()
    folds = from_keras(network, n_timesteps=6)
    of_columns = TemporalImportanceDisplay.from_estimator(folds, X.reshape(40, -1), y, **call)
    assert np.allclose(of_columns.plot().values_[0], of_cells.values_[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"feature_groups": {"a": ["x0"]}}, r"got feature_groups \['a'\]: .* Leave .* out"),
        ({"by": "feature"}, "got by='feature': a heat map over time needs by='cell' or"),
    ],
    ids=["groups", "by"],
)
@pytest.mark.parametrize("method", ["permutation", "lofo"])
def test_refused_before_it_is_computed(method, call, message):
    with pytest.raises(ValueError, match=f"method='{method}' {message}"):
        TemporalImportanceDisplay.from_estimator(None, None, method=method, **call)


@pytest.mark.parametrize("aggregate", ["mean", "mean_abs"])
@pytest.mark.parametrize("n_axes", [2, 3], ids=["columns", "sequences"])
def test_a_mean_is_over_the_sequences_that_reach_the_step(aggregate, n_axes):
    values = np.array([[[1.0, -2], [3, 4], [0, 0]], [[5, 6], [0, 0], [0, 0]]])
    result = ImportanceResult.from_values(
        np.ones((2, 2)),
        feature_names=["rain", "tmin"],
        method="saliency",
        weights=np.array([3.0, 1]),
        attributions=values if n_axes == 3 else values.reshape(2, -1),
        aggregate=aggregate,
        axes=(STEPS, ["rain", "tmin"]),
        sequence_mask=np.array([[True, True, False], [True, False, False]]),
    )
    first = [2.0, 0.0] if aggregate == "mean" else [2.0, 3.0]  # (3 * 1 + 1 * 5) / 4, ...
    expected = np.array([first, [3, 4], [np.nan] * 2])
    display = TemporalImportanceDisplay.from_result(result).plot()
    assert np.allclose(display.values_[0], expected.T, equal_nan=True)
    result.sequence_mask = None  # nothing is padding: only the weights count
    display.plot()
    assert np.allclose(display.values_[0][:, 1], [2.25, 3])
    del result["sample_weight"]  # of a result that was stored before there was one
    assert np.allclose(display.plot().values_[0][:, 1], [1.5, 2])


@pytest.mark.parametrize(
    ("plot", "message"),
    [
        ({"samples": 30}, "samples=30 are not there: the result has 30"),
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


class TestStepsThatFewReach:
    @pytest.fixture
    def result(self):
        X = np.full((20, 5, 2), np.nan)
        for row in range(20):
            X[row, : 5 if row == 0 else 3] = 1.0 + row
        model = LSTMRegressor(2, epochs=1, mask_value=np.nan, importance=None, random_state=0)
        return gradient_importance(model.fit(X, np.arange(20.0)), X)

    def test_are_paler(self, result):
        display = TemporalImportanceDisplay.from_result(result).plot()
        assert np.allclose(display.reached_, [1, 1, 1, 0.05, 0.05])
        (image,) = display.ax_.images
        alpha = image.get_alpha()
        assert (alpha[:, :3] == 1).all()
        assert (alpha[:, 3:] < 0.25).all()
        assert "paler: fewer sequences" in display.ax_.get_xlabel()
        display.figure_.canvas.draw()

    def test_or_weigh_less(self, result):
        plain = TemporalImportanceDisplay.from_result(result).plot()
        weighed = TemporalImportanceDisplay.from_result(result).plot(weigh_steps=True)
        assert np.allclose(weighed.values_[0], plain.values_[0] * plain.reached_)
        of_all = np.abs(result.attributions).sum(axis=0).T / 20
        assert np.allclose(weighed.values_[0], of_all)
        assert weighed.ax_.images[0].get_alpha() is None
        assert weighed.ax_.get_xlabel() == "time step"

    def test_by_weight(self, result):
        weighted = ImportanceResult(**dict(result) | {"sample_weight": np.eye(20)[0] * 19 + 1})
        display = TemporalImportanceDisplay.from_result(weighted).plot()
        assert np.allclose(display.reached_[3:], 20 / 39)

    def test_of_single_samples_nothing_fades(self, result):
        display = TemporalImportanceDisplay.from_result(result).plot(samples=0)
        assert display.ax_.images[0].get_alpha() is None
