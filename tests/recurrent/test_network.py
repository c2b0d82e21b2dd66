"""The user's own architecture, and networks trained elsewhere."""

import pickle

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skfi import LSTMClassifier, LSTMRegressor, from_keras, gradient_importance
from skfi._keras import WeightedMean

X = np.random.default_rng(0).normal(size=(60, 8, 3)).astype("float32")
y = X[:, -2:, 0].sum(axis=1)


def conv_lstm(input_shape, n_outputs, filters=4, activation=None):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv1D(filters, 3, activation="relu"),
            layers.LSTM(4),
            layers.Dense(n_outputs, activation=activation),
        ]
    )


def compiled(input_shape, n_outputs):
    model = conv_lstm(input_shape, n_outputs)
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mae")
    return model


def functional(input_shape, n_outputs):
    inputs = keras.Input(input_shape)
    hidden = layers.Bidirectional(layers.GRU(4, return_sequences=True))(inputs)
    hidden = layers.Concatenate()([layers.GlobalAveragePooling1D()(hidden), layers.LSTM(3)(hidden)])
    return keras.Model(inputs, layers.Dense(n_outputs)(hidden))


def softmax_of_two(input_shape, n_outputs):
    return conv_lstm(input_shape, 2, activation="softmax")


@pytest.mark.parametrize("network", [conv_lstm, compiled, functional])
def test_own_network(network):
    model = LSTMRegressor(network=network, epochs=2, random_state=0).fit(X, y)
    assert model.predict(X).shape == (60,)
    assert model.feature_importances_.shape == (3,)
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copy.predict(X), model.predict(X))
    assert np.array_equal(clone(model).fit(X, y).predict(X), model.predict(X))


def test_a_compiled_network_keeps_its_optimizer_and_loss():
    model = LSTMRegressor(network=compiled, epochs=1, learning_rate=0.5).fit(X, y)
    assert model.model_.loss == "mae"
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.05)


def test_network_params_in_a_grid_search():
    search = GridSearchCV(
        LSTMRegressor(network=conv_lstm, epochs=1, random_state=0, importance=None),
        {"network_params": [{"filters": 2}, {"filters": 5}]},
        cv=2,
    ).fit(X, y)
    filters = search.best_params_["network_params"]["filters"]
    assert search.best_estimator_.model_.layers[0].filters == filters


def test_binary_softmax_of_two_outputs():
    model = LSTMClassifier(network=softmax_of_two, epochs=2, random_state=0).fit(X, y > 0)
    proba = model.predict_proba(X)
    assert np.allclose(proba, model.model_.predict(X, verbose=0), atol=1e-6)


def test_weighted_mean_is_the_mean_of_repeated_rows():
    loss = WeightedMean(keras.losses.mean_squared_error)
    a, b = np.random.default_rng(0).normal(size=(2, 5, 1))
    weight = np.array([1, 2, 0, 1, 3])
    repeated = loss(np.repeat(a, weight, axis=0), np.repeat(b, weight, axis=0))
    assert float(loss(a, b, sample_weight=weight)) == pytest.approx(float(repeated))
    copy = WeightedMean.from_config(loss.get_config())
    assert float(copy(a, b)) == pytest.approx(float(loss(a, b)))


NETWORKS = {
    "gru": lambda n, a: [layers.GRU(4), layers.Dense(n, activation=a)],
    "stacked": lambda n, a: [
        layers.LSTM(4, return_sequences=True),
        layers.LSTM(3),
        layers.Dense(n, activation=a),
    ],
    "bidirectional": lambda n, a: [
        layers.Bidirectional(layers.LSTM(4)),
        layers.Dense(n, activation=a),
    ],
    "conv_lstm": lambda n, a: [layers.Conv1D(4, 3), layers.LSTM(4), layers.Dense(n, activation=a)],
}


