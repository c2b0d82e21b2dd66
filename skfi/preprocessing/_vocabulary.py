"""The vocabulary of a TextSequencer, and the words it leaves out."""

import re
import warnings
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from numbers import Integral
from typing import Any

from skfi._given import described


def given_words(vocabulary: Any, fold: Callable[[str], str], seen: Container[str]) -> list[str]:
    """The words of ``vocabulary`` in the order of their ids, as the texts have them."""
    words = _words("vocabulary", _in_order(vocabulary))
    repeated = [word for word, count in Counter(words).items() if count > 1]
    if repeated or not words:
        raise ValueError(
            "vocabulary must hold different words, at least one"
            + (f"; repeated: {repeated[:5]}." if repeated else f"; got {vocabulary!r}.")
        )
    folded: dict[str, str] = {}
    for word in words:
        as_read = matching(word, seen, fold)
        if as_read in folded:
            raise ValueError(
                f"The words {folded[as_read]!r} and {word!r} of vocabulary are both read as "
                f"{as_read!r}. Leave one out, or change lowercase or strip_accents."
            )
        folded[as_read] = word
    if not any(word in seen for word in folded):
        warnings.warn(
            f"No word of vocabulary, such as {next(iter(folded))!r}, occurs in what is read of the "
            "texts: every word is unknown. Compare vocabulary with the words that tokenize gives.",
            UserWarning,
            stacklevel=3,
        )
    return list(folded)


def left_out_words(left_out: Any, known: Container[str], fold: Callable[[str], str]) -> set[str]:
    """The words of ``left_out`` as the vocabulary, or a tokenizer's texts, have them."""
    words = check_left_out(left_out)
    return {matching(word, known, fold) for word in words}.union(words)


def check_left_out(left_out: Any) -> list[str]:
    """The words of ``left_out`` as a list; ValueError for a str, whose letters it would give."""
    return _words("left_out", left_out)


def check_pattern(token_pattern: str) -> None:
    """Raise ValueError for a pattern that is no regular expression, or matches nothing."""
    try:
        pattern = re.compile(token_pattern)
    except re.error as error:
        raise ValueError(
            f"token_pattern={token_pattern!r} is no regular expression: {error}."
        ) from error
    if not token_pattern or pattern.groups > 1:
        raise ValueError(
            f"token_pattern={token_pattern!r} must match words, with one group at most; it has "
            f"{pattern.groups}."
        )


def checked_words(words: Any) -> list[str]:
    """What a tokenizer returns, as a list of words."""
    if isinstance(words, (str, bytes)) or not isinstance(words, Iterable):
        raise TypeError(
            f"tokenizer must return a list of words (str) of a text; it returned {words!r:.60}."
        )
    words = list(words)
    if not all(isinstance(word, str) for word in words):
        raise TypeError(f"tokenizer must return words (str); it returned {words!r:.60}.")
    return words


def matching(word: str, known: Container[str], fold: Callable[[str], str]) -> str:
    """The word itself if it is known, as one that a tokenizer makes may be; else folded."""
    return word if word in known else fold(word)


def _in_order(vocabulary: Any) -> Any:
    if isinstance(vocabulary, (set, frozenset)):
        # as CountVectorizer does: the order of a set is another in each process
        return sorted(_words("vocabulary", vocabulary))
    if not isinstance(vocabulary, Mapping):
        return vocabulary
    indices = list(vocabulary.values())
    if not all(isinstance(index, Integral) for index in indices):
        return vocabulary
    if len(set(indices)) < len(indices):
        raise ValueError(
            "vocabulary maps two words to the same index; each word needs its own. For the order "
            "of its keys pass list(vocabulary)."
        )
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _words(name: str, words: Iterable[Any]) -> list[str]:
    if isinstance(words, (bytes, type)) or (name == "left_out" and isinstance(words, Mapping)):
        raise ValueError(f"{name} must be a list of words; got {described(words)}.")
    if isinstance(words, str):
        raise ValueError(f"{name} must be a list of words; got {words!r}: write [{words!r}].")
    words = list(words)
    for word in words:
        if not isinstance(word, str):
            raise ValueError(
                f"{name} must hold words (str); got {word!r}, of type {type(word).__name__}."
            )
    return words
