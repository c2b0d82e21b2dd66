"""Importances of words: known truth, equal ways, exact sums."""

import keras
import numpy as np
import pytest
from conftest import text_network
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    TextSequencer,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets import make_text_classification
from skfi.datasets._generated_text import NEGATIVE, POSITIVE

METHODS = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "smoothgrad",
    "expected_gradients",
)
GROUPS = {"praise": list(POSITIVE), "blame": list(NEGATIVE)}
SIGNED = {"method": "integrated_gradients", "target": 1, "aggregate": "mean"}


class TestGradients:
    def test_the_words_that_matter_come_first_and_signed(self, reader, texts):
        table = gradient_importance(reader, texts.data, **SIGNED).to_frame()
        assert set(table.index[:4]) == set(POSITIVE)
        assert (table.loc[list(POSITIVE), "importance_mean"] > 0).all()
        # the network counts from "no praise": a word of blame may speak by being no praise
        assert table.loc[list(NEGATIVE), "importance_mean"].max() < 0.02
        absolute = gradient_importance(reader, texts.data, method="integrated_gradients").to_frame()
        assert set(absolute.index[:4]) <= set(POSITIVE) | set(NEGATIVE)

    @pytest.mark.parametrize("method", ["integrated_gradients", "expected_gradients"])
    def test_attributions_are_of_tokens(self, reader, texts, token_ids, method):
        found = gradient_importance(reader, texts.data, method=method, random_state=0, n_steps=20)
        assert found.attributions.shape == token_ids.shape
        assert (found.attributions[token_ids == 0] == 0).all()
        assert found.tokens[0] == texts.data[0].split()

    def test_integrated_gradients_are_complete(self, reader, texts):
        with_empty = ["", *texts.data, "?!"]
        found = gradient_importance(reader, with_empty, method="integrated_gradients", n_steps=5)
        assert np.abs(found.completeness_error).max() < 1e-3
        assert not found.attributions[[0, -1]].any()
        assert found.tokens[0] == []

    def test_empty_texts_predict(self, reader):
        proba = reader.predict_proba(["", "??", "entirely"])
        assert np.allclose(proba[0], proba[1])
        assert np.allclose(proba[0], reader.predict_proba(["entirely"])[0], atol=1e-6)  # unknown

    @pytest.mark.parametrize("method", METHODS)
    def test_words_are_means_over_their_occurrences(self, reader, texts, token_ids, method):
        call = {"method": method, "random_state": 0, "n_steps": 4, "aggregate": "mean"}
        found = gradient_importance(reader, texts.data, **call)
        word = reader[0].vocabulary_["good"]
        values = found.attributions[token_ids == word]
        row = found.to_frame().loc["good"]
        assert row["importance_mean"] == pytest.approx(values.mean(), rel=1e-5)
        assert row["importance_std"] == pytest.approx(values.std(), rel=1e-4)
        assert row["count"] == len(values)
        assert found.importances is None

    def test_sample_weights_are_repetitions(self, reader, texts):
        weight = np.arange(50) % 3
        weighted = gradient_importance(reader, texts.data[:50], sample_weight=weight, **SIGNED)
        rows = np.repeat(np.arange(50), weight)
        repeated = gradient_importance(reader, [texts.data[i] for i in rows], **SIGNED).to_frame()
        both = weighted.to_frame().loc[repeated.index]
        assert np.allclose(both["importance_mean"], repeated["importance_mean"], atol=1e-6)

    def test_rare_words_and_groups(self, reader, texts):
        found = gradient_importance(reader, texts.data, min_count=60, feature_groups=GROUPS)
        assert {"praise", "blame"} <= set(found.feature_names)
        others = found.to_frame().drop(["praise", "blame"])
        assert others["count"].min() >= 60
        with pytest.raises(ValueError, match="No word occurs min_count=9999 times"):
            gradient_importance(reader, texts.data, min_count=9999)

    def test_positions(self, reader, texts):
        found = gradient_importance(reader, texts.data, by="timestep")
        assert found.feature_names.tolist() == [str(i) for i in range(reader[0].max_length_)]
        assert np.isfinite(found.importances).all()

    def test_a_word_as_baseline(self, reader, texts):
        found = gradient_importance(
            reader, ["good w1", "w1 good"], method="integrated_gradients", baseline="good", target=1
        )
        assert found.attributions[0, 0] == 0
        assert found.attributions[1, 1] == 0
        with pytest.raises(ValueError, match="'nonsense' is no word that the network knows"):
            gradient_importance(
                reader, ["good"], method="integrated_gradients", baseline="nonsense"
            )

    def test_the_gradient_is_that_of_the_embedding(self, reader, token_ids):
        model, some = reader[-1].model_, token_ids[:3]
        found = gradient_importance(reader[-1], some, method="saliency", target=1).attributions
        table = model.layers[0].get_weights()[0]
        spare = keras.Sequential([keras.Input((None, 6)), *model.layers[1:]])
        embedded = table[some]
        step = 1e-2
        real = (some != 0).sum(axis=1)
        for row in range(3):
            for at in range(real[row]):  # central differences along (1, 1, ..., 1)
                up, down = embedded[row : row + 1].copy(), embedded[row : row + 1].copy()
                up[0, at] += step
                down[0, at] -= step
                n = real[row]
                change = spare(up[:, :n])[0, 0] - spare(down[:, :n])[0, 0]
                assert found[row, at] == pytest.approx(float(change) / (2 * step), abs=2e-3)


