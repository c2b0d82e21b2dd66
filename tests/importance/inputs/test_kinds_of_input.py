"""What was handed in: its kind, its real steps and its names, whatever it is wrapped in."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMClassifier, LSTMRegressor, SlidingWindow, TextSequencer
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._kinds import Numbers, Texts, TokenIds, Tokens
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._read import kind_of, read_input, read_training_input
from skfi.importance._units._of_input import units_of

N, T, F = 12, 3, 2
X = np.random.default_rng(0).normal(size=(N, T, F)).astype("float32")
Y = X[:, -1, 0].astype(float)
PADDED = X.copy()
PADDED[::2, 2] = np.nan
IDS = np.random.default_rng(1).integers(1, 6, size=(N, 4))
IDS[::3, 3] = 0
TEXTS = ["a good film", "bad", "not bad at all"] * 4
LABELS = np.arange(N) % 2
SMALL = {"units": 2, "epochs": 1, "importance": None, "random_state": 0}
WRAPPINGS = {
    "plain": lambda model: model,
    "pipeline": lambda model: make_pipeline("passthrough", model),
    "frozen": FrozenEstimator,
    "frozen pipeline": lambda model: FrozenEstimator(make_pipeline(model)),
    "nested": lambda model: make_pipeline(make_pipeline(FrozenEstimator(model))),
}


@pytest.fixture(scope="module")
def padded():
    return LSTMRegressor(mask_value=np.nan, **SMALL).fit(PADDED, Y)


@pytest.fixture(scope="module")
def of_ids():
    return LSTMClassifier(embedding_dim=2, n_tokens=6, **SMALL).fit(IDS, LABELS)


@pytest.fixture(scope="module")
def of_texts():
    network = LSTMClassifier(embedding_dim=2, **SMALL)
    return make_pipeline(TextSequencer(), network).fit(TEXTS, LABELS)


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
class TestTheSameInEveryWrapping:
    def test_padded_sequences(self, wrap, padded):
        estimator = wrap(padded)
        assert kind_of(estimator) is Numbers
        _, kind = read_input(estimator, PADDED)
        assert isinstance(kind, Numbers)
        assert np.array_equal(kind.real, ~np.isnan(PADDED[:, :, 0]))
        assert kind.from_start
        assert kind.shape == (N, T, F)

    def test_token_ids(self, wrap, of_ids):
        estimator = wrap(of_ids)
        assert kind_of(estimator) is Tokens
        _, kind = read_input(estimator, IDS)
        assert isinstance(kind, Tokens)
        assert np.array_equal(kind.real, IDS != 0)
        assert kind.words == [str(i) for i in range(6)]

    def test_texts(self, wrap, of_texts):
        estimator = wrap(of_texts)
        assert kind_of(estimator) is Tokens
        behind, kind = read_input(estimator, TEXTS)
        assert kind.texts == [text.split() for text in TEXTS]
        assert kind.words == of_texts[0].words_
        assert np.array_equal(behind.predict(kind.ids), estimator.predict(TEXTS))


@pytest.mark.parametrize(
    ("estimator", "samples", "kind"),
    [
        (LSTMRegressor(), X, Numbers),
        (LinearRegression(), X[:, 0], Numbers),
        (GridSearchCV(LSTMRegressor(), {}), X, Numbers),
        (make_pipeline(SlidingWindow(2), LSTMRegressor()), X[:, 0], Numbers),
        (LSTMClassifier(embedding_dim=2), IDS, TokenIds),
        (LSTMClassifier(embedding=np.ones((6, 2))), IDS, TokenIds),
        (make_pipeline(TextSequencer(), LSTMClassifier(embedding_dim=2)), TEXTS, Texts),
        (GridSearchCV(make_pipeline(TextSequencer(), LSTMClassifier()), {}), TEXTS, Texts),
    ],
)
def test_before_training(estimator, samples, kind):
    found = read_training_input(estimator, samples, LABELS)
    assert type(found) is kind
    assert kind_of(estimator) is (Numbers if kind is Numbers else Tokens)


def test_rows_of_a_table_fold_and_are_named():
    columns = pd.DataFrame(X.reshape(N, -1), columns=[f"c{i}" for i in range(T * F)])
    pipe = make_pipeline(StandardScaler(), LSTMRegressor(n_timesteps=T, **SMALL)).fit(columns, Y)
    _, kind = read_input(pipe, columns)
    assert (kind.n_timesteps, kind.names, kind.real) == (T, columns.columns.tolist(), None)
    units = units_of(kind, by="timestep", groups=None, names=None)
    assert units.names.tolist() == ["t-2", "t-1", "t"]
    assert [cells.tolist() for cells in units.cells] == [[0, 1], [2, 3], [4, 5]]


def test_some_of_the_samples(padded, of_texts):
    rows = np.array([4, 1])
    for estimator, samples in ((padded, PADDED), (of_texts, TEXTS)):
        _, kind = read_input(estimator, samples)
        some = kind.of_samples(rows)
        assert np.array_equal(some.X, kind.X[rows], equal_nan=True)
        assert np.array_equal(some.real, kind.real[rows])


def bare(*layers):
    model = keras.Sequential(layers)
    model.compile(loss="mean_squared_error")
    return as_estimator(model)


@pytest.mark.parametrize(
    ("estimator", "facts"),
    [
        (LinearRegression(), {"mask_value": None, "per_step": False, "takes_tokens": False}),
        (LSTMRegressor(mask_value=0, n_timesteps=4), {"mask_value": 0, "n_timesteps": 4}),
        (LSTMRegressor(return_sequences=True), {"per_step": True, "has_own_network": False}),
        (LSTMRegressor(network=print), {"has_own_network": True, "is_bare": False}),
        (LSTMClassifier(embedding_dim=3), {"takes_tokens": True, "zero_is_padding": True}),
        (
            bare(keras.Input((4, 2)), keras.layers.Masking(7.0), keras.layers.LSTM(1)),
            {"mask_value": 7.0, "is_bare": True, "has_own_network": True, "takes_tokens": False},
        ),
        (
            bare(keras.Input((4,)), keras.layers.Embedding(5, 2), keras.layers.LSTM(1)),
            {"takes_tokens": True, "zero_is_padding": False, "per_step": False},
        ),
        (
            bare(keras.Input((4, 2)), keras.layers.LSTM(1, return_sequences=True)),
            {"per_step": True, "mask_value": None},
        ),
    ],
)
def test_the_last_step(estimator, facts):
    last = LastStep.of(estimator)
    assert {name: getattr(last, name) for name in facts} == facts
