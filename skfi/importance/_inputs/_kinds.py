"""The kinds of samples: numbers, which may be padded, token ids and texts.

A method asks a kind for its rows, its real steps and its names, and never which kind it is: what is
done for one kind only is a function that is registered for it, in the file of that kind.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.utils import _safe_indexing


@dataclass(frozen=True)
class Numbers:
    """Sequences of numbers, rows of a table, or rows that a Pipeline makes sequences of."""

    column = "feature"  # what a column of ``X`` is, or its last axis

    X: Any  # (n_samples, n_timesteps, n_features), or 2-D, a DataFrame too
    n_timesteps: int | None  # that the columns of 2-D X fold into
    names: list[str] | None
    real: np.ndarray | None  # (n_samples, n_timesteps): False for padding; None if all is real
    from_start: bool  # whether time steps are counted from the first, as sequences may be padded

    @property
    def shape(self) -> tuple[int, ...]:
        """Of ``X``."""
        return self.X.shape

    @property
    def may_be_padded(self) -> bool:
        """Whether sequences may be padded, even where it is not known which steps are."""
        return self.from_start

    @property
    def width(self) -> int | None:
        """How many units there are by feature without groups, if correlations are of these."""
        return self.X.shape[-1]

    def of_samples(self, rows: np.ndarray) -> Self:
        """Some of the samples."""
        real = None if self.real is None else self.real[rows]
        return replace(self, X=_safe_indexing(self.X, rows), real=real)

    @staticmethod
    def network_shape(n_timesteps: int | None, n_features: int) -> tuple[int | None, ...]:
        """The shape of a sample as a network takes it."""
        return (n_timesteps, n_features)


@dataclass(frozen=True)
class Tokens:
    """The token ids of texts and the words that they stand for."""

    column = "timestep"  # a position

    ids: np.ndarray  # (n_samples, n_positions), 0 for padding
    words: list[str]  # by id
    real: np.ndarray  # bool of the same shape as ids: False where there is no word
    read: np.ndarray  # the ids that the embedding gets: of a text without words an unknown one
    texts: list[list[str]] | None = None  # the words as they stand in the text

    @property
    def X(self) -> np.ndarray:
        """The ids."""
        return self.ids

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the ids."""
        return self.ids.shape

    @property
    def width(self) -> None:
        """Nothing that correlations could be of."""
        return None

    def of_samples(self, rows: np.ndarray) -> "Tokens":
        """Those of some of the texts."""
        texts = None if self.texts is None else [self.texts[row] for row in rows]
        ids, real, read = self.ids[rows], self.real[rows], self.read[rows]
        return Tokens(ids, self.words, real, read, texts)

    @staticmethod
    def network_shape(n_timesteps: int | None, n_features: int) -> tuple[int | None, ...]:
        """The shape of a sample as a network takes it."""
        return (n_timesteps,)

    def in_words(self) -> list[list[str]]:
        """The words of each text that the network has read, unknown ones as they stand."""
        if self.texts is not None:
            lengths = self.real.sum(axis=1)
            return [words[:n] for words, n in zip(self.texts, lengths, strict=True)]
        return [
            [self.words[i] for i in ids[real]]
            for ids, real in zip(self.ids, self.real, strict=True)
        ]


@dataclass(frozen=True)
class TokenIds(Numbers):
    """Token ids (n_samples, n_positions) for an estimator that is yet to be trained on them."""

    column = "timestep"
    may_be_padded = True

    network_shape = Tokens.network_shape


@dataclass(frozen=True)
class Texts:
    """Texts for a Pipeline that is yet to be trained on them, and makes ids of them itself."""

    column = "timestep"

    X: Any
    sequencer: Any  # the TextSequencer of that Pipeline, which knows how to cut texts into words
    real = None  # it is not known which positions will be words
    may_be_padded = True

    network_shape = Tokens.network_shape


Kind = Numbers | Tokens
TrainingKind = Numbers | TokenIds | Texts
