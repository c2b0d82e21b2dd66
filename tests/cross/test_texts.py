"""Importances of words: known truth, equal ways, exact sums."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skfi import (
    GradientTransformer,
    ImportanceComparison,
    LSTMClassifier,
    LSTMRegressor,
    TextSequencer,
    compare_importances,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets import make_text_classification
from skfi.datasets._generated_text import NEGATIVE, POSITIVE
from skfi.importance._results._comparison import _only

METHODS = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "smoothgrad",
    "expected_gradients",
)
GROUPS = {"praise": list(POSITIVE), "blame": list(NEGATIVE)}
SIGNED = {"method": "integrated_gradients", "target": 1, "aggregate": "mean"}


def text_network(**params):
    params = {"epochs": 8, "learning_rate": 0.02, "random_state": 0} | params
    return make_pipeline(TextSequencer(), LSTMClassifier(8, embedding_dim=6, **params))


@pytest.fixture(scope="module")
def texts():
    """Texts in which one word of eight decides."""
    return make_text_classification(400, random_state=0)


@pytest.fixture(scope="module")
def pipe(texts):
    return text_network().fit(texts.data, texts.target)


@pytest.fixture(scope="module")
def ids(pipe, texts):
    return pipe[0].transform(texts.data)


@pytest.fixture(scope="module")
def vectorized(pipe, texts):
    """The network of ``pipe`` behind Keras' TextVectorization, with the same vocabulary."""
    layer = keras.layers.TextVectorization(
        standardize=None, vocabulary=pipe[0].words_[2:], output_sequence_length=pipe[0].max_length_
    )
    inputs = keras.Input((1,), dtype="string")
    model = keras.Model(inputs, pipe[-1].model_(layer(inputs)))
    assert np.allclose(
        model(tf.constant(np.array(texts.data)[:, None])).numpy(),
        pipe[-1].model_(pipe[0].transform(texts.data)).numpy(),
        atol=1e-6,
    )
    return model


class TestGradients:
    def test_the_words_that_matter_come_first_and_signed(self, pipe, texts):
        table = gradient_importance(pipe, texts.data, **SIGNED).to_frame()
        assert set(table.index[:4]) == set(POSITIVE)
        assert (table.loc[list(POSITIVE), "importance_mean"] > 0).all()
        # the network counts from "no praise": a word of blame may speak by being no praise
        assert table.loc[list(NEGATIVE), "importance_mean"].max() < 0.02
        absolute = gradient_importance(pipe, texts.data, method="integrated_gradients").to_frame()
        assert set(absolute.index[:4]) <= set(POSITIVE) | set(NEGATIVE)

    @pytest.mark.parametrize("method", ["integrated_gradients", "expected_gradients"])
    def test_attributions_are_of_tokens(self, pipe, texts, ids, method):
        found = gradient_importance(pipe, texts.data, method=method, random_state=0, n_steps=20)
        assert found.attributions.shape == ids.shape
        assert (found.attributions[ids == 0] == 0).all()
        assert found.tokens[0] == texts.data[0].split()

    def test_integrated_gradients_are_complete(self, pipe, texts):
        with_empty = ["", *texts.data, "?!"]
        found = gradient_importance(pipe, with_empty, method="integrated_gradients", n_steps=5)
        assert np.abs(found.completeness_error).max() < 1e-3
        assert not found.attributions[[0, -1]].any()
        assert found.tokens[0] == []

    def test_empty_texts_predict(self, pipe):
        proba = pipe.predict_proba(["", "??", "entirely"])
        assert np.allclose(proba[0], proba[1])
        assert np.allclose(proba[0], pipe.predict_proba(["entirely"])[0], atol=1e-6)  # unknown

    @pytest.mark.parametrize("method", METHODS)
    def test_words_are_means_over_their_occurrences(self, pipe, texts, ids, method):
        call = {"method": method, "random_state": 0, "n_steps": 4, "aggregate": "mean"}
        found = gradient_importance(pipe, texts.data, **call)
        word = pipe[0].vocabulary_["good"]
        values = found.attributions[ids == word]
        row = found.to_frame().loc["good"]
        assert row["importance_mean"] == pytest.approx(values.mean(), rel=1e-5)
        assert row["importance_std"] == pytest.approx(values.std(), rel=1e-4)
        assert row["count"] == len(values)
        assert found.importances is None

    def test_sample_weights_are_repetitions(self, pipe, texts):
        weight = np.arange(50) % 3
        weighted = gradient_importance(pipe, texts.data[:50], sample_weight=weight, **SIGNED)
        rows = np.repeat(np.arange(50), weight)
        repeated = gradient_importance(pipe, [texts.data[i] for i in rows], **SIGNED).to_frame()
        both = weighted.to_frame().loc[repeated.index]
        assert np.allclose(both["importance_mean"], repeated["importance_mean"], atol=1e-6)

    def test_rare_words_and_groups(self, pipe, texts):
        found = gradient_importance(pipe, texts.data, min_count=60, feature_groups=GROUPS)
        assert {"praise", "blame"} <= set(found.feature_names)
        others = found.to_frame().drop(["praise", "blame"])
        assert others["count"].min() >= 60
        with pytest.raises(ValueError, match="No word occurs min_count=9999 times"):
            gradient_importance(pipe, texts.data, min_count=9999)

    def test_positions(self, pipe, texts):
        found = gradient_importance(pipe, texts.data, by="timestep")
        assert found.feature_names.tolist() == [str(i) for i in range(pipe[0].max_length_)]
        assert np.isfinite(found.importances).all()

    def test_a_word_as_baseline(self, pipe, texts):
        found = gradient_importance(
            pipe, ["good w1", "w1 good"], method="integrated_gradients", baseline="good", target=1
        )
        assert found.attributions[0, 0] == 0
        assert found.attributions[1, 1] == 0
        with pytest.raises(ValueError, match="'nonsense' is no word that the network knows"):
            gradient_importance(pipe, ["good"], method="integrated_gradients", baseline="nonsense")

    def test_the_gradient_is_that_of_the_embedding(self, pipe, ids):
        model, some = pipe[-1].model_, ids[:3]
        found = gradient_importance(pipe[-1], some, method="saliency", target=1).attributions
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


