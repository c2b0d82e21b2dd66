"""Texts and token ids: what a network reads, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skfi._keras import check_inputs, find_embedding, token_ids, vocabulary_of
from skfi.preprocessing import TextSequencer


@dataclass(frozen=True)
class Tokens:
    """The token ids of texts and the words that they stand for."""

    ids: np.ndarray  # (n_samples, n_positions), 0 for padding
    words: list[str]  # by id
    real: np.ndarray  # bool of the same shape as ids: False where there is no word
    read: np.ndarray  # the ids that the embedding gets: of a text without words an unknown one
    texts: list[list[str]] | None = None  # the words as they stand in the text

    def of_samples(self, rows: np.ndarray) -> "Tokens":
        """Those of some of the texts."""
        texts = None if self.texts is None else [self.texts[row] for row in rows]
        ids, real, read = self.ids[rows], self.real[rows], self.read[rows]
        return Tokens(ids, self.words, real, read, texts)

    def in_words(self) -> list[list[str]]:
        """The words of each text that the network has read, unknown ones as they stand."""
        if self.texts is not None:
            lengths = self.real.sum(axis=1)
            return [words[:n] for words, n in zip(self.texts, lengths, strict=True)]
        return [
            [self.words[i] for i in ids[real]]
            for ids, real in zip(self.ids, self.real, strict=True)
        ]


def unwrapped(estimator: Any) -> Any:
    """The estimator inside a FrozenEstimator or a search: the best one, or one to be fitted."""
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, (FrozenEstimator, BaseSearchCV)):
            estimator = estimator.estimator
        else:
            return estimator


def steps_of(estimator: Any) -> list[Any]:
    """The steps of a Pipeline, of nested ones too; one step if it is none."""
    estimator = unwrapped(estimator)
    if not isinstance(estimator, Pipeline):
        return [estimator]
    steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    return [leaf for step in steps for leaf in steps_of(step)]


def find_sequencer(estimator: Any) -> int | None:
    """The position of a TextSequencer among ``steps_of(estimator)``."""
    for i, step in enumerate(steps_of(estimator)):
        if isinstance(step, TextSequencer):
            return i
    return None


def behind_sequencer(estimator: Any, X: Any) -> tuple[Any, Any, TextSequencer, list[list[str]]]:
    """What follows the TextSequencer of a fitted Pipeline, its input, and the texts in words."""
    steps = steps_of(estimator)
    at = find_sequencer(estimator)
    if at is None:
        raise TypeError("There is no TextSequencer.")
    for step in steps[:at]:
        X = step.transform(X)
    sequencer = steps[at]
    ids, texts = sequencer.transform(X), sequencer.tokenize(X)
    rest = steps[at + 1 :]
    named = [(f"step{i}", step) for i, step in enumerate(rest)]
    return (rest[0] if len(rest) == 1 else Pipeline(named)), np.asarray(ids), sequencer, texts


def network_of(estimator: Any) -> keras.Model | None:
    """The Keras network of a fitted estimator or adapter, or the network itself."""
    if isinstance(estimator, keras.Model):
        return estimator
    for name in ("model_", "model"):
        if isinstance(getattr(estimator, name, None), keras.Model):
            return getattr(estimator, name)
    wrapper = getattr(estimator, "wrapper", None)
    return None if wrapper is None else network_of(wrapper)


def read_tokens(
    estimator: Any, X: Any, feature_names: Sequence[str] | None
) -> tuple[Any, Any, Tokens | None]:
    """An estimator of token ids, the ids, and their words; with None if there are no tokens.

    Of a Pipeline with a TextSequencer it is what follows that.
    """
    sequencer = None
    if find_sequencer(estimator) is not None:
        for step in steps_of(estimator):
            if hasattr(step, "fit") and not isinstance(step, keras.Model):
                check_is_fitted(step)
        estimator, X, sequencer, _ = behind_sequencer(estimator, X)
    tokens = None
    if not isinstance(estimator, Pipeline):
        tokens = find_tokens(unwrapped(estimator), X, feature_names, sequencer)
    return estimator, X if tokens is None else tokens.ids, tokens


def find_tokens(
    estimator: Any, X: Any, feature_names: Sequence[str] | None, sequencer: Any = None
) -> Tokens | None:
    """The tokens that a network reads from ``X``; None if it takes numbers.

    ``estimator`` is the last step, ``X`` what reaches it.
    """
    model = network_of(estimator)
    layer = None if model is None else find_embedding(model)
    if model is None or layer is None:
        return None
    if hasattr(estimator, "n_tokens_"):
        read = estimator.to_sequences(X)  # raises what predict would
        ids = np.asarray(X).astype(np.int64)
    else:
        inputs = check_inputs(model, X)
        if inputs.ndim > 2:
            return None  # an embedding somewhere behind numbers
        read = ids = token_ids(model, inputs)
        _check_range(ids, layer, model)
    if ids.ndim != 2:
        raise ValueError(
            f"The embedding of {model.name!r} gets ids of shape {ids.shape}; expected (n_samples, "
            "n_positions)."
        )
    # padding in front, as Keras' pad_sequences makes it, is masked like that at the end
    real = ids != 0 if layer.mask_zero else np.ones(ids.shape, dtype=bool)
    return Tokens(ids, _words(layer.input_dim, model, sequencer, feature_names), real, read)


def _check_range(ids: np.ndarray, layer: Any, model: keras.Model) -> None:
    if ids.min() < 0 or ids.max() >= layer.input_dim:
        raise ValueError(
            f"X holds the token id {ids.min() if ids.min() < 0 else ids.max()}, but the embedding "
            f"of {model.name!r} has the ids 0 to {layer.input_dim - 1}."
        )


def _words(
    n_tokens: int, model: keras.Model, sequencer: Any, feature_names: Sequence[str] | None
) -> list[str]:
    """A word for each id; numbers for ids of which nothing is known."""
    known: list[str] | None = None
    if isinstance(feature_names, Mapping):
        raise TypeError("feature_names must be a list of words by id, not a mapping.")
    if feature_names is not None:
        known = [str(name) for name in feature_names]
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
