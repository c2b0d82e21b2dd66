"""What X may come in: lists, frames of pandas and polars, numbers of NumPy; and what it may not."""

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import (
    GradientTransformer,
    LSTMClassifier,
    LSTMRegressor,
    SelectSequenceFeatures,
    SlidingWindow,
    check_importances,
    compare_importances,
    correlation_groups,
    gradient_importance,
    lofo_importance,
    make_windows,
    permutation_importance,
    stack_sequences,
)

random = np.random.default_rng(0)
X = random.normal(size=(60, 4, 3)).astype("float32")
Y = X[:, -1, 0].astype(float)
SMALL = {"units": 2, "epochs": 1, "importance": None, "random_state": 0}
NAMES = ["rain", "wind", "sun"]
COLUMNS = dict(zip(NAMES, X[:, 0].astype(float).T, strict=True))
POLARS, PANDAS = pl.DataFrame(COLUMNS), pd.DataFrame(COLUMNS)
RAGGED = [X[0], X[1, :2], X[2]]


@pytest.fixture(scope="module")
def model():
    return LSTMRegressor(**SMALL).fit(X, Y)


class TestNumbersOfNumPy:
    @pytest.mark.parametrize(
        "params",
        [
            {"units": np.int64(3)},
            {"units": [np.int64(3), np.int32(2)]},
            {"batch_size": np.int64(16)},
            {"epochs": np.int64(2)},
            {"learning_rate": np.float32(0.01)},
            {"dropout": np.float64(0.1)},
            {"random_state": np.int64(3)},
            {"verbose": np.int64(0)},
            {"bidirectional": np.bool_(True)},
            {"early_stopping": np.bool_(True), "n_iter_no_change": np.int64(2)},
            {"early_stopping": True, "validation_fraction": np.float32(0.2)},
            {"importance": "gradient", "importance_params": {"n_steps": np.int64(4)}},
        ],
    )
    def test_parameters(self, params):
        model = LSTMRegressor(**SMALL | params)
        given = model.get_params()
        assert model.fit(X, Y).predict(X).shape == (60,)
        for name, value in model.get_params().items():
            assert value is given[name]  # scikit-learn's rule: fit changes no parameter

    def test_search(self):
        grid = {"units": np.arange(2, 4), "epochs": np.arange(1, 3)}
        search = GridSearchCV(LSTMRegressor(**SMALL), grid, cv=2).fit(X, Y)
        assert search.best_params_["units"] in (2, 3)

    def test_of_an_own_network(self):
        def network(input_shape, n_outputs, units):
            layers = [keras.Input(input_shape), keras.layers.LSTM(units), keras.layers.Dense(1)]
            return keras.Sequential(layers)

        model = LSTMRegressor(network=network, epochs=1, importance=None)
        model.set_params(network_params={"units": np.int64(2)}).fit(X, Y)
        assert model.model_.count_params() > 0

    def test_of_an_embedding(self):
        random = np.random.default_rng(1)
        ids = random.integers(1, 5, size=(40, 3))
        model = LSTMClassifier(**SMALL, embedding_dim=np.int64(2), n_tokens=np.int64(6))
        assert model.fit(ids, ids[:, 0] > 2).predict(ids).shape == (40,)

    def test_functions(self, model):
        one, two = np.int64(1), np.int64(2)
        permutation_importance(model, X, Y, n_repeats=two, n_jobs=one, max_samples=np.int64(30))
        gradient_importance(model, X, n_steps=np.int64(4), max_samples=np.int64(9), target=one - 1)
        lofo_importance(model, X, Y, cv=two, n_jobs=one)
        make_windows(PANDAS, target="sun", window=two, horizon=one)
        assert SlidingWindow(two).fit_transform(X[:, 0]).shape == (60, 2, 3)


