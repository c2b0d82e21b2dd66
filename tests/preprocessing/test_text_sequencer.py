"""Texts to ids: the vocabulary, what is unknown, what is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skfi import TextSequencer

TEXTS = ["Good sound, good price.", "I don't like the sound", "no"]


def test_ids_follow_frequency_then_the_alphabet():
    sequencer = TextSequencer(min_count=1).fit(TEXTS)
    assert sequencer.words_[:4] == ["", "[unknown]", "good", "sound"]
    assert list(sequencer.vocabulary_) == [
        "good",
        "sound",
        "don't",
        "i",
        "like",
        "no",
        "price",
        "the",
    ]
    ids = sequencer.transform([*TEXTS, "good noise", ""])
    assert ids.shape == (5, 5)
    assert ids.dtype == np.int32
    assert ids[3].tolist() == [2, 1, 0, 0, 0]
    assert ids[4].tolist() == [0] * 5
    assert sequencer.inverse_transform(ids[:1]) == [["good", "sound", "good", "price"]]


def test_rare_words_are_unknown_by_default():
    sequencer = TextSequencer().fit(TEXTS)
    assert set(sequencer.vocabulary_) == {"good", "sound"}
    assert (sequencer.transform(TEXTS) == 1).any()


def test_the_most_frequent_words_are_kept():
    assert list(TextSequencer(1, min_count=1).fit(TEXTS).vocabulary_) == ["good"]


def test_words_beyond_the_length_get_no_id():
    # an id that no training row holds would be beyond a network's embedding
    sequencer = TextSequencer(max_length=1, min_count=1).fit(TEXTS)
    assert sequencer.transform(TEXTS).max() == len(sequencer.words_) - 1
    assert set(sequencer.vocabulary_) == {"good", "i", "no"}


@pytest.mark.parametrize(
    ("params", "text", "expected"),
    [
        ({}, "Don\u2019t SHOUT!", ["don\u2019t", "shout"]),
        ({"lowercase": False}, "Don't SHOUT", ["Don't", "SHOUT"]),
        ({"strip_accents": "unicode"}, "caf\u00e9", ["cafe"]),
        ({"token_pattern": r"(?u)\b\w\w+\b"}, "I am", ["am"]),
        ({"tokenizer": str.split}, "a-b c", ["a-b", "c"]),
    ],
)
def test_words_are_those_of_scikit_learns_analyzer(params, text, expected):
    assert TextSequencer(**params).tokenize([text]) == [expected]


def test_a_given_vocabulary_keeps_its_order():
    sequencer = TextSequencer(vocabulary=["sound", "good"]).fit(TEXTS)
    assert sequencer.vocabulary_ == {"sound": 2, "good": 3}


@pytest.mark.parametrize(
    ("vocabulary", "words"),
    [
        pytest.param({"price": [2.0], "no": [1.0]}, ["price", "no"], id="vectors: its keys"),
        pytest.param({"price": 1, "no": 0}, ["no", "price"], id="indices: their order"),
        pytest.param({"price": 0, "no": 0}.keys(), ["price", "no"], id="keys"),
        pytest.param({"sound", "price", "no", "good"}, ["good", "no", "price", "sound"], id="set"),
    ],
)
def test_the_order_of_a_mapping_or_a_set(vocabulary, words):
    assert TextSequencer(vocabulary=vocabulary).fit(TEXTS).words_[2:] == words


def shouts_numbers(text):
    """A tokenizer that makes a word which lowercase would not."""
    return ["NUM" if word.isdigit() else word for word in text.split()]


class TestGivenWordsAreReadAsTextsAre:
    @pytest.mark.parametrize(
        ("params", "word", "text"),
        [
            pytest.param({}, "Good", "Good", id="capitals"),
            pytest.param({"strip_accents": "unicode"}, "caf\u00e9", "caf\u00e9", id="accents"),
            pytest.param({"lowercase": False}, "Good", "Good", id="as they stand"),
            pytest.param({"tokenizer": shouts_numbers}, "NUM", "10", id="of a tokenizer"),
        ],
    )
    def test_both(self, params, word, text):
        sequencer = TextSequencer(vocabulary=[word], **params)
        assert sequencer.fit_transform([text]).tolist() == [[2]]
        assert sequencer.set_params(left_out=[word]).transform([text]).tolist() == [[0]]

    def test_two_that_become_one(self):
        with pytest.raises(ValueError, match=r"'Good' and 'good' of .* both read as 'good'"):
            TextSequencer(vocabulary=["Good", "good"]).fit(TEXTS)
        assert TextSequencer(vocabulary=["Good", "good"], lowercase=False).fit(TEXTS)

    def test_none_that_occurs(self):
        with pytest.warns(UserWarning, match="No word of vocabulary, such as 'noise', occurs") as w:
            TextSequencer(vocabulary=["noise"]).fit(TEXTS)
        assert w[0].filename == __file__


def test_words_left_out_are_not_read():
    sequencer = TextSequencer(min_count=1).fit(TEXTS)
    before = sequencer.transform(TEXTS)
    after = sequencer.set_params(left_out=["Good"]).transform(TEXTS)
    assert (before == 2).any()
    assert [row[row > 0].tolist() for row in after] == [row[row > 2].tolist() for row in before]
    # the vocabulary, and what max_length cuts off, stay
    assert sequencer.fit(TEXTS).vocabulary_["good"] == 2
    cut = TextSequencer(max_length=2, min_count=1, left_out=["good"]).fit(["good a b"])
    assert cut.inverse_transform(cut.transform(["good a b"])) == [["a"]]


def test_a_word_left_out_that_is_unknown_is_not_read_either():
    sequencer = TextSequencer(tokenizer=shouts_numbers, left_out=["NUM"], vocabulary=["a"])
    assert sequencer.fit(["a 10 b"]).transform(["a 10 b"]).tolist() == [[2, 1, 0]]


def test_it_is_a_transformer_like_others():
    sequencer = TextSequencer(min_count=1).fit(pd.Series(TEXTS, index=[5, 6, 7]))
    assert (
        pickle.loads(pickle.dumps(sequencer)).transform(TEXTS) == sequencer.transform(TEXTS)
    ).all()
    assert clone(sequencer).get_params() == sequencer.get_params()
    assert sequencer.get_feature_names_out().tolist() == [f"token{i}" for i in range(5)]
    frame = sequencer.set_output(transform="pandas").transform(np.array(TEXTS, dtype=object))
    assert frame.columns.tolist() == [f"token{i}" for i in range(5)]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("one text", "got a single str"),
        (5, "got a single int"),
        (["good", 3.5], r"entry 1 is 3.5, of type float"),
        ([None], "Fill missing texts in"),
        ([], "0 sample"),
        (np.array([["a"], ["b"]]), r"one-dimensional.* shape \(2, 1\)"),
        (["", " "], "The vocabulary is empty: of 0 different words in 2 texts"),
        (["each word once"], "none occurs min_count=2 times"),
    ],
)
def test_bad_texts(X, message):
    with pytest.raises(ValueError, match=message):
        TextSequencer().fit(X)


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        pytest.param([], "at least one", id="empty"),
        pytest.param(["a", "b", "a"], r"repeated: \['a'\]", id="repeated"),
        pytest.param({"a": 0, "b": 0}, "two words to the same index", id="repeated indices"),
        pytest.param("good", r"vocabulary must be a list of words; .* \['good'\]", id="str"),
        pytest.param([1, 2], "must hold words .* got 1, of type int", id="numbers"),
    ],
)
def test_bad_vocabularies(vocabulary, message):
    with pytest.raises(ValueError, match=message):
        TextSequencer(vocabulary=vocabulary).fit(TEXTS)


def test_one_word_left_out_is_a_list_too():
    message = r"left_out must be a list of words; got 'good': write \['good'\]"
    with pytest.raises(ValueError, match=message):
        TextSequencer(left_out="good").fit(TEXTS)
    sequencer = TextSequencer().fit(TEXTS).set_params(left_out="good")
    with pytest.raises(ValueError, match=message):
        sequencer.transform(TEXTS)
