"""Importances of words: a Pipeline, its parts, a finalized network give the same numbers."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from conftest import text_network
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skfi import (
    GradientTransformer,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets._generated_text import NEGATIVE, POSITIVE

GROUPS = {"praise": list(POSITIVE), "blame": list(NEGATIVE)}


SIGNED = {"method": "integrated_gradients", "target": 1, "aggregate": "mean"}


@pytest.fixture(scope="module")
def vectorized(reader, texts):
    """The network of ``reader`` behind Keras' TextVectorization, with the same vocabulary."""
    layer = keras.layers.TextVectorization(
        standardize=None,
        vocabulary=reader[0].words_[2:],
        output_sequence_length=reader[0].max_length_,
    )
    inputs = keras.Input((1,), dtype="string")
    model = keras.Model(inputs, reader[-1].model_(layer(inputs)))
    assert np.allclose(
        model(tf.constant(np.array(texts.data)[:, None])).numpy(),
        reader[-1].model_(reader[0].transform(texts.data)).numpy(),
        atol=1e-6,
    )
    return model


class TestEveryForm:
    """A Pipeline, its parts, a finalized network: the same numbers."""

    def test_gradients(self, reader, texts, token_ids, vectorized):
        expected = gradient_importance(reader, texts.data, **SIGNED)
        words = reader[0].words_
        forms = {
            "frozen": (FrozenEstimator(reader), np.array(texts.data, dtype=object), None),
            "nested": (
                make_pipeline(make_pipeline(reader[0]), reader[1]),
                pd.Series(texts.data),
                None,
            ),
            "estimator": (reader[-1], token_ids, words),
            "network": (reader[-1].model_, token_ids, words),
            "from_keras": (from_keras(reader[-1].model_), token_ids, words),
            "pickle": (pickle.loads(pickle.dumps(reader)), texts.data, None),
        }
        for name, (form, X, names) in forms.items():
            found = gradient_importance(form, X, feature_names=names, **SIGNED)
            assert found.feature_names.tolist() == expected.feature_names.tolist(), name
            assert np.allclose(found.attributions, expected.attributions, atol=1e-6), name

    def test_a_search(self, texts):
        search = GridSearchCV(text_network(epochs=1), {}, cv=2).fit(texts.data, texts.target)
        found = gradient_importance(search, texts.data)
        expected = gradient_importance(search.best_estimator_, texts.data)
        assert np.array_equal(found.attributions, expected.attributions)
        call = {"n_repeats": 1, "max_features": 3, "random_state": 0}
        assert permutation_importance(search, texts.data, texts.target, **call).by == "word"

    def test_a_network_that_starts_with_text_vectorization(self, vectorized, reader, texts):
        expected = gradient_importance(reader, texts.data, **SIGNED)
        found = gradient_importance(vectorized, texts.data, **SIGNED)
        assert np.allclose(found.attributions, expected.attributions, atol=1e-6)
        assert "good" in found.feature_names
        call = {"scoring": "accuracy", "n_repeats": 2, "random_state": 0, "max_features": 40}
        expected = permutation_importance(reader, texts.data, texts.target, **call)
        found = permutation_importance(vectorized, texts.data, texts.target, **call)
        assert np.allclose(found.importances, expected.importances)
        with pytest.raises(ValueError, match="TextVectorization layer cannot leave out"):
            lofo_importance(
                vectorized,
                texts.data,
                texts.target,
                feature_groups=GROUPS,
                fit_params={"epochs": 1},
            )
        with pytest.raises(ValueError, match="takes texts"):
            from_keras(vectorized)
        with pytest.raises(TypeError, match=r"X must be an array-like .* got 'good'"):
            gradient_importance(vectorized, "good")
        with pytest.raises(ValueError, match=r"X must hold one text \(str\) for each sample"):
            gradient_importance(vectorized, np.ones((3, 2)))

    def test_text_vectorization_that_cuts_where_the_longest_text_ends(self, reader, texts):
        layer = keras.layers.TextVectorization(standardize=None, vocabulary=reader[0].words_[2:])
        inner = reader[-1].model_
        body = [*inner.layers]  # the layers without the input of fixed length
        inputs = keras.Input((1,), dtype="string")
        output = layer(inputs)
        for one in body:
            output = one(output)
        model = keras.Model(inputs, output)
        X = sorted(texts.data, key=len)  # so that the longest text of the chunks differs
        expected = gradient_importance(reader, X, **SIGNED)
        found = gradient_importance(model, X, **SIGNED)
        width = found.attributions.shape[1]
        assert np.allclose(found.attributions, expected.attributions[:, :width], atol=1e-5)

    def test_a_pipeline_that_ends_in_a_keras_model(self, reader, texts):
        whole = make_pipeline(reader[0], reader[-1].model_)
        expected = gradient_importance(reader, texts.data[:30], **SIGNED)
        found = gradient_importance(whole, texts.data[:30], **SIGNED)
        assert np.allclose(found.importances_mean, expected.importances_mean)

    def test_permutation(self, reader, texts, token_ids):
        call = {"scoring": "accuracy", "n_repeats": 2, "random_state": 0, "max_features": 10}
        expected = permutation_importance(reader, texts.data, texts.target, **call)
        for form in (reader[-1], reader[-1].model_, reader[-1].wrapper_):
            found = permutation_importance(
                form, token_ids, texts.target, feature_names=reader[0].words_, **call
            )
            assert np.array_equal(found.importances, expected.importances)

    def test_a_transformer_of_positions(self, reader, token_ids):
        transformer = GradientTransformer(FrozenEstimator(reader[-1]), by="timestep").fit(token_ids)
        assert transformer.transform(token_ids).shape == token_ids.shape
        with pytest.raises(ValueError, match="use by='timestep', a column for each position"):
            GradientTransformer(FrozenEstimator(reader[-1])).fit(token_ids)

    def test_cells_of_texts(self, reader, texts):
        for call in (gradient_importance, permutation_importance):
            with pytest.raises(ValueError, match="by='cell' has no meaning for tokens"):
                call(reader, texts.data, texts.target, by="cell")
