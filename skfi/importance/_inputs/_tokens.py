"""The words of the token ids that a network reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from skfi._keras import check_inputs, find_embedding, token_ids, vocabulary_of
from skfi.importance._inputs._kinds import Tokens
from skfi.importance._inputs._last_step import LastStep
from skfi.preprocessing import TextSequencer


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
    if model is None or layer is None:
        return None
    if last.sequences is not None and last.takes_tokens:
        read = last.sequences.to_sequences(X)  # raises what predict would
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
    words = _words(layer.input_dim, model, sequencer, feature_names)
    return Tokens(ids, words, real, read, texts)


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
