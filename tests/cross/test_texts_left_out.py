"""Words replaced, left out and compared: what is lost without them."""

import keras
import numpy as np
import pytest
from conftest import text_network
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from skfi import (
    ImportanceComparison,
    LSTMClassifier,
    TextSequencer,
    compare_importances,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets._generated_text import NEGATIVE, POSITIVE
from skfi.importance._results._comparison import _only

GROUPS = {"praise": list(POSITIVE), "blame": list(NEGATIVE)}


class TestPermutation:
    def test_words(self, reader, texts):
        found = permutation_importance(
            reader, texts.data, texts.target, max_features=30, n_repeats=2, random_state=0
        )
        assert set(found.to_frame().index[:4]) <= set(POSITIVE) | set(NEGATIVE)
        assert len(found.feature_names) == 30
        assert found.by == "word"
        assert found.baseline_score == pytest.approx(reader.score(texts.data, texts.target))

    def test_each_occurrence_is_replaced_by_a_token_of_the_corpus(self, texts, reader, token_ids):
        seen = []

        def scoring(estimator, X, y):
            seen.append(X.copy())
            return 0.0

        groups = {"praise": list(POSITIVE)}
        call = {"scoring": scoring, "n_repeats": 3, "feature_groups": groups, "max_features": 1}
        permutation_importance(reader, texts.data, texts.target, random_state=0, **call)
        of_group = np.isin(token_ids, [reader[0].vocabulary_[word] for word in POSITIVE])
        assert (seen[0] == token_ids).all()
        for shown in seen[1:]:
            assert (shown[~of_group] == token_ids[~of_group]).all()
            assert (shown[of_group] != token_ids[of_group]).mean() > 0.8
            assert np.isin(shown[of_group], token_ids[token_ids != 0]).all()
        assert (seen[1] != seen[2]).any()

    def test_groups_positions_and_repeatability(self, reader, texts):
        call = {"n_repeats": 2, "random_state": 0}
        groups = permutation_importance(
            reader, texts.data, texts.target, feature_groups=GROUPS, max_features=5, **call
        )
        assert groups.to_frame().index[0] in GROUPS
        assert len(groups.feature_names) == 5
        again = permutation_importance(
            reader,
            texts.data,
            texts.target,
            feature_groups=GROUPS,
            max_features=5,
            n_jobs=2,
            **call,
        )
        assert np.array_equal(groups.importances, again.importances)
        places = permutation_importance(reader, texts.data, texts.target, by="timestep", **call)
        assert places.importances_mean[0] > places.importances_mean[-1]

    def test_texts_need_a_sequencer(self, texts):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        other = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts.data, texts.target)
        with pytest.raises(ValueError, match="X holds texts, but estimator is no Pipeline with"):
            permutation_importance(other, texts.data, texts.target)