def test_ids_without_a_word_bear_no_words_name():
    """More token_ids than words: a group of the word "5" is that word, not the id 5."""
    texts = ["5 good", "5 bad", "good 5 5", "bad"] * 10
    network = LSTMClassifier(2, embedding_dim=2, n_tokens=12, epochs=1, importance=None)
    reader = make_pipeline(TextSequencer(), network).fit(texts, [1, 0] * 20)
    found = gradient_importance(reader, texts, feature_groups={"five": ["5"]})
    assert found.counts[found.feature_names == "five"] == 40
    call = {"feature_groups": {"n": [2]}, "cv": 2}
    with pytest.raises(ValueError, match=r"must hold words \(str\); got 2"):
        lofo_importance(reader, texts, [1, 0] * 20, **call)
    token_ids = reader[0].transform(texts)
    call = {"feature_groups": {"n": [1, 2]}, "cv": 2, "leave_out": "constant"}
    with pytest.raises(ValueError, match="holds the token id 1, which stands for an unknown word"):
        lofo_importance(network, token_ids, [1, 0] * 20, **call)
    call |= {"unknown_id": 11}
    assert lofo_importance(network, token_ids, [1, 0] * 20, **call).by == "word"
    with pytest.raises(ValueError, match="X holds the token id 16, but the embedding"):
        gradient_importance(reader[-1].model_, token_ids + 12)
    with pytest.raises(ValueError, match="X holds texts, but the network"):
        gradient_importance(reader[-1].model_, np.array([texts]).T)
    with pytest.raises(TypeError, match="a list of words by id, not a mapping"):
        gradient_importance(reader[-1].model_, token_ids, feature_names={0: "pad"})
    search = GridSearchCV(reader, {"lstmclassifier__units": [2]}, cv=2)
    call = {"feature_groups": {"five": ["5"]}, "cv": 2}
    assert lofo_importance(search, texts, [1, 0] * 20, **call).by == "word"


def test_negation_is_seen_by_what_it_does():
    """'not' tells nothing on its own; with it left out, the network is no better than chance."""
    texts = make_text_classification(1200, n_words=4, n_fillers=4, negation=0.5, random_state=0)
    reader = text_network(epochs=25, importance=None)
    reader.fit(texts.data[:900], texts.target[:900])
    X, y = texts.data[900:], texts.target[900:]
    assert reader.score(X, y) > 0.9
    groups = {"negation": ["not"]} | GROUPS
    found = permutation_importance(reader, X, y, feature_groups=groups, random_state=0).to_frame()
    assert set(found.index[:3]) == set(groups)
    assert found["importance_mean"].iloc[2] > 0.1
    assert found["importance_mean"].iloc[3] < 0.05
    # a word of praise speaks for the label, and against it behind "not"
    pairs = gradient_importance(reader, ["w1 good", "w1 not good"], **SIGNED).attributions.sum(
        axis=1
    )
    assert pairs[0] > 0.3 + pairs[1]


def test_a_regressor_reads_texts_too():
    texts = make_text_classification(200, random_state=0)
    call = {"epochs": 8, "learning_rate": 0.03, "random_state": 0, "importance": None}
    network = LSTMRegressor(4, embedding_dim=4, **call)
    reader = make_pipeline(TextSequencer(), network).fit(texts.data, 10.0 * texts.target)
    found = gradient_importance(reader, texts.data, method="integrated_gradients", aggregate="mean")
    assert found.to_frame().loc["good", "importance_mean"] > 1  # in the units of y


def test_words_cannot_be_rescaled(reader, texts):
    with pytest.raises(ValueError, match="words have no features to mask"):
        gradient_importance(reader, texts.data, temporal_rescaling=True)