class TestPolars:
    def test_estimators(self):
        ours = {"n_timesteps": 1} | SMALL
        for estimator in (
            LSTMRegressor(**ours),
            GradientTransformer(LSTMRegressor(**ours)),
            SelectSequenceFeatures(LSTMRegressor(**ours | {"importance": "gradient"})),
            SlidingWindow(3),
        ):
            fitted, expected = estimator.fit(POLARS, Y), estimator.fit(PANDAS, Y)
            assert list(fitted.feature_names_in_) == NAMES
            assert fitted.get_params().keys() == expected.get_params().keys()
        model = LSTMRegressor(**ours).fit(POLARS, pl.Series(Y))
        assert np.array_equal(model.predict(POLARS), model.predict(PANDAS))

    @pytest.mark.parametrize("trained_on", [POLARS, PANDAS])
    def test_functions(self, trained_on):
        network = LSTMRegressor(**SMALL, n_timesteps=1).fit(trained_on, Y)
        linear = LinearRegression().fit(trained_on, Y)
        call = {"random_state": 0, "feature_groups": {"sky": ["rain", "sun"]}}
        for function, model, more in (
            (gradient_importance, network, {}),
            (permutation_importance, network, {}),
            (permutation_importance, linear, {}),
            (permutation_importance, linear, {"conditional": True}),
            (lofo_importance, network, {"cv": 2}),
            (lofo_importance, linear, {"cv": 2}),
        ):
            found = function(model, POLARS, Y, **call | more)
            expected = function(model, PANDAS, Y, **call | more)
            assert list(found.feature_names) == ["sky", "wind"]
            assert np.array_equal(found.importances, expected.importances)

    def test_behind_steps_that_address_columns(self):
        scale = make_column_transformer((StandardScaler(), ["rain"]), ("passthrough", ["sun"]))
        model = make_pipeline(scale, LinearRegression()).fit(POLARS, Y)
        found = permutation_importance(model, POLARS, Y, random_state=0)
        expected = permutation_importance(model, PANDAS, Y, random_state=0)
        assert np.array_equal(found.importances, expected.importances)
        report = check_importances(model, POLARS, Y, found, random_state=0)
        assert "deletion" in report.curves
        names = compare_importances(model, POLARS, Y, methods=["permutation", "lofo"]).to_frame()
        assert set(names.index) == set(NAMES)

    def test_tables(self):
        windows = make_windows(POLARS, target="sun", window=3)
        assert windows.feature_names == ["rain", "wind"]
        assert np.array_equal(windows.data, make_windows(PANDAS, target="sun", window=3).data)
        long = POLARS.with_columns(place=pl.Series(np.repeat(["a", "b", "c"], 20)))
        panel = stack_sequences(long, by="place", target="sun", return_sequences=True)
        assert panel.data.shape == (3, 20, 2)
        assert panel.index.tolist() == ["a", "b", "c"]
        twice = POLARS.with_columns(drops=pl.col("rain") * 2)
        assert correlation_groups(twice) == {"rain+drops": ["rain", "drops"]}

    def test_dates_are_refused_and_gaps_are_seen(self):
        dates = POLARS.with_columns(day=pl.Series(pd.date_range("2020-01-01", periods=60)))
        with pytest.raises(ValueError, match="no numbers"):
            LSTMRegressor(**SMALL).fit(dates, Y)
        gaps = POLARS.with_columns(rain=pl.Series([None, *Y[1:]]))
        with pytest.raises(ValueError, match="contains NaN"):
            LSTMRegressor(**SMALL).fit(gaps, Y)


CALLS = {
    "fit": lambda model, rows: LSTMRegressor(**SMALL).fit(rows, Y[: len(rows)]),
    "predict": lambda model, rows: model.predict(rows),
    "gradient": lambda model, rows: gradient_importance(model, rows),
    "permutation": lambda model, rows: permutation_importance(model, rows, Y[: len(rows)]),
    "lofo": lambda model, rows: lofo_importance(model, rows, Y[: len(rows)]),
}


@pytest.mark.parametrize("call", CALLS)
class TestWhatItMayNotBe:
    def test_sequences_of_unequal_length(self, model, call):
        with pytest.raises(ValueError, match=r"3 sequences of 2 to 4 steps.*stack_sequences\(X\)"):
            CALLS[call](model, RAGGED)

    def test_token_ids_of_unequal_length(self, model, call):
        with pytest.raises(ValueError, match=r"pad_sequences\(X, padding='post'\)"):
            CALLS[call](model, [[1, 2], [3], [1, 2, 3]])

    @pytest.mark.parametrize("rows", [X[:, 0, 0], X[:, 0, 0].tolist()])
    def test_one_dimension(self, model, call, rows):
        with pytest.raises(ValueError, match=r"one-dimensional, of shape \(60,\); expected"):
            CALLS[call](model, rows)

    def test_no_time_steps(self, model, call):
        with pytest.raises(ValueError, match=r"no time steps or no features: shape \(60, 0, 3\)"):
            CALLS[call](model, X[:, :0])