class TestPermutation:
    def test_words(self, pipe, texts):
        found = permutation_importance(
            pipe, texts.data, texts.target, max_features=30, n_repeats=2, random_state=0
        )
        assert set(found.to_frame().index[:4]) <= set(POSITIVE) | set(NEGATIVE)
        assert len(found.feature_names) == 30
        assert found.by == "word"
        assert found.baseline_score == pytest.approx(pipe.score(texts.data, texts.target))

    def test_each_occurrence_is_replaced_by_a_token_of_the_corpus(self, texts, pipe, ids):
        seen = []

        def scoring(estimator, X, y):
            seen.append(X.copy())
            return 0.0

        groups = {"praise": list(POSITIVE)}
        call = {"scoring": scoring, "n_repeats": 3, "feature_groups": groups, "max_features": 1}
        permutation_importance(pipe, texts.data, texts.target, random_state=0, **call)
        of_group = np.isin(ids, [pipe[0].vocabulary_[word] for word in POSITIVE])
        assert (seen[0] == ids).all()
        for shown in seen[1:]:
            assert (shown[~of_group] == ids[~of_group]).all()
            assert (shown[of_group] != ids[of_group]).mean() > 0.8
            assert np.isin(shown[of_group], ids[ids != 0]).all()
        assert (seen[1] != seen[2]).any()

    def test_groups_positions_and_repeatability(self, pipe, texts):
        call = {"n_repeats": 2, "random_state": 0}
        groups = permutation_importance(
            pipe, texts.data, texts.target, feature_groups=GROUPS, max_features=5, **call
        )
        assert groups.to_frame().index[0] in GROUPS
        assert len(groups.feature_names) == 5
        again = permutation_importance(
            pipe, texts.data, texts.target, feature_groups=GROUPS, max_features=5, n_jobs=2, **call
        )
        assert np.array_equal(groups.importances, again.importances)
        places = permutation_importance(pipe, texts.data, texts.target, by="timestep", **call)
        assert places.importances_mean[0] > places.importances_mean[-1]

    def test_texts_need_a_sequencer(self, texts):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        other = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts.data, texts.target)
        with pytest.raises(ValueError, match="X holds texts, but estimator is no Pipeline with"):
            permutation_importance(other, texts.data, texts.target)


