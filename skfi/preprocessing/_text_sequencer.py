"""Texts as token ids."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from skfi._constraints import Whole
from skfi._given import check_takes, check_values, described, naming
from skfi._private import StrOptions, check_parameters
from skfi.preprocessing._texts import check_texts
from skfi.preprocessing._vocabulary import (
    check_left_out,
    check_pattern,
    checked_words,
    given_words,
    left_out_words,
)

PADDING_ID, UNKNOWN_ID = 0, 1
PADDING, UNKNOWN = "", "[unknown]"


class TextSequencer(TransformerMixin, BaseEstimator):
    """Turn texts into sequences of token ids, as a network with an embedding reads them.

    scikit-learn's own text analyzer cuts a text into words. Id 0 is padding, at the end; id 1 is
    any word that is not in the vocabulary; the words follow, the most frequent first.

    Parameters
    ----------
    max_tokens : int, default=None
        Keep the most frequent words only, this many; None keeps all.
    max_length : int, default=None
        Words read of each text, from its start; None is the length of the longest training text.
    min_count : int, default=2
        Words that occur less often in training are unknown. From 2 on, the network sees unknown
        words in training and learns what to do with them.
    lowercase : bool, default=True
        Do not distinguish capitals.
    strip_accents : {"ascii", "unicode"} or None, default=None
        Remove accents, as in :class:`~sklearn.feature_extraction.text.CountVectorizer`.
    token_pattern : str, default=r"(?u)\\b\\w+(?:['\\u2019]\\w+)*"
        Regular expression of a word; by default of one letter too, and with an apostrophe inside,
        so that "don't" is one word.
    tokenizer : callable, default=None
        Cuts a text into a list of words, in place of ``token_pattern``.
    vocabulary : iterable of str or mapping, default=None
        The words to know, in the order of their ids, in place of those of the training texts;
        ``max_tokens`` and ``min_count`` are not used then. A mapping of words to indices gives
        its words in the order of the indices, as in CountVectorizer; a mapping of words to
        anything else, such as vectors, in the order of its keys; a set is sorted. The words are
        read as the texts are: without capitals if ``lowercase``, and so on.
    left_out : iterable of str, default=()
        Words that are not read, as if the texts did not have them: how
        :func:`~skfi.lofo_importance` takes words from a network. They have their ids and their
        part in ``max_length`` all the same, so that all other words are read as before. A word
        that is not in the vocabulary as it stands is read as the texts are.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The id of each word.
    words_ : list of str
        The word of each id; "" for padding, "[unknown]" for unknown.
    max_length_ : int
        Number of columns of the output.

    See Also
    --------
    LSTMClassifier : Its ``embedding_dim`` reads the ids.

    Examples
    --------
    >>> from skfi import TextSequencer
    >>> sequencer = TextSequencer(min_count=1)
    >>> sequencer.fit_transform(["Good, good sound", "no sound"])
    array([[2, 2, 3],
           [4, 3, 0]], dtype=int32)
    >>> sequencer.transform(["no noise"])
    array([[4, 1, 0]], dtype=int32)
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - declared as scikit-learn does
        "max_tokens": [Whole(), None],
        "max_length": [Whole(), None],
        "min_count": [Whole()],
        "lowercase": ["boolean"],
        "strip_accents": [StrOptions({"ascii", "unicode"}), callable, None],
        "token_pattern": [str],
        "tokenizer": [callable, None],
        "vocabulary": [Iterable, None],
        "left_out": [Iterable],
    }

    def __init__(
        self,
        max_tokens: int | None = None,
        max_length: int | None = None,
        *,
        min_count: int = 2,
        lowercase: bool = True,
        strip_accents: str | None = None,
        token_pattern: str = r"(?u)\b\w+(?:['\u2019]\w+)*",
        tokenizer: Any = None,
        vocabulary: Iterable[str] | None = None,
        left_out: Iterable[str] = (),
    ) -> None:
        self.max_tokens = max_tokens
        self.max_length = max_length
        self.min_count = min_count
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.token_pattern = token_pattern
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.left_out = left_out

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Learn the vocabulary.

        Parameters
        ----------
        X : iterable of str
            Texts; empty ones are allowed.
        y : None
            Not used.

        Returns
        -------
        self : TextSequencer
            Fitted.

        Raises
        ------
        ValueError
            If a text is no str, no word is frequent enough to be kept, a word of ``vocabulary`` is
            repeated, or ``vocabulary`` or ``left_out`` holds anything but words.

        Warns
        -----
        UserWarning
            If no word of a given ``vocabulary`` occurs in the texts.
        """
        check_parameters(self)
        check_pattern(self.token_pattern)
        if self.tokenizer is not None:
            check_takes(self.tokenizer, "tokenizer", "(text)")
        check_left_out(self.left_out)
        texts = self.tokenize(X)
        longest = max(map(len, texts))
        self.max_length_ = max(1, longest) if self.max_length is None else self.max_length
        # counted in the truncated texts, so every word with an id occurs in training
        counts = Counter(word for text in texts for word in text[: self.max_length_])
        if self.vocabulary is not None:
            words = given_words(self.vocabulary, self._vectorizer().build_preprocessor(), counts)
        else:
            frequent = [word for word, count in counts.items() if count >= self.min_count]
            words = sorted(frequent, key=lambda word: (-counts[word], word))[: self.max_tokens]
            if not words:
                raise ValueError(
                    f"The vocabulary is empty: of {len(counts)} different words in {len(texts)} "
                    f"texts none occurs min_count={self.min_count} times. Lower min_count, or "
                    "change token_pattern."
                )
        self.words_ = [PADDING, UNKNOWN, *words]
        self.vocabulary_ = {word: i for i, word in enumerate(words, start=UNKNOWN_ID + 1)}
        return self

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Turn texts into ids.

        Parameters
        ----------
        X : iterable of str
            Texts. Words beyond ``max_length_`` are not read.

        Returns
        -------
        ids : ndarray of int32 of shape (n_samples, max_length_)
            The id of each word, then 0.
        """
        check_is_fitted(self)
        texts, ids = words_read(self, X), self.vocabulary_
        result = np.full((len(texts), self.max_length_), PADDING_ID, dtype=np.int32)
        for row, words in zip(result, texts, strict=True):
            row[: len(words)] = [ids.get(word, UNKNOWN_ID) for word in words]
        return result

    def tokenize(self, X: Iterable[str]) -> list[list[str]]:
        """Cut texts into words, as they stand before they become ids.

        Parameters
        ----------
        X : iterable of str
            Texts.

        Returns
        -------
        words : list of list of str
            The words of each text.
        """
        analyze = self._vectorizer().build_analyzer()
        return [checked_words(analyze(text)) for text in check_texts(X)]

    def inverse_transform(self, X: np.ndarray) -> list[list[str]]:
        """Turn ids back into words.

        Parameters
        ----------
        X : array-like of int of shape (n_samples, n_positions)
            Ids.

        Returns
        -------
        words : list of list of str
            The words of each text, "[unknown]" for those not in the vocabulary.
        """
        check_is_fitted(self)
        expected = "ids of shape (n_samples, n_positions)"
        check_values(X, "X", expected)
        with naming("X", X, expected):
            ids = np.asarray(X)
        if ids.ndim != 2 or ids.dtype.kind not in "iu":
            raise ValueError(f"X must be whole numbers, {expected}; got {described(ids)}.")
        if ids.size and not (ids.min() >= 0 and ids.max() < len(self.words_)):
            raise ValueError(
                f"X holds ids from {ids.min()} to {ids.max()}; those of this vocabulary are 0 to "
                f"{len(self.words_) - 1}."
            )
        return [[self.words_[i] for i in row if i != PADDING_ID] for row in ids]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns, which are positions: token0, token1, ...

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        names : ndarray of str of shape (max_length_,)
            The names.
        """
        check_is_fitted(self)
        return np.array([f"token{i}" for i in range(self.max_length_)], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags

    def _vectorizer(self) -> CountVectorizer:
        return CountVectorizer(
            lowercase=self.lowercase,
            strip_accents=self.strip_accents,
            token_pattern=None if self.tokenizer else self.token_pattern,
            tokenizer=self.tokenizer,
        )


def words_read(sequencer: TextSequencer, X: Iterable[str]) -> list[list[str]]:
    """The words of each text that get an id, unknown ones as they stand."""
    fold = sequencer._vectorizer().build_preprocessor()
    left_out = left_out_words(sequencer.left_out, sequencer.vocabulary_, fold)
    return [
        [word for word in words[: sequencer.max_length_] if word not in left_out]
        for words in sequencer.tokenize(X)
    ]
