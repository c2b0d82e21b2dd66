"""Motions and reviews, generated texts and lags."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from skfi.datasets import (
    fetch_exercise_motions,
    fetch_review_sentences,
    make_lagged_sequences,
    make_text_classification,
)


class TestMotions:
    def test_what_is_known_of_the_data(self):
        motions = fetch_exercise_motions(as_frame=True)
        lengths = [len(values) for values in motions.data]
        assert (len(lengths), min(lengths), max(lengths)) == (140, 947, 2618)
        assert np.unique(motions.target, return_counts=True)[1].tolist() == [20] * 7
        assert np.unique(motions.person, return_counts=True)[1].tolist() == [14] * 10
        assert len(motions.frame) == sum(lengths)
        of_one = motions.frame[motions.frame["recording"] == 5]
        assert np.array_equal(of_one[motions.feature_names], motions.data[5])
        assert set(of_one["exercise"]) == {motions.target[5]}

    def test_x_and_y(self):
        X, y = fetch_exercise_motions(return_X_y=True)
        assert len(X) == len(y) == 140
        assert fetch_exercise_motions().frame is None


class TestReviews:
    def test_what_is_known_of_the_data(self):
        reviews = fetch_review_sentences()
        assert len(reviews.data) == len(reviews.target) == len(reviews.review) == 2943
        assert (np.abs(reviews.rating) > 0.5).all()
        assert ((reviews.rating > 0) == (reviews.target == "positive")).all()
        assert len(reviews.lexicon) == 7502
        assert reviews.lexicon["good"] == 1.9
        assert len(set(reviews.review)) == 298

    def test_neutral_sentences(self):
        reviews = fetch_review_sentences(neutral=0)
        assert len(reviews.data) == len(reviews.target) == 3610  # 98 are rated 0
        assert (reviews.rating != 0).all()

    @pytest.mark.parametrize(
        ("neutral", "message"),
        [
            pytest.param(-1, r"'neutral' .* in the range \[0", id="negative"),
            pytest.param(4, r"'neutral' .* 4\.0\)", id="the best rating"),
            pytest.param(3.9, r"no sentence: they are rated from -3\.7 to 3\.85", id="too much"),
        ],
    )
    def test_what_is_neutral_must_leave_sentences(self, neutral, message):
        with pytest.raises(ValueError, match=message):
            fetch_review_sentences(neutral=neutral)

    def test_the_labels_can_be_learnt(self):
        X, y = fetch_review_sentences(return_X_y=True)
        baseline = make_pipeline(TfidfVectorizer(), LogisticRegression())
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        assert cross_val_score(baseline, X, y, cv=folds).mean() > 0.76

    def test_offline(self, tmp_path):
        with pytest.raises(OSError, match="download_if_missing=False"):
            fetch_review_sentences(data_home=tmp_path, download_if_missing=False)


class TestTexts:
    @pytest.mark.parametrize("negation", [0.0, 0.6])
    def test_the_label_follows_from_the_words(self, negation):
        texts = make_text_classification(300, negation=negation, random_state=0)
        for text, label in zip(texts.data, texts.target, strict=True):
            words = text.split()
            at = next(i for i, word in enumerate(words) if texts.relevance.get(word))
            negated = at > 0 and words[at - 1] == "not"
            assert label == ((texts.relevance[words[at]] > 0) != negated)

    @pytest.mark.parametrize(("negation", "longest"), [(0.0, 4), (0.8, 5)])
    def test_lengths(self, negation, longest):
        texts = make_text_classification(500, n_words=4, negation=negation, random_state=0)
        lengths = {len(text.split()) for text in texts.data}
        assert lengths == set(range(2, longest + 1))

    def test_not_tells_nothing_on_its_own(self):
        texts = make_text_classification(3000, negation=0.5, random_state=0)
        has_not = np.array(["not" in text.split() for text in texts.data])
        assert abs(np.corrcoef(has_not, texts.target)[0, 1]) < 0.05
        assert 0.6 < has_not.mean() < 0.9


class TestLag:
    def test_the_target_is_the_first_feature_before(self):
        data = make_lagged_sequences(20, n_timesteps=6, lag=2, noise=0, random_state=0)
        assert np.array_equal(data.target[:, 2:], data.data[:, :-2, 0])
        told = np.einsum("nsf,tsf->nt", data.data, data.relevance)
        assert np.allclose(told, data.target)

    def test_lengths(self):
        data = make_lagged_sequences(200, n_timesteps=6, min_timesteps=4, random_state=0)
        lengths = (~np.isnan(data.target)).sum(axis=1)
        assert set(lengths) == {4, 5, 6}
        with pytest.raises(ValueError, match="lag=6 must be less than n_timesteps=6"):
            make_lagged_sequences(n_timesteps=6, lag=6)