class TestLofo:
    def test_word_groups(self, texts):
        pipe = text_network(importance=None, epochs=4)
        groups = {"carriers": [*POSITIVE, *NEGATIVE], "fillers": ["w1", "w2"]}
        found = lofo_importance(
            pipe, texts.data, texts.target, cv=2, feature_groups=groups, random_state=0
        )
        assert found.by == "word"
        assert found.feature_names.tolist() == ["carriers", "fillers"]
        assert found.baseline_score > 0.9
        assert found.importances_mean[0] > 0.3  # nothing is left to tell the label by
        assert abs(found.importances_mean[1]) < 0.1

    def test_ids_in_which_1_is_a_word(self):
        """Words without influence stay so when they become an id that has none."""
        X = np.random.default_rng(0).integers(1, 12, size=(300, 6))
        y = ((X == 1).sum(axis=1) > (X == 4).sum(axis=1)).astype(int)
        network = LSTMClassifier(6, embedding_dim=4, n_tokens=13, epochs=12, importance=None)
        network.set_params(learning_rate=0.02, cell="gru")
        call = {"feature_groups": {"idle": [9, 10, 11], "asked": [1, 4]}, "cv": 2}
        found = lofo_importance(network, X, y, unknown_id=12, random_state=0, **call)
        assert abs(found.importances_mean[0]) < 0.08 < found.importances_mean[1]

    def test_words_become_unknown_in_fit_and_in_score(self, texts):
        class Sees(LSTMClassifier):
            shown: list = []  # noqa: RUF012 - shared by the clones

            def fit(self, X, y):
                self.shown.append(("fit", X.copy()))
                self.classes_ = np.unique(y)
                return self

            def score(self, X, y):
                self.shown.append(("score", X.copy()))
                return 0.5

        sequencer = TextSequencer(vocabulary=["good", "w1"], max_length=8)
        pipe = make_pipeline(sequencer, Sees(embedding_dim=2))
        groups = {"praise": ["good"]}
        lofo_importance(pipe, texts.data, texts.target, cv=2, feature_groups=groups)
        with_all, without = Sees.shown[:4], Sees.shown[4:]
        assert len(without) == 4
        for (_, before), (_, after) in zip(with_all, without, strict=True):
            assert (before == 2).any()
            assert (after == np.where(before == 2, 1, before)).all()

    def test_token_ids(self, ids, texts, pipe):
        network = LSTMClassifier(4, embedding_dim=4, epochs=4, learning_rate=0.02, importance=None)
        groups = {"carriers": [*POSITIVE, *NEGATIVE]}
        call = {"cv": 2, "random_state": 0, "feature_groups": groups}
        found = lofo_importance(network, ids, texts.target, feature_names=pipe[0].words_, **call)
        assert found.importances_mean[0] > 0.3

    @pytest.mark.parametrize(
        ("kwargs", "message"),
        [
            ({}, "name the words that matter to you"),
            ({"by": "cell"}, "by='cell' is not possible for LOFO"),
            ({"by": "timestep"}, "LOFO of texts, which have no fixed places"),
            ({"feature_groups": {"praise": ["goood"]}}, "Did you mean 'good'"),
        ],
    )
    def test_errors(self, pipe, texts, kwargs, message):
        with pytest.raises(ValueError, match=message):
            lofo_importance(pipe, texts.data, texts.target, **kwargs)