def test_the_advice_for_unequal_lengths_works():
    panel = stack_sequences(RAGGED)
    model = LSTMRegressor(**SMALL, mask_value=np.nan).fit(panel.data, Y[:3])
    assert model.predict(panel.data).shape == (3,)
    ids = keras.utils.pad_sequences([[1, 2], [3], [1, 2, 3]], padding="post")
    model = LSTMClassifier(**SMALL, embedding_dim=2).fit(ids, [0, 1, 1])
    assert model.predict(ids).shape == (3,)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (keras.losses.MeanAbsoluteError, r"is the class MeanAbsoluteError; pass an instance"),
        ("sparse_categorical_crossentropy", "compares probabilities of classes"),
        (keras.losses.SparseCategoricalCrossentropy(), "compares probabilities of classes"),
        ("categorical_crossentropy", "compares probabilities of classes"),
    ],
)
def test_losses_of_a_regressor(loss, message):
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(**SMALL, loss=loss).fit(X, Y)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
@pytest.mark.usefixtures("eager")
class TestLofoRebuilds:
    @pytest.mark.parametrize(
        "layers",
        [
            [keras.layers.Bidirectional(keras.layers.LSTM(2))],
            [keras.layers.TimeDistributed(keras.layers.Dense(3)), keras.layers.LSTM(2)],
            [
                keras.layers.TimeDistributed(keras.layers.Dense(3)),
                keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True)),
                keras.layers.Bidirectional(keras.layers.GRU(2)),
            ],
        ],
    )
    def test_wrapped_layers_at_the_beginning(self, layers):
        network = keras.Sequential([keras.Input((4, 3)), *layers, keras.layers.Dense(1)])
        network.compile(loss="mse")
        found = lofo_importance(network, X, Y, cv=2, fit_params={"epochs": 1}, random_state=0)
        assert found.leave_out == "remove"
        assert np.isfinite(found.importances).all()


@keras.saving.register_keras_serializable(package="tests")
class Registered(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.recurrent, self.dense = keras.layers.LSTM(3), keras.layers.Dense(1)

    def call(self, rows):
        return self.dense(self.recurrent(rows))


class Unregistered(Registered):
    pass


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
@pytest.mark.usefixtures("eager")
class TestSubclasses:
    def functional(self, kind, compiled=True):
        network = kind()
        with pytest.raises(ValueError, match=r"call it once on some samples: model\(X\[:2\]\)"):
            gradient_importance(network, X)
        network(X[:2])
        with pytest.raises(ValueError, match="compile it with the loss that it was trained with"):
            gradient_importance(network, X)
        network.compile(loss="mse")
        gradient_importance(network, X)
        inputs = keras.Input((4, 3))
        model = keras.Model(inputs, network(inputs))
        if compiled:
            model.compile(loss="mse")
        return network, model

    def test_the_advice_works(self):
        network, model = self.functional(Registered)
        found = gradient_importance(model, X)
        assert found.importances_mean.shape == (3,)
        assert np.allclose(
            permutation_importance(model, X, Y).baseline_score,
            1 - ((Y - network.predict(X, verbose=0).ravel()) ** 2).mean() / Y.var(),
            atol=1e-5,
        )
        for leave_out in ("remove", "constant"):
            lofo = lofo_importance(
                model, X, Y, cv=2, fit_params={"epochs": 1}, leave_out=leave_out, random_state=0
            )
            assert np.isfinite(lofo.importances).all()

    def test_without_a_loss_nothing_is_guessed(self):
        _, model = self.functional(Registered, compiled=False)
        with pytest.raises(ValueError, match="compile it with the loss"):
            gradient_importance(model, X)

    def test_lofo_of_a_class_that_keras_does_not_know(self):
        network, model = self.functional(Unregistered)
        network.compile("adam", loss="mse")
        lofo = lofo_importance(network, X, Y, cv=2, fit_params={"epochs": 1}, random_state=0)
        assert np.isfinite(lofo.importances).all()
        with pytest.raises(ValueError, match="must be registered: @keras"):
            lofo_importance(model, X, Y, cv=2, fit_params={"epochs": 1})
