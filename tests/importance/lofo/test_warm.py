"""LOFO's warm refit: a reduced network starts as the full one without the left-out input."""

import keras
import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMClassifier, LSTMRegressor, SlidingWindow, TextSequencer, lofo_importance
from skfi.importance._lofo._warm_start import WarmStart, _Trimmed

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4, 3)).astype("float32")
Y = X[:, :, 0].mean(axis=1) + 0.5 * X[:, :, 1].mean(axis=1)
TINY = {"units": 4, "epochs": 5, "random_state": 0, "importance": None}
TRAINED = TINY | {"epochs": 25, "learning_rate": 0.05}


def flat(input_shape, n_outputs):
    layers = [keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(n_outputs)]
    return keras.Sequential(layers)


def convolved(input_shape, n_outputs):
    layers = [keras.Input(input_shape), keras.layers.Conv1D(2, 2), keras.layers.GRU(3)]
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs)])


def normalised(input_shape, n_outputs):
    layers = [keras.Input(input_shape), keras.layers.LayerNormalization(), keras.layers.LSTM(3)]
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs)])


def multiplied(input_shape, n_outputs):
    """A hidden layer as wide as the input: two axes of its weights depend on the features."""
    layers = [keras.Input(input_shape), keras.layers.Dense(input_shape[1]), keras.layers.LSTM(3)]
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs)])


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"cell": "gru", "units": (3, 2)},
        {"cell": "rnn", "bidirectional": True},
        {"network": flat},
        {"network": convolved},
    ],
    ids=["lstm", "stacked", "bidirectional", "flat", "convolution"],
)
def test_the_start_is_the_full_network_with_a_zero_in_the_feature(params):
    model = LSTMRegressor(**TINY | params)
    full = clone(model).fit(X, Y).model_
    start = WarmStart(full.get_weights(), epochs=1)
    kept = np.setdiff1d(np.arange(12), np.arange(1, 12, 3))  # all cells but those of feature 1
    reduced = clone(model)
    start.put_into(reduced, (4, 3), kept)
    reduced.set_params(learning_rate=1e-12).fit(X[:, :, [0, 2]], Y)
    zeroed = X * [1, 0, 1]
    assert np.allclose(reduced.model_(X[:, :, [0, 2]]), full(zeroed), atol=1e-6)
    assert not hasattr(reduced, "_start")  # another fit starts afresh
    assert len(reduced.history_["loss"]) == 1


def test_time_steps_leave_a_recurrent_network_as_it_is():
    full = LSTMRegressor(**TINY).fit(X, Y).model_
    smaller = LSTMRegressor(**TINY).fit(X[:, 1:], Y).model_
    _Trimmed(full.get_weights(), (4, 3), np.arange(3, 12))(smaller)
    assert np.allclose(smaller(X[:, 1:]), full(X[:, 1:]))


def test_warm_scores_by_hand():
    model = LSTMRegressor(**TINY)
    folds = list(KFold(2).split(X))
    found = lofo_importance(model, X, Y, cv=folds, scoring="r2", refit="warm", refit_epochs=1)
    for i, (train, test) in enumerate(folds):
        weights = clone(model).fit(X[train], Y[train]).model_.get_weights()
        scores = []
        for features in ([0, 1, 2], [1, 2], [0, 2], [0, 1]):
            cells = np.flatnonzero(np.isin(np.arange(12) % 3, features))
            again = clone(model)
            WarmStart(weights, epochs=1).put_into(again, (4, 3), cells)
            again.fit(X[train][:, :, features], Y[train])
            scores.append(again.score(X[test][:, :, features], Y[test]))
        assert np.allclose(found.baseline_scores[i], scores[0])
        assert np.allclose(found.importances[:, i], scores[0] - np.array(scores[1:]))
    assert found.refit == "warm"


def test_processes_give_what_one_gives():
    model = LSTMClassifier(**TINY | {"epochs": 10, "dropout": 0.3})  # two epochs, which may stop
    call = {"cv": 2, "refit": "warm", "feature_groups": {"both": ["x1", "x2"]}}
    serial = lofo_importance(model, X, Y > 0, **call)
    parallel = lofo_importance(model, X, Y > 0, n_jobs=2, **call)
    assert np.array_equal(serial.importances, parallel.importances)
    assert serial.feature_names.tolist() == ["x0", "both"]


def test_warm_ranks_as_cold_does(regression):
    X = regression.data
    y = X[:, 3:, :].mean(axis=1) @ [4, 3, 2, 1]
    model = LSTMRegressor(8, epochs=12, learning_rate=0.03, random_state=0, importance=None)
    found = [lofo_importance(model, X, y, cv=KFold(2), refit=refit) for refit in ("cold", "warm")]
    assert spearmanr(found[0].importances_mean, found[1].importances_mean).statistic >= 0.9
    assert found[1].importances_mean.argmax() == 0


def test_pipelines_whose_features_stay(regression):
    table = regression.data[:, 0]
    pipe = make_pipeline(
        StandardScaler(), make_pipeline(SlidingWindow(3), "passthrough"), LSTMRegressor(**TRAINED)
    )
    found = lofo_importance(pipe, table, table[:, 0], cv=KFold(2), refit="warm")
    assert found.importances_mean.argmax() == 0
    pca = make_pipeline(PCA(2), LSTMRegressor(**TINY))
    with pytest.raises(ValueError, match=r"mixes or makes features .* refit='cold'"):
        lofo_importance(pca, table, table[:, 0], cv=2, refit="warm")


def test_token_ids():
    rng = np.random.default_rng(1)
    ids = rng.integers(2, 9, size=(60, 5))
    labels = (ids == 3).any(axis=1)
    model = LSTMClassifier(**TINY, embedding_dim=4)
    groups = {"three": ["3"], "others": ["4", "5"]}
    found = lofo_importance(model, ids, labels, cv=2, refit="warm", feature_groups=groups)
    assert np.isfinite(found.importances).all()


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (Ridge(), TypeError, r"LSTMRegressor, LSTMClassifier or a Pipeline .* got Ridge"),
        (
            make_pipeline(TextSequencer(), LSTMClassifier(embedding_dim=2)),
            ValueError,
            "not possible with a TextSequencer",
        ),
        (LSTMRegressor(**TINY, network=multiplied), ValueError, "cannot tell which weights"),
    ],
    ids=["ridge", "texts", "weights"],
)
def test_what_cannot_be_refitted_warm(estimator, error, message):
    with pytest.raises(error, match=message):
        lofo_importance(estimator, X, Y, cv=2, refit="warm")


def test_a_scale_of_each_feature_is_trimmed_too():
    model = LSTMRegressor(**TINY, network=normalised)
    found = lofo_importance(model, X, Y, cv=2, refit="warm")
    assert np.isfinite(found.importances).all()


def test_time_steps():
    model, last = LSTMRegressor(**TRAINED), X[:, -1, 0]
    found = lofo_importance(model, X, last, cv=KFold(2), by="timestep", refit="warm")
    assert found.importances_mean.argmax() == 3
