"""Permutation importance on sequences: closed forms and the equality with scikit-learn."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import inspection
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.metrics import make_scorer, mean_absolute_error

from skfi import ImportanceResult, permutation_importance


class LinearSequences(RegressorMixin, BaseEstimator):
    """A fitted linear model of 3-D sequences, without any network."""

    def __init__(self, weights=None):
        self.weights = weights

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.einsum("ntf,tf->n", X, self.weights)


@pytest.fixture(scope="module")
def data():
    """Correlated cells, so that a block's covariance counts."""
    rng = np.random.default_rng(0)
    mix = np.linalg.cholesky(np.eye(12) * 0.3 + 0.7)
    X = (rng.normal(size=(4000, 12)) @ mix.T).reshape(4000, 4, 3)
    weights = rng.normal(size=(4, 3))
    return X, np.einsum("ntf,tf->n", X, weights), weights


@pytest.mark.parametrize("by", ["feature", "timestep", "cell"])
@pytest.mark.parametrize("shuffle", ["series", "values"])
def test_closed_form_of_a_linear_model(data, by, shuffle):
    # with squared loss a block c of cells costs 2 w' Cov(x_c) w; with each time step shuffled on
    # its own, Cov(x_c) loses what is between the steps
    X, y, weights = data
    result = permutation_importance(
        LinearSequences(weights),
        X,
        y,
        scoring="neg_mean_squared_error",
        by=by,
        shuffle=shuffle,
        n_repeats=10,
        random_state=0,
    )
    flat, w = X.reshape(len(X), -1), weights.ravel()
    step = np.arange(12) // 3
    cov = np.cov(flat, rowvar=False)
    if shuffle == "values":
        # source rows differ by step: the shuffled block keeps its covariance within a step
        within = np.where(step[:, None] == step, 1, 0)
    else:
        within = np.ones((12, 12))
    grid = np.arange(12).reshape(4, 3)
    blocks = {"feature": grid.T, "timestep": grid, "cell": grid.reshape(-1, 1)}[by]
    # E (w'(x_c - x'_c))^2 = w' Cov(x_c) w + w' Cov(x'_c) w
    expected = [w[c] @ (cov[np.ix_(c, c)] * (1 + within[np.ix_(c, c)])) @ w[c] for c in blocks]
    assert np.allclose(result.importances_mean, expected, rtol=0.08, atol=1e-2)
    assert result.baseline_score == pytest.approx(0, abs=1e-12)


def test_one_step_of_features_equals_scikit_learn(data):
    # a sequence of one step, by feature, through the index view = the columns, by scikit-learn
    X, y, _ = data
    linear = LinearRegression().fit(X[:, 0], y)

    class Wrapped(LinearSequences):
        def predict(self, X):
            return linear.predict(X[:, 0])

    ours = permutation_importance(
        Wrapped(), X[:, :1], y, n_repeats=3, random_state=3, max_samples=0.5
    )
    theirs = inspection.permutation_importance(
        linear, X[:, 0], y, n_repeats=3, random_state=3, max_samples=0.5
    )
    assert np.array_equal(ours.importances, theirs.importances)


def test_groups_of_one_equal_scikit_learn_on_arrays_and_frames(data):
    X, y, _ = data
    frame = pd.DataFrame(X[:, 0], columns=["a", "b", "c"], index=np.arange(len(X))[::-1])
    model = LinearRegression().fit(frame, y)
    theirs = inspection.permutation_importance(model, frame, y, random_state=0, max_samples=900)
    groups = {"first": ["a"], "second": ["b"], "third": ["c"]}
    ours = permutation_importance(
        model, frame, y, random_state=0, max_samples=900, feature_groups=groups
    )
    assert np.array_equal(ours.importances, theirs.importances)
    assert ours.feature_names.tolist() == list(groups)
    model = LinearRegression().fit(X[:, 0], y)
    as_array = permutation_importance(
        model, X[:, 0], y, random_state=0, max_samples=900, feature_groups={"first": [0]}
    )
    assert np.allclose(as_array.importances, theirs.importances)


def test_a_group_is_shuffled_together(data):
    X, y, weights = data
    model = LinearSequences(weights)
    apart = permutation_importance(model, X, y, random_state=0)
    together = permutation_importance(
        model, X, y, random_state=0, feature_groups={"all": [0, 1, 2]}
    )
    # with everything from one other row, the model predicts that row
    assert together.importances_mean == pytest.approx(2.0, abs=0.1)
    assert len(apart.importances_mean) == 3


def test_frames_keep_the_types_of_their_columns(data):
    X, y, _ = data
    frame = pd.DataFrame({"a": X[:, 0, 0], "kind": pd.Categorical(np.where(y > 0, "u", "v"))})

    class Typed(LinearSequences):
        def predict(self, X):
            assert str(X.dtypes["kind"]) == "category"
            return X["a"].to_numpy() + (X["kind"] == "u")

    result = permutation_importance(
        Typed(), frame, y, feature_groups={"both": ["a", "kind"]}, random_state=0
    )
    assert result.importances_mean[0] > 0