class TestEveryForm:
    """A Pipeline, its parts, a finalized network: the same numbers."""

    def test_gradients(self, pipe, texts, ids, vectorized):
        expected = gradient_importance(pipe, texts.data, **SIGNED)
        words = pipe[0].words_
        forms = {
            "frozen": (FrozenEstimator(pipe), np.array(texts.data, dtype=object), None),
            "nested": (make_pipeline(make_pipeline(pipe[0]), pipe[1]), pd.Series(texts.data), None),
            "estimator": (pipe[-1], ids, words),
            "network": (pipe[-1].model_, ids, words),
            "from_keras": (from_keras(pipe[-1].model_), ids, words),
            "pickle": (pickle.loads(pickle.dumps(pipe)), texts.data, None),
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

    def test_a_network_that_starts_with_text_vectorization(self, vectorized, pipe, texts):
        expected = gradient_importance(pipe, texts.data, **SIGNED)
        found = gradient_importance(vectorized, texts.data, **SIGNED)
        assert np.allclose(found.attributions, expected.attributions, atol=1e-6)
        assert "good" in found.feature_names
        call = {"scoring": "accuracy", "n_repeats": 2, "random_state": 0, "max_features": 40}
        expected = permutation_importance(pipe, texts.data, texts.target, **call)
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
        with pytest.raises(ValueError, match=r"X must hold one text \(str\) for each sample"):
            gradient_importance(vectorized, "good")
        with pytest.raises(ValueError, match=r"X must hold one text \(str\) for each sample"):
            gradient_importance(vectorized, np.ones((3, 2)))

    def test_text_vectorization_that_cuts_where_the_longest_text_ends(self, pipe, texts):
        layer = keras.layers.TextVectorization(standardize=None, vocabulary=pipe[0].words_[2:])
        inner = pipe[-1].model_
        body = [*inner.layers]  # the layers without the input of fixed length
        inputs = keras.Input((1,), dtype="string")
        output = layer(inputs)
        for one in body:
            output = one(output)
        model = keras.Model(inputs, output)
        X = sorted(texts.data, key=len)  # so that the longest text of the chunks differs
        expected = gradient_importance(pipe, X, **SIGNED)
        found = gradient_importance(model, X, **SIGNED)
        width = found.attributions.shape[1]
        assert np.allclose(found.attributions, expected.attributions[:, :width], atol=1e-5)

    def test_a_pipeline_that_ends_in_a_keras_model(self, pipe, texts):
        whole = make_pipeline(pipe[0], pipe[-1].model_)
        expected = gradient_importance(pipe, texts.data[:30], **SIGNED)
        found = gradient_importance(whole, texts.data[:30], **SIGNED)
        assert np.allclose(found.importances_mean, expected.importances_mean)

    def test_permutation(self, pipe, texts, ids):
        call = {"scoring": "accuracy", "n_repeats": 2, "random_state": 0, "max_features": 10}
        expected = permutation_importance(pipe, texts.data, texts.target, **call)
        for form in (pipe[-1], pipe[-1].model_, pipe[-1].wrapper_):
            found = permutation_importance(
                form, ids, texts.target, feature_names=pipe[0].words_, **call
            )
            assert np.array_equal(found.importances, expected.importances)

    def test_a_transformer_of_positions(self, pipe, ids):
        transformer = GradientTransformer(FrozenEstimator(pipe[-1]), by="timestep").fit(ids)
        assert transformer.transform(ids).shape == ids.shape
        with pytest.raises(ValueError, match="use by='timestep', a column for each position"):
            GradientTransformer(FrozenEstimator(pipe[-1])).fit(ids)

    def test_cells_of_texts(self, pipe, texts):
        for call in (gradient_importance, permutation_importance):
            with pytest.raises(ValueError, match="by='cell' has no meaning for tokens"):
                call(pipe, texts.data, texts.target, by="cell")


def test_ids_without_a_word_bear_no_words_name():
    """More ids than words: a group of the word "5" is that word, not the id 5."""
    texts = ["5 good", "5 bad", "good 5 5", "bad"] * 10
    network = LSTMClassifier(2, embedding_dim=2, n_tokens=12, epochs=1, importance=None)
    pipe = make_pipeline(TextSequencer(), network).fit(texts, [1, 0] * 20)
    found = gradient_importance(pipe, texts, feature_groups={"five": ["5"]})
    assert found.counts[found.feature_names == "five"] == 40
    call = {"feature_groups": {"n": [2]}, "cv": 2}
    with pytest.raises(ValueError, match=r"must hold words \(str\); got 2"):
        lofo_importance(pipe, texts, [1, 0] * 20, **call)
    ids = pipe[0].transform(texts)
    with pytest.raises(ValueError, match="holds the token id 1, which stands for an unknown word"):
        lofo_importance(network, ids, [1, 0] * 20, feature_groups={"n": [1, 2]}, cv=2)
    call = {"feature_groups": {"n": [1, 2]}, "cv": 2, "unknown_id": 11}
    assert lofo_importance(network, ids, [1, 0] * 20, **call).by == "word"
    with pytest.raises(ValueError, match="X holds the token id 16, but the embedding"):
        gradient_importance(pipe[-1].model_, ids + 12)
    with pytest.raises(ValueError, match="X holds texts, but the network"):
        gradient_importance(pipe[-1].model_, np.array([texts]).T)
    with pytest.raises(TypeError, match="a list of words by id, not a mapping"):
        gradient_importance(pipe[-1].model_, ids, feature_names={0: "pad"})
    search = GridSearchCV(pipe, {"lstmclassifier__units": [2]}, cv=2)
    call = {"feature_groups": {"five": ["5"]}, "cv": 2}
    assert lofo_importance(search, texts, [1, 0] * 20, **call).by == "word"


def test_negation_is_seen_by_what_it_does():
    """'not' tells nothing on its own; with it left out, the network is no better than chance."""
    texts = make_text_classification(1200, n_words=4, n_fillers=4, negation=0.5, random_state=0)
    pipe = text_network(epochs=25, importance=None)
    pipe.fit(texts.data[:900], texts.target[:900])
    X, y = texts.data[900:], texts.target[900:]
    assert pipe.score(X, y) > 0.9
    groups = {"negation": ["not"]} | GROUPS
    found = permutation_importance(pipe, X, y, feature_groups=groups, random_state=0).to_frame()
    assert set(found.index[:3]) == set(groups)
    assert found["importance_mean"].iloc[2] > 0.1
    assert found["importance_mean"].iloc[3] < 0.05
    # a word of praise speaks for the label, and against it behind "not"
    pairs = gradient_importance(pipe, ["w1 good", "w1 not good"], **SIGNED).attributions.sum(axis=1)
    assert pairs[0] > 0.3 + pairs[1]


def test_a_regressor_reads_texts_too():
    texts = make_text_classification(200, random_state=0)
    network = LSTMRegressor(4, embedding_dim=4, epochs=8, learning_rate=0.03, random_state=0)
    pipe = make_pipeline(TextSequencer(), network).fit(texts.data, 10.0 * texts.target)
    found = gradient_importance(pipe, texts.data, method="integrated_gradients", aggregate="mean")
    assert found.to_frame().loc["good", "importance_mean"] > 1  # in the units of y


def test_words_cannot_be_rescaled(pipe, texts):
    with pytest.raises(ValueError, match="words have no features to mask"):
        gradient_importance(pipe, texts.data, temporal_rescaling=True)


class TestComparison:
    call = {"scoring": "neg_log_loss", "cv": 2, "random_state": 0}  # noqa: RUF012

    def test_groups_of_words(self, pipe, texts):
        found = compare_importances(
            pipe, texts.data, texts.target, feature_groups=GROUPS, **self.call
        )
        assert sorted(found.to_frame().index) == ["blame", "praise"]
        for method, result in found.results.items():
            assert list(result.feature_names) == ["praise", "blame"], method
            assert result.importances_mean.shape == (2,)
        whole = permutation_importance(
            pipe,
            texts.data,
            texts.target,
            feature_groups=GROUPS,
            scoring="neg_log_loss",
            random_state=0,
        )
        assert np.array_equal(found.results["permutation"].importances, whole.importances[:2])
        assert found.results["permutation"].pvalues.shape == (2,)

    def test_words(self, pipe, texts):
        methods = ["gradient", "permutation"]
        found = compare_importances(
            pipe,
            texts.data,
            texts.target,
            methods=methods,
            gradient_params={"method": "integrated_gradients"},
            **self.call,
        )
        best = set(found.to_frame().index[:6])
        assert best <= {*POSITIVE, *NEGATIVE}
        with pytest.raises(ValueError, match="name the words that matter"):
            compare_importances(pipe, texts.data, texts.target, **self.call)

    def test_nothing_in_common(self, pipe, texts):
        one, other = (
            permutation_importance(pipe, texts.data, texts.target, feature_groups=group)
            for group in ({"a": ["good"]}, {"b": ["good"]})
        )
        one, other = (_only(result, list(result.feature_names[:1])) for result in (one, other))
        with pytest.raises(ValueError, match="0 words or groups in common"):
            ImportanceComparison.from_results({"permutation": one, "lofo": other})