class TestFromKeras:
    @pytest.mark.parametrize("name", NETWORKS)
    def test_predicts_and_is_explained(self, name):
        model = keras.Sequential([keras.Input((8, 3)), *NETWORKS[name](1, None)])
        estimator = from_keras(model)
        assert isinstance(estimator, LSTMRegressor)
        assert np.allclose(estimator.predict(X), model.predict(X, verbose=0).ravel(), atol=1e-6)
        assert np.isfinite(estimator.score(X, y))
        assert gradient_importance(estimator, X).importances_mean.shape == (3,)

    def test_functional_model_from_a_file(self, tmp_path):
        model = functional((8, 3), 2)
        model.save(tmp_path / "final.keras")
        estimator = from_keras(keras.saving.load_model(tmp_path / "final.keras"))
        assert np.allclose(estimator.predict(X), model.predict(X, verbose=0), atol=1e-6)

    @pytest.mark.parametrize(
        ("n_outputs", "activation", "classes"),
        [
            (1, "sigmoid", None),
            (2, "softmax", ["no", "yes"]),
            (3, "softmax", None),
            (1, None, "ab"),
        ],
    )
    def test_classifiers(self, n_outputs, activation, classes):
        model = keras.Sequential([keras.Input((8, 3)), *NETWORKS["gru"](n_outputs, activation)])
        estimator = from_keras(model, classes=list(classes) if classes else None)
        outputs = model.predict(X, verbose=0)
        if activation is None:
            outputs = keras.ops.sigmoid(outputs).numpy()
        chosen = (outputs[:, 0] > 0.5).astype(int) if n_outputs == 1 else outputs.argmax(axis=1)
        assert np.array_equal(estimator.predict(X), estimator.classes_[chosen])
        assert np.allclose(estimator.predict_proba(X)[:, -1], outputs[:, -1], atol=1e-6)

    def test_2d_rows(self):
        model = keras.Sequential([keras.Input((8, 3)), *NETWORKS["gru"](1, None)])
        estimator = from_keras(model, n_timesteps=8)
        assert estimator.n_features_in_ == 24
        found = estimator.predict(X.reshape(60, 24))
        assert np.array_equal(found, from_keras(model).predict(X))

    def test_any_length_when_the_network_takes_any(self):
        model = keras.Sequential([keras.Input((None, 3)), *NETWORKS["gru"](1, None)])
        estimator = from_keras(model)
        assert estimator.predict(X).shape == estimator.predict(X[:, :5]).shape == (60,)

    @pytest.mark.parametrize("activation", [None, "sigmoid"])
    def test_clones_train_fresh_networks_and_warm_start_goes_on(self, activation):
        model = keras.Sequential([keras.Input((8, 3)), *NETWORKS["gru"](1, activation)])
        estimator = from_keras(model)
        target = y > 0 if activation else y
        before = model.get_weights()[0].copy()
        fresh = clone(estimator).set_params(epochs=1, random_state=0).fit(X, target)
        assert np.array_equal(model.get_weights()[0], before)
        assert not np.array_equal(fresh.model_.get_weights()[0], before)
        assert fresh.feature_importances_.shape == (3,)
        estimator.set_params(epochs=1, warm_start=True, importance=None).fit(X, target)
        assert estimator.model_ is model
        assert not np.array_equal(model.get_weights()[0], before)

    def test_has_no_importances_and_says_why(self):
        model = keras.Sequential([keras.Input((8, 3)), *NETWORKS["gru"](1, None)])
        with pytest.raises(AttributeError, match="made by from_keras"):
            from_keras(model).feature_importances_  # noqa: B018

    @pytest.mark.parametrize(
        ("make", "kwargs", "error", "message"),
        [
            (lambda: "model.keras", {}, TypeError, "a trained keras.Model or a fitted .* got str"),
            (
                lambda: keras.Sequential([keras.Input((3,)), layers.Dense(1)]),
                {"n_timesteps": 3},
                ValueError,
                "this one takes X as it is",
            ),
            (lambda: conv_lstm((8, 3), 1), {"n_timesteps": 5}, ValueError, "sequences of 8 steps"),
            (lambda: conv_lstm((8, 3), 3), {"classes": [1, 2]}, ValueError, "classes must be 3"),
        ],
    )
    def test_errors(self, make, kwargs, error, message):
        with pytest.raises(error, match=message):
            from_keras(make(), **kwargs)
