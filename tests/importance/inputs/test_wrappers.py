"""SciKeras wrappers: their own predictions, compiled, and estimators of their networks."""

import keras
import numpy as np
import pytest
from keras import layers
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import FunctionTransformer

from skfi import LSTMClassifier, LSTMRegressor, from_keras, gradient_importance
from skfi import permutation_importance as permute
from skfi.importance._inputs._adapters import as_estimator


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 4, 3)).astype("float32")
    return X, X[:, -1, 0] * 5 + 20, np.where(X[:, -1, 1] > 0, "wet", "dry")


def network(n_outputs: int, activation: str | None, loss: str) -> keras.Model:
    layers_ = [keras.Input((4, 3)), layers.LSTM(4), layers.Dense(n_outputs, activation=activation)]
    model = keras.Sequential(layers_)
    model.compile("adam", loss)
    return model


class InThousands(KerasRegressor):
    """A person's own class, which changes what is predicted."""

    def predict(self, X, **settings):
        return super().predict(X, **settings) / 1000


@pytest.fixture(scope="module")
def fitted(data):
    X, y, labels = data
    keras.utils.set_random_seed(0)
    regression = {"n_outputs": 1, "activation": None, "loss": "mse", "verbose": 0}
    binary = {"n_outputs": 1, "activation": "sigmoid", "loss": "binary_crossentropy", "verbose": 0}
    softmax = binary | {"n_outputs": 2, "activation": "softmax"}
    softmax["loss"] = "sparse_categorical_crossentropy"

    def wrapper(kind, params, y):
        params = {f"model__{k}" if k != "verbose" else k: v for k, v in params.items()}
        return kind(network, epochs=2, **params).fit(X, y)

    return {
        "regressor": wrapper(KerasRegressor, regression, y),
        "several targets": wrapper(
            KerasRegressor, regression | {"n_outputs": 2}, np.column_stack([y, -y])
        ),
        "own": wrapper(InThousands, regression, y),
        "binary": wrapper(KerasClassifier, binary, labels),
        "softmax": wrapper(KerasClassifier, softmax, labels),
    }


CASES = ["regressor", "several targets", "own", "binary", "softmax"]


@pytest.mark.parametrize("name", CASES)
def test_predictions_are_the_wrappers_own(fitted, data, name):
    X, wrapper = data[0], fitted[name]
    estimator = as_estimator(wrapper)
    expected = wrapper.predict(X)
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(estimator.predict(X), expected, atol=1e-5)
    else:
        np.testing.assert_array_equal(estimator.predict(X), expected)
        proba = estimator.predict_proba(X)
        np.testing.assert_allclose(proba, wrapper.predict_proba(X), atol=1e-6)
        assert estimator.predict_proba(X[:1]).shape == (1, 2)


def test_its_network_is_called_compiled(fitted, data, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("keras.Model.predict was called")

    monkeypatch.setattr(keras.Model, "predict", refuse)
    X, y, _ = data
    result = permute(fitted["regressor"], X, y, n_repeats=2, random_state=0)
    assert np.isfinite(result.importances).all()


@pytest.mark.parametrize("name", ["regressor", "several targets", "binary", "softmax"])
def test_an_estimator_of_its_network(fitted, data, name):
    X, y, labels = data
    estimator, wrapper = from_keras(fitted[name]), fitted[name]
    classifies = name in ("binary", "softmax")
    assert isinstance(estimator, LSTMClassifier if classifies else LSTMRegressor)
    if classifies:
        np.testing.assert_array_equal(estimator.predict(X), wrapper.predict(X))
        assert estimator.classes_.tolist() == ["dry", "wet"]
        target = labels
    else:
        np.testing.assert_allclose(estimator.predict(X), wrapper.predict(X), atol=1e-5)
        target = y if name == "regressor" else np.column_stack([y, -y])
    expected = permute(wrapper, X, target, random_state=0).importances
    result = permute(estimator, X, target, random_state=0).importances
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_wrappers_that_encode_in_their_own_way(data):
    X, y, _ = data

    class Logarithmic(KerasRegressor):
        @property
        def target_encoder(self):
            return FunctionTransformer(np.log, np.exp, check_inverse=False)

    wrapper = Logarithmic(
        network, model__n_outputs=1, model__activation=None, model__loss="mse", verbose=0
    )
    with pytest.raises(NotFittedError, match="not fitted"):
        from_keras(wrapper)
    wrapper.fit(X, y.reshape(-1, 1))
    with pytest.raises(ValueError, match=r"in a way of its own \(FunctionTransformer\)"):
        from_keras(wrapper)
    result = permute(wrapper, X, y, scoring="r2", random_state=0)  # as the message says
    assert result.baseline_score == pytest.approx(
        1 - np.sum((y - wrapper.predict(X).ravel()) ** 2) / np.sum((y - y.mean()) ** 2), abs=1e-4
    )


def test_a_predict_of_its_own(fitted):
    with pytest.raises(ValueError, match=r"InThousands.predict"):
        from_keras(fitted["own"])


class OfTwoInputs(KerasRegressor):
    """Columns of one table become the two inputs of a network, as SciKeras' guide has it."""

    @property
    def feature_encoder(self):
        return FunctionTransformer(lambda X: {"past": X[:, :6].reshape(-1, 3, 2), "now": X[:, 6:]})


def two_inputs() -> keras.Model:
    past, now = keras.Input((3, 2), name="past"), keras.Input((2,), name="now")
    joined = layers.Concatenate()([layers.LSTM(3)(past), now])
    model = keras.Model([past, now], layers.Dense(1)(joined))
    model.compile("adam", "mse")
    return model


def test_a_table_becomes_two_inputs():
    X = np.random.default_rng(0).normal(size=(50, 8)).astype("float32")
    y = X[:, 0] + X[:, 7]
    wrapper = OfTwoInputs(two_inputs, epochs=2, verbose=0).fit(X, y)
    np.testing.assert_allclose(as_estimator(wrapper).predict(X), wrapper.predict(X), atol=1e-5)
    by_column = permute(wrapper, X, y, random_state=0)
    assert len(by_column.importances) == 8
    explained = gradient_importance(wrapper, X)
    assert list(explained.attributions) == ["past", "now"]
    assert set(explained.feature_names) == {"past__x0", "past__x1", "now__x0", "now__x1"}
