"""Estimators that read token ids."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skfi import LSTMClassifier, TextSequencer, from_keras
from skfi.datasets import make_text_classification

IDS = np.array([[2, 3, 0], [4, 0, 0], [5, 2, 3], [3, 3, 0]] * 5)
Y = np.array([0, 1, 0, 1] * 5)
QUICK = {"epochs": 1, "importance": None, "random_state": 0}


def own_network(input_shape, n_outputs, n_tokens=6):
    layers = [
        keras.Input(input_shape),
        keras.layers.Embedding(n_tokens, 2),
        keras.layers.LSTM(2),
        keras.layers.Dense(n_outputs, activation="sigmoid"),
    ]
    return keras.Sequential(layers)


def test_grid_search_on_raw_texts():
    texts = make_text_classification(60, random_state=0)
    pipe = make_pipeline(TextSequencer(min_count=1), LSTMClassifier(2, embedding_dim=2, **QUICK))
    grid = {"lstmclassifier__embedding_dim": [2, 3], "textsequencer__max_tokens": [20]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(texts.data, texts.target)
    assert search.predict(["good", ""]).shape == (2,)


def test_importances_of_fit_are_by_position():
    model = clone(LSTMClassifier(2, embedding_dim=2, epochs=1, random_state=0)).fit(IDS, Y)
    assert model.feature_importances_.shape == (3,)
    assert model.n_tokens_ == 6
    permuted = LSTMClassifier(2, embedding_dim=2, epochs=1, importance="permutation").fit(IDS, Y)
    assert permuted.importances_.feature_names.tolist() == ["0", "1", "2"]


class TestPretrained:
    vectors = np.random.default_rng(0).normal(size=(6, 4))

    def first_layer(self, **params):
        model = LSTMClassifier(2, embedding=self.vectors, **(QUICK | params)).fit(IDS, Y)
        return model.model_.layers[0].get_weights()[0]

    def test_frozen(self):
        assert np.allclose(self.first_layer(embedding_trainable=False), self.vectors)

    def test_trained(self):
        trained = self.first_layer(epochs=5)
        assert not np.allclose(trained[2:], self.vectors[2:])
        assert np.allclose(trained, self.vectors, atol=0.2)

    def test_in_a_network_of_your_own(self):
        vectors = self.vectors[:, :2]
        params = QUICK | {"embedding_trainable": False}
        model = LSTMClassifier(network=own_network, embedding=vectors, **params).fit(IDS, Y)
        assert np.allclose(model.model_.layers[0].get_weights()[0], vectors)

    def test_words_to_vectors(self):
        words = {"good": [1.0, 2.0], "bad": [3.0, 0.0]}
        pipe = make_pipeline(
            TextSequencer(vocabulary=words),
            LSTMClassifier(2, embedding=words, embedding_trainable=False, **QUICK),
        )
        pipe.fit(["good one", "bad"] * 4, [1, 0] * 4)
        table = pipe[-1].model_.layers[0].get_weights()[0]
        assert table.tolist() == [[0, 0], [2, 1], [1, 2], [3, 0]]
        assert pipe[0].vocabulary_ == {"good": 2, "bad": 3}

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"embedding_dim": 3}, "vectors of 4 numbers, but embedding_dim=3"),
            ({"n_tokens": 5}, "vectors for 6 ids, but n_tokens=5"),
            ({"embedding": vectors[:4]}, "token id 5, beyond the embedding of 4 tokens"),
            ({"embedding": [1.0, 2]}, "Expected 2D array"),
        ],
    )
    def test_that_does_not_fit(self, params, message):
        with pytest.raises(ValueError, match=message):
            LSTMClassifier(**({"embedding": self.vectors} | QUICK | params)).fit(IDS, Y)


class TestBadInput:
    @pytest.fixture(scope="class")
    @classmethod
    def model(cls):
        return LSTMClassifier(2, embedding_dim=2, **QUICK).fit(IDS, Y)

    @pytest.mark.parametrize(
        ("X", "message"),
        [
            (IDS + 3, "token id 8, beyond the embedding of 6 tokens. Set n_tokens"),
            (IDS - 1, "token id -1; ids are 0"),
            (IDS * 0.5, r"numbers such as \[1.5, 2.5, 1.5\] where token ids are expected"),
            (IDS[:, :2], "X has 2 features, but LSTMClassifier is expecting 3"),
            (IDS[:, :, None], "X is 3-D, .* with an embedding it holds token ids"),
            (["a text"], "Turn texts into ids first"),
        ],
    )
    def test_ids(self, model, X, message):
        with pytest.raises(ValueError, match=message):
            model.predict(X)

    def test_whole_floats_are_ids(self, model):
        assert (model.predict(IDS.astype(float)) == model.predict(IDS)).all()

    @pytest.mark.parametrize("params", [{"n_timesteps": 3}, {"mask_value": -1.0}])
    def test_parameters_of_numbers(self, params):
        with pytest.raises(ValueError, match="leave n_timesteps and mask_value at None"):
            LSTMClassifier(embedding_dim=2, **QUICK, **params).fit(IDS, Y)

    def test_padding_inside_a_text(self):
        ids = IDS.copy()
        ids[2, 1] = 0
        with pytest.warns(UserWarning, match="1 ids are 0, padding, in front of words or between"):
            LSTMClassifier(2, embedding_dim=2, **QUICK).fit(ids, Y)

    def test_your_own_network_with_vectors_of_another_shape(self):
        with pytest.raises(ValueError, match=r"embedding has shape \(6, 3\), but network returned"):
            LSTMClassifier(network=own_network, embedding=np.ones((6, 3)), **QUICK).fit(IDS, Y)

    def test_your_own_network_needs_an_embedding(self):
        model = LSTMClassifier(network=own_network, embedding_dim=2, **QUICK)
        model.set_params(network_params={"n_tokens": 6}).fit(IDS, Y)
        with pytest.raises(ValueError, match="at least 6 tokens; it has one of 3"):
            model.set_params(network_params={"n_tokens": 3}).fit(IDS, Y)


def test_a_later_fit_on_numbers():
    model = LSTMClassifier(2, embedding_dim=2, epochs=1, random_state=0).fit(IDS, Y)
    X = np.random.default_rng(0).normal(size=(20, 5, 3))
    model.set_params(embedding_dim=None).fit(X, Y)
    assert model.feature_importances_.shape == (3,)


def test_a_later_fit_of_a_finalized_network():
    model = LSTMClassifier(2, embedding_dim=2, **QUICK).fit(IDS, Y)
    estimator = from_keras(model.model_, classes=["no", "yes"])
    assert estimator.predict(IDS).shape == (20,)
    again = clone(estimator).set_params(epochs=1).fit(IDS, Y)
    assert again.feature_importances_.shape == (3,)