class TestLofo:
    def test_word_groups(self, texts):
        reader = text_network(importance=None, epochs=4)
        groups = {"carriers": [*POSITIVE, *NEGATIVE], "fillers": ["w1", "w2"]}
        found = lofo_importance(
            reader, texts.data, texts.target, cv=2, feature_groups=groups, random_state=0
        )
        assert found.by == "word"
        assert found.feature_names.tolist() == ["carriers", "fillers"]
        assert found.baseline_score > 0.9
        assert found.importances_mean[0] > 0.3  # nothing is left to tell the label by
        assert abs(found.importances_mean[1]) < 0.1

    def test_words_that_alone_tell_the_label(self):
        """All words are known in training: an unknown one would tell as much as they do."""
        random = np.random.default_rng(0)
        labels = random.integers(2, size=200)
        lengths = random.integers(3, 9, size=200)
        fillers = [random.choice(["w1", "w2", "w3"], size=length).tolist() for length in lengths]
        texts = [
            " ".join([*words, "good"] if y else words)
            for words, y in zip(fillers, labels, strict=True)
        ]
        call = {"feature_groups": {"good": ["good"]}, "cv": 2, "random_state": 0}
        reader = text_network(importance=None, epochs=12)
        of_texts = lofo_importance(reader, texts, labels, **call)
        sequencer = TextSequencer().fit(texts)
        ids = sequencer.transform(texts)
        of_ids = lofo_importance(reader[-1], ids, labels, feature_names=sequencer.words_, **call)
        for found in (of_texts, of_ids):
            assert found.leave_out == "remove"
            assert found.baseline_score > 0.95
            assert found.importances_mean[0] > 0.25
        held = lofo_importance(
            reader[-1], ids, labels, feature_names=sequencer.words_, leave_out="constant", **call
        )
        assert held.importances_mean[0] < 0.05  # the id says what the word said

    def test_ids_in_which_1_is_a_word(self):
        """Words without influence stay so when they become an id that has none."""
        X = np.random.default_rng(0).integers(1, 12, size=(300, 6))
        y = ((X == 1).sum(axis=1) > (X == 4).sum(axis=1)).astype(int)
        network = LSTMClassifier(6, embedding_dim=4, n_tokens=13, epochs=12, importance=None)
        network.set_params(learning_rate=0.02, cell="gru")
        call = {"feature_groups": {"idle": [9, 10, 11], "asked": [1, 4]}, "cv": 2}
        for how in ({}, {"leave_out": "constant", "unknown_id": 12}):
            found = lofo_importance(network, X, y, random_state=0, **how, **call)
            assert abs(found.importances_mean[0]) < 0.08 < found.importances_mean[1], how

    @pytest.mark.filterwarnings("ignore:.* ids are 0, padding, in front of words")
    @pytest.mark.parametrize("refit", ["cold", "warm"])
    @pytest.mark.parametrize(
        ("given", "without"),
        [
            pytest.param([[3, 2, 4, 0, 0]], [[3, 4, 0, 0, 0]], id="behind"),
            pytest.param([[0, 0, 3, 2, 4]], [[0, 0, 0, 3, 4]], id="in front"),
            pytest.param([[2, 2, 3, 2, 4]], [[3, 4, 0, 0, 0]], id="none"),
            pytest.param(
                [[0, 3, 4, 2, 2], [2, 3, 3, 3, 3]],
                [[0, 0, 0, 3, 4], [0, 3, 3, 3, 3]],
                id="some in front",
            ),
            pytest.param([[2, 2, 0, 0, 0]], [[0, 0, 0, 0, 0]], id="nothing else"),
        ],
    )
    def test_ids_without_words(self, given, without, refit):
        """To leave words out is to fit and score on texts without them."""
        random = np.random.default_rng(1)
        given, without = (np.repeat(ids, 30, axis=0) for ids in (given, without))
        order = random.permutation(len(given))
        given, without, y = given[order], without[order], random.integers(2, size=len(given))
        folds = [(np.arange(20), np.arange(20, len(given)))]
        network = LSTMClassifier(2, embedding_dim=2, n_tokens=6, epochs=2, importance=None)
        network.set_params(random_state=0)
        call = {"cv": folds, "feature_groups": {"two": [2]}, "scoring": "neg_log_loss"}
        found = lofo_importance(network, given, y, **call, refit=refit)
        assert found.leave_out == "remove"
        if refit == "cold":
            rest = network.fit(without[:20], y[:20])
            score = -log_loss(y[20:], rest.predict_proba(without[20:]), labels=[0, 1])
            assert found.baseline_score - found.importances_mean[0] == pytest.approx(score)

    def test_words_are_not_read_in_fit_and_in_score(self, texts):
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
        reader = make_pipeline(sequencer, Sees(embedding_dim=2))
        groups = {"praise": ["good"]}
        lofo_importance(reader, texts.data, texts.target, cv=2, feature_groups=groups)
        # of each fold a fit and a score with all words, and then without
        with_all, without = (Sees.shown[i : i + 2] + Sees.shown[i + 4 : i + 6] for i in (0, 2))
        assert len(Sees.shown) == 8
        for (_, before), (_, after) in zip(with_all, without, strict=True):
            assert (before == 2).any()
            rests = [row[row != 2] for row in before]
            assert all(
                np.array_equal(found, np.pad(rest, (0, 8 - len(rest))))
                for found, rest in zip(after, rests, strict=True)
            )

    def test_positions_with_targets_keep_their_places(self):
        X = np.random.default_rng(0).integers(2, 6, size=(40, 4))
        y = np.isin(X, [2, 3]).astype(int)
        tagger = LSTMClassifier(4, embedding_dim=2, return_sequences=True, epochs=2, n_tokens=6)
        tagger.set_params(importance=None, random_state=0)
        call = {"feature_groups": {"some": [2]}, "cv": 2}
        assert lofo_importance(tagger, X, y, **call).leave_out == "constant"
        with pytest.raises(ValueError, match=r"those that remain would stand beside targets"):
            lofo_importance(tagger, X, y, leave_out="remove", **call)

    def test_an_id_of_padding_that_is_a_word(self):
        X = np.random.default_rng(0).integers(0, 4, size=(40, 6))
        model = keras.Sequential(
            [
                keras.Input((6,)),
                keras.layers.Embedding(5, 2),
                keras.layers.GRU(2),
                keras.layers.Dense(1),
            ]
        )
        model.compile("adam", "mse")
        y, call = X[:, 0] / 2, {"cv": 2, "fit_params": {"epochs": 1}, "random_state": 0}
        with pytest.raises(ValueError, match=r"X holds the token id 0 between others"):
            lofo_importance(model, X, y, feature_groups={"c": [2]}, **call)
        with pytest.raises(ValueError, match=r"feature_groups holds the token id 0"):
            lofo_importance(model, X, y, feature_groups={"a": [0]}, **call)
        # both pieces of advice
        lofo_importance(model, X + 1, y, feature_groups={"a": [1]}, **call)
        constant = {"leave_out": "constant", "unknown_id": 4}
        found = lofo_importance(model, X, y, feature_groups={"a": [0]}, **call, **constant)
        assert found.leave_out == "constant"

    def test_token_ids(self, token_ids, texts, reader):
        network = LSTMClassifier(4, embedding_dim=4, epochs=4, learning_rate=0.02, importance=None)
        groups = {"carriers": [*POSITIVE, *NEGATIVE]}
        call = {"cv": 2, "random_state": 0, "feature_groups": groups}
        found = lofo_importance(
            network, token_ids, texts.target, feature_names=reader[0].words_, **call
        )
        assert found.importances_mean[0] > 0.3

    @pytest.mark.parametrize(
        ("kwargs", "message"),
        [
            ({}, "name the words that matter to you"),
            ({"by": "cell"}, "by='cell' is not possible for LOFO"),
            ({"by": "timestep"}, "LOFO of texts, which have no fixed places"),
            ({"feature_groups": {"praise": ["goood"]}}, "Did you mean 'good'"),
            ({"leave_out": "constant"}, "'constant' is for token ids: words of texts are removed"),
        ],
    )
    def test_errors(self, reader, texts, kwargs, message):
        with pytest.raises(ValueError, match=message):
            lofo_importance(reader, texts.data, texts.target, **kwargs)


