"""Losses and outputs in every combination, and what is saved of them."""

import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from skfi import LSTMClassifier, LSTMRegressor, from_keras

X = np.random.default_rng(0).normal(size=(200, 3, 2)).astype("float32")
SIGNAL = X[:, -1, 0]
TINY = {"units": 8, "epochs": 12, "learning_rate": 0.05, "random_state": 0, "importance": None}


def without_activation(input_shape, n_outputs):
    return keras.Sequential([keras.Input(input_shape), layers.LSTM(8), layers.Dense(n_outputs)])


def compiled_categorical(input_shape, n_outputs):
    model = keras.Sequential(
        [keras.Input(input_shape), layers.LSTM(8), layers.Dense(3, activation="softmax")]
    )
    model.compile(keras.optimizers.Adam(0.05), "categorical_crossentropy")
    return model


def absolute(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"network": without_activation},
        {"loss": "categorical_crossentropy"},
        {"loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.01)},
        {"loss": "sparse_categorical_crossentropy"},
        {"loss": "mean_squared_error"},
    ],
    ids=["default", "no activation", "categorical", "smoothed", "sparse", "squared"],
)
def test_classifiers_learn_with_any_fitting_loss(n_classes, params):
    y = np.digitize(SIGNAL, [0.0] if n_classes == 2 else [-0.5, 0.5])
    model = LSTMClassifier(**TINY | params).fit(X, y)
    proba = model.predict_proba(X)
    assert np.allclose(proba.sum(axis=1), 1)
    assert proba.min() >= 0
    assert model.score(X, y) > 0.8


def test_a_network_compiled_with_a_categorical_loss():
    y = np.digitize(SIGNAL, [-0.5, 0.5])
    model = LSTMClassifier(**TINY | {"network": compiled_categorical}).fit(X, y)
    assert model.score(X, y) > 0.8
    again = from_keras(model.model_).set_params(warm_start=True, epochs=1, importance=None)
    assert again.fit(X, y).score(X, y) > 0.8


def test_a_categorical_loss_on_one_output_is_refused():
    def one_output(input_shape, n_outputs):
        model = without_activation(input_shape, 1)
        model.compile("adam", "categorical_crossentropy")
        return model

    with pytest.raises(ValueError, match="needs one output for each class"):
        LSTMClassifier(**TINY | {"network": one_output}).fit(X, SIGNAL > 0)


def test_from_keras_tells_regressors_with_a_sigmoid():
    model = keras.Sequential(
        [keras.Input((3, 2)), layers.LSTM(2), layers.Dense(1, activation="sigmoid")]
    )
    assert isinstance(from_keras(model), LSTMClassifier)
    model.compile("adam", "mse")
    assert isinstance(from_keras(model), LSTMRegressor)
    labels = keras.Sequential(
        [keras.Input((3, 2)), layers.LSTM(2), layers.Dense(3, activation="sigmoid")]
    )
    labels.compile("adam", "binary_crossentropy")
    assert from_keras(labels).predict(X).shape == (200, 3)


def test_from_keras_keeps_optimizer_and_loss_for_a_later_fit():
    model = without_activation((3, 2), 1)
    model.compile(keras.optimizers.SGD(0.3), "mean_absolute_error")
    fitted = from_keras(model).set_params(epochs=1, importance=None).fit(X, SIGNAL)
    assert isinstance(fitted.model_.optimizer, keras.optimizers.SGD)
    assert float(fitted.model_.optimizer.learning_rate) == pytest.approx(0.3)
    assert fitted.model_.loss.name == "mean_absolute_error"