@pytest.mark.parametrize("n_jobs", [2, None])
def test_jobs_and_repeats_change_nothing(data, n_jobs):
    X, y, weights = data
    call = {"scoring": "r2", "shuffle": "values", "random_state": 0}
    serial = permutation_importance(LinearSequences(weights), X[:500], y[:500], **call)
    other = permutation_importance(
        LinearSequences(weights), X[:500], y[:500], n_jobs=n_jobs, **call
    )
    assert np.array_equal(serial.importances, other.importances)


def test_the_four_ways_of_a_random_state(data):
    X, y, weights = data
    X, y = X[:200], y[:200]

    def run(random_state):
        return permutation_importance(
            LinearSequences(weights), X, y, random_state=random_state
        ).importances

    assert not np.array_equal(run(None), run(None))
    assert np.array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))
    assert np.array_equal(run(np.random.RandomState(1)), run(np.random.RandomState(1)))


def test_weights_metrics_and_scorers(data):
    X, y, weights = data
    X, y = X[:300], y[:300] + np.random.default_rng(0).normal(size=300)
    model = LinearSequences(weights)
    weight = np.arange(300.0)
    both = permutation_importance(
        model, X, y, scoring=["r2", "neg_mean_absolute_error"], sample_weight=weight, random_state=0
    )
    alone = permutation_importance(
        model, X, y, scoring="neg_mean_absolute_error", sample_weight=weight, random_state=0
    )
    own = permutation_importance(
        model,
        X,
        y,
        scoring=make_scorer(mean_absolute_error, greater_is_better=False),
        sample_weight=weight,
        random_state=0,
    )
    assert np.array_equal(both["neg_mean_absolute_error"].importances, alone.importances)
    assert np.array_equal(own.importances, alone.importances)
    assert alone.baseline_score == pytest.approx(
        -mean_absolute_error(y, model.predict(X), sample_weight=weight)
    )
    assert (alone.scoring, own.scoring) == ("neg_mean_absolute_error",) * 2
    assert set(both) == {"r2", "neg_mean_absolute_error"}


def test_a_scorer_function_gets_an_estimator_like_the_real_one_and_the_array(data):
    X, y, weights = data
    model = LinearSequences(weights)

    def scorer(estimator, X_scored, y_scored):
        assert isinstance(estimator, LinearSequences)
        assert estimator.weights is model.weights
        assert X_scored.shape == X[:50].shape
        return -np.abs(estimator.predict(X_scored) - y_scored).max()

    result = permutation_importance(model, X[:50], y[:50], scoring=scorer, random_state=0)
    assert (result.importances_mean > 0).all()


def test_x_is_not_changed(data):
    X, y, weights = data
    before = X.copy()
    permutation_importance(LinearSequences(weights), X, y, random_state=0)
    assert np.array_equal(X, before)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"scoring": "mean_sqared_error"}, "'scoring'|mean_sqared_error"),
        ({"n_repeats": 0}, "n_repeats"),
        ({"max_samples": 10_000}, "max_samples must be <= n_samples"),
        ({"shuffle": "rows"}, "'shuffle' parameter"),
        ({"by": "minute"}, "by='minute' is unknown"),
        ({"feature_groups": {"g": ["nope"]}}, "names 'nope'"),
        ({"feature_names": ["a"]}, "feature_names has 1 names"),
        ({"sample_weight": [1.0, 2.0]}, "inconsistent numbers of samples"),
    ],
)
def test_bad_parameters(data, kwargs, message):
    X, y, weights = data
    with pytest.raises(ValueError, match=message):
        permutation_importance(LinearSequences(weights), X[:50], y[:50], **kwargs)


def test_bad_estimators_and_shapes(data):
    X, y, weights = data
    with pytest.raises(TypeError, match=r"must be a scikit-learn estimator, .* got str"):
        permutation_importance("lstm", X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        permutation_importance(LinearSequences(weights), X, y[:-1])
    a, b = keras.Input((4, 3)), keras.Input((4, 3))
    two = keras.Model([a, b], keras.layers.LSTM(1)(keras.layers.Add()([a, b])))
    with pytest.raises(ValueError, match=r"has the inputs .* pass X as a mapping .* got ndarray"):
        permutation_importance(two, X, y)


def test_result_is_a_bunch_with_scikit_learns_keys(data):
    X, y, weights = data
    result = permutation_importance(LinearSequences(weights), X[:50], y[:50], random_state=0)
    assert isinstance(result, ImportanceResult)
    assert {"importances_mean", "importances_std", "importances"} <= set(result)


@pytest.mark.parametrize(
    "layout",
    [np.asfortranarray, lambda X: np.ascontiguousarray(X.transpose(0, 2, 1)).swapaxes(1, 2)],
)
@pytest.mark.parametrize("shuffle", ["series", "values"])
def test_memory_layout_changes_nothing(data, layout, shuffle):
    X, y, weights = data
    call = {"shuffle": shuffle, "random_state": 0}
    expected = permutation_importance(LinearSequences(weights), X[:200], y[:200], **call)
    found = permutation_importance(LinearSequences(weights), layout(X[:200]), y[:200], **call)
    assert np.allclose(found.importances, expected.importances)