class TestComparison:
    call = {"scoring": "neg_log_loss", "cv": 2, "random_state": 0}  # noqa: RUF012

    def test_groups_of_words(self, reader, texts):
        found = compare_importances(
            reader, texts.data, texts.target, feature_groups=GROUPS, **self.call
        )
        assert sorted(found.to_frame().index) == ["blame", "praise"]
        for method, result in found.results.items():
            assert list(result.feature_names) == ["praise", "blame"], method
            assert result.importances_mean.shape == (2,)
        whole = permutation_importance(
            reader,
            texts.data,
            texts.target,
            feature_groups=GROUPS,
            scoring="neg_log_loss",
            random_state=0,
        )
        assert np.array_equal(found.results["permutation"].importances, whole.importances[:2])
        assert found.results["permutation"].pvalues.shape == (2,)

    def test_words(self, reader, texts):
        methods = ["gradient", "permutation"]
        found = compare_importances(
            reader,
            texts.data,
            texts.target,
            methods=methods,
            gradient_params={"method": "integrated_gradients"},
            **self.call,
        )
        best = set(found.to_frame().index[:6])
        assert best <= {*POSITIVE, *NEGATIVE}
        with pytest.raises(ValueError, match="name the words that matter"):
            compare_importances(reader, texts.data, texts.target, **self.call)

    def test_nothing_in_common(self, reader, texts):
        one, other = (
            permutation_importance(reader, texts.data, texts.target, feature_groups=group)
            for group in ({"a": ["good"]}, {"b": ["good"]})
        )
        one, other = (_only(result, list(result.feature_names[:1])) for result in (one, other))
        with pytest.raises(ValueError, match="0 words or groups in common"):
            ImportanceComparison.from_results({"permutation": one, "lofo": other})