@pytest.mark.parametrize("kind", [list, dict])
def test_a_loss_in_a_list_or_dict_of_one(kind):
    model = keras.Sequential(
        [keras.Input((3, 2)), layers.LSTM(2), layers.Dense(3, activation="softmax", name="out")]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", [loss] if kind is list else {"out": loss})
    estimator = from_keras(model).set_params(epochs=1, random_state=0)
    assert estimator.loss == loss
    y = np.digitize(SIGNAL, [-0.5, 0.5])
    assert estimator.fit(X, y).model_.loss.name == loss


def test_a_softmax_over_one_output_is_refused():
    def network(input_shape, n_outputs):
        return keras.Sequential(
            [keras.Input(input_shape), layers.LSTM(2), layers.Dense(n_outputs, "softmax")]
        )

    with pytest.raises(ValueError, match="softmax over a single output, which is always 1"):
        LSTMClassifier(network=network).fit(X, SIGNAL > 0)


def test_nested_networks_are_rebuilt():
    inner = keras.Sequential([keras.Input((3, 2)), layers.Conv1D(2, 2)])
    model = keras.Sequential([keras.Input((3, 2)), inner, layers.LSTM(2), layers.Dense(1)])
    fresh = from_keras(model).set_params(epochs=1, random_state=0)
    assert fresh.fit(X[:, :, :1], SIGNAL).feature_importances_.shape == (1,)


def test_one_network_for_all_fits_is_refused():
    shared = without_activation((3, 2), 1)
    model = LSTMRegressor(**TINY | {"network": lambda shape, n: shared, "epochs": 1})
    model.fit(X, SIGNAL)
    with pytest.raises(ValueError, match="must make a new model each time"):
        model.fit(X, SIGNAL)


def test_a_loss_function_is_kept_in_a_file(tmp_path):
    model = LSTMRegressor(**TINY | {"loss": absolute, "epochs": 1}).fit(X, SIGNAL)
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copy.predict(X), model.predict(X))
    copy.set_params(warm_start=True).fit(X, SIGNAL)
    local = LSTMRegressor(**TINY | {"loss": lambda a, b: absolute(a, b), "epochs": 1})
    with pytest.raises(ValueError, match="define it at the top level of a module"):
        local.fit(X, SIGNAL).model_.save(tmp_path / "final.keras")


def test_the_network_is_read_by_keras_alone(tmp_path, regressor):
    regressor.model_.save(tmp_path / "final.keras")
    code = (
        "import keras, sys; keras.saving.load_model(sys.argv[1]); assert 'skfi' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "final.keras"], check=True, capture_output=True
    )


class TestWarmStart:
    def test_follows_a_new_learning_rate(self):
        model = LSTMRegressor(**TINY | {"warm_start": True, "epochs": 1}).fit(X, SIGNAL)
        before = model.model_.get_weights()
        model.set_params(learning_rate=1e-12).fit(X, SIGNAL)
        assert all(
            np.allclose(a, b, atol=1e-8)
            for a, b in zip(before, model.model_.get_weights(), strict=True)
        )

    def test_none_is_the_optimizers_own_rate_again(self):
        model = LSTMRegressor(**TINY | {"warm_start": True, "epochs": 1}).fit(X, SIGNAL)
        model.set_params(learning_rate=None).fit(X, SIGNAL)
        assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.001)

    def test_follows_a_new_loss(self):
        model = LSTMRegressor(**TINY | {"warm_start": True, "epochs": 1}).fit(X, SIGNAL)
        network = model.model_
        model.set_params(loss="mean_absolute_error").fit(X, SIGNAL)
        assert model.model_ is network
        assert network.loss.name == "mean_absolute_error"

    def test_keeps_its_weights_when_it_diverges(self):
        model = LSTMRegressor(**TINY | {"warm_start": True, "epochs": 1}).fit(X, SIGNAL)
        expected = model.predict(X)
        with pytest.raises(ValueError, match="Training diverged"):
            model.set_params(optimizer="sgd", learning_rate=1e30, epochs=3).fit(X, SIGNAL)
        assert np.array_equal(model.predict(X), expected)


def test_schedules_give_way_to_a_learning_rate():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    optimizer = keras.optimizers.Adam(schedule)
    model = LSTMRegressor(**TINY | {"optimizer": optimizer, "learning_rate": 0.01, "epochs": 1})
    assert float(model.fit(X, SIGNAL).model_.optimizer.learning_rate) == pytest.approx(0.01)


def test_network_parameters_by_their_names():
    from sklearn.model_selection import GridSearchCV

    def network(input_shape, n_outputs, hidden=2):
        return keras.Sequential(
            [keras.Input(input_shape), layers.GRU(hidden), layers.Dense(n_outputs)]
        )

    model = LSTMRegressor(network=network, epochs=1, random_state=0, importance=None)
    search = GridSearchCV(model, {"network_params__hidden": [3, 4]}, cv=2).fit(X, SIGNAL)
    hidden = search.best_params_["network_params__hidden"]
    assert search.best_estimator_.model_.layers[0].units == hidden
    assert search.best_estimator_.get_params()["network_params__hidden"] == hidden
