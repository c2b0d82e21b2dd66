"""Samples of token ids or texts, and the words that a network reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from skfi._given import check_names
from skfi._keras import check_inputs, find_embedding, token_ids, vocabulary_of
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._numbers import Numbers
from skfi.importance._inputs._one_array import OneArray
from skfi.preprocessing import TextSequencer


@dataclass(frozen=True)
class Tokens(OneArray):
    """The token ids of texts and the words that they stand for."""

    column = "timestep"  # a position

    ids: np.ndarray  # (n_samples, n_positions), 0 for padding
    words: list[str]  # by id
    real: np.ndarray  # bool of the same shape as ids: False where there is no word
    read: np.ndarray  # the ids that the embedding gets: of a text without words an unknown one
    texts: list[list[str]] | None = None  # the words as they stand in the text
    source: np.ndarray | None = None  # what the network makes the ids of, if that is another array

    @property
    def X(self) -> np.ndarray:
        """What the network is given: the ids, unless it makes them itself."""
        return self.ids if self.source is None else self.source

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the ids."""
        return self.ids.shape

    @property
    def longest(self) -> int:
        """Positions."""
        return self.shape[1]

    @property
    def width(self) -> None:
        """None, as there are no features to correlate."""
        return None

    def of_samples(self, rows: np.ndarray) -> "Tokens":
        """Those of some of the texts."""
        texts = None if self.texts is None else [self.texts[row] for row in rows]
        ids, real, read = self.ids[rows], self.real[rows], self.read[rows]
        source = None if self.source is None else self.source[rows]
        return Tokens(ids, self.words, real, read, texts, source)

    def contiguous(self) -> "Tokens":
        """The same, whose array has its rows one after the other."""
        if self.source is not None:
            return replace(self, source=np.ascontiguousarray(self.source))
        return replace(self, ids=np.ascontiguousarray(self.ids))

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
    """Token ids (n_samples, n_positions) for an estimator that is not yet trained."""

    column = "timestep"
    may_be_padded = True

    network_shape = staticmethod(Tokens.network_shape)


@dataclass(frozen=True)
class Texts:
    """Texts for a Pipeline that is not yet trained and makes the ids itself."""

    column = "timestep"

    X: Any
    sequencer: Any  # the TextSequencer of that Pipeline, which knows how to cut texts into words
    real = None  # which positions will hold words is not known yet
    may_be_padded = True

    network_shape = staticmethod(Tokens.network_shape)


def find_tokens(
    last: LastStep,
    X: Any,
    feature_names: Sequence[str] | None,
    sequencer: TextSequencer | None = None,
    texts: list[list[str]] | None = None,
) -> Tokens | None:
    """The tokens that the last step reads from ``X``, which reached it; None if it takes numbers.

    ``texts`` are the words as they stand, where a ``sequencer`` has made the ids.
    """
    model = last.network
    layer = None if model is None else find_embedding(model)
    source = None
    if model is None or layer is None:
        return None
    if last.sequences is not None and last.takes_tokens:
        inputs_read = last.sequences.to_sequences(X)  # raises the same errors as predict
        ids = np.asarray(X).astype(np.int64)
    else:
        inputs = check_inputs(model, X)
        if inputs.ndim > 2:
            return None  # the embedding does not read the input
        inputs_read = ids = token_ids(model, inputs)
        if ids.ndim != 2:
            return None  # it reads a part of the input
        _check_range(ids, layer, model)
        if inputs.dtype.kind in "iuf" and not np.array_equal(inputs, ids):
            source = inputs  # a lookup, a hash or a sum stands before the embedding
    # padding in front, as Keras' pad_sequences makes it, is masked like that at the end
    real = ids != 0 if layer.mask_zero else np.ones(ids.shape, dtype=bool)
    words = _words(layer.input_dim, model, sequencer, feature_names)
    return Tokens(ids, words, real, inputs_read, texts, source)


def _check_range(ids: np.ndarray, layer: Any, model: keras.Model) -> None:
    if ids.min() < 0 or ids.max() >= layer.input_dim:
        raise ValueError(
            f"X holds the token id {ids.min() if ids.min() < 0 else ids.max()}, but the embedding "
            f"of {model.name!r} has the ids 0 to {layer.input_dim - 1}."
        )


def _words(
    n_tokens: int, model: keras.Model, sequencer: Any, feature_names: Sequence[str] | None
) -> list[str]:
    """A word for each id, or its number if the word is unknown."""
    known: list[str] | None = None
    if isinstance(feature_names, Mapping):
        raise TypeError("feature_names must be a list of words by id, not a mapping.")
    if feature_names is not None:
        known = check_names(feature_names, distinct=False)
        if len(known) != n_tokens:
            raise ValueError(
                f"feature_names has {len(known)} names, but the network reads {n_tokens} different "
                "token ids; give a word for each id, the first for padding (id 0)."
            )
    elif sequencer is not None:
        known = sequencer.words_
    else:
        known = vocabulary_of(model)
    if not known:
        return [str(i) for i in range(n_tokens)]
    # ids without a word are named as no word is
    return [*known[:n_tokens], *(f"[{i}]" for i in range(len(known), n_tokens))]
