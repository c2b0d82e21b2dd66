"""Token ids as input: their check, and the embedding that turns them into vectors.

Id 0 is padding, at the end of a text, and id 1 an unknown word, as TextSequencer makes them.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from skfi._padding import steps_to_the_end

UNKNOWN_ID = 1
_GREATEST = np.iinfo(np.int32).max - 1


@dataclass(frozen=True, eq=False)
class TokenEmbedding:
    """The first layer of a network that reads token ids."""

    n_tokens: int
    dim: int
    table: np.ndarray | None  # (n_tokens, dim): vectors to start from
    trainable: bool

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TokenEmbedding):
            return False
        mine, theirs = (
            (e.n_tokens, e.dim, e.trainable, None if e.table is None else e.table.tobytes())
            for e in (self, other)
        )
        return mine == theirs

    def layer(self) -> keras.layers.Embedding:
        """A fresh layer, which masks padding."""
        start = "uniform" if self.table is None else keras.initializers.Constant(0.0)
        return keras.layers.Embedding(
            self.n_tokens, self.dim, mask_zero=True, embeddings_initializer=start
        )

    def put_into(self, layer: Any) -> None:
        """Give a layer of a new network, the user's own too, the vectors, and freeze it if asked.

        Raises
        ------
        ValueError
            If the layer has another shape.
        """
        layer.trainable = layer.trainable and self.trainable
        if self.table is None:
            return
        expected = (layer.input_dim, layer.output_dim)
        if self.table.shape != expected:
            raise ValueError(
                f"embedding has shape {self.table.shape}, but network returned a model with an "
                f"Embedding of {expected[0]} tokens and {expected[1]} numbers each."
            )
        layer.set_weights([self.table])


def reads_tokens(estimator: Any) -> bool:
    """Whether the parameters of an estimator say that X holds token ids."""
    return estimator.embedding_dim is not None or estimator.embedding is not None


def check_token_ids(estimator: BaseEstimator, X: Any, *, reset: bool) -> np.ndarray:
    """``X`` as an int array (n_samples, n_positions) of ids that the embedding has.

    With ``reset`` the estimator learns ``n_features_in_`` and ``n_timesteps_in_``, the number of
    positions, and ``n_tokens_``.
    """
    X = X if hasattr(X, "shape") else np.asarray(X)
    if not hasattr(X, "columns") and X.dtype.kind in "OUST":
        raise ValueError(
            f"X holds values of type {X.dtype}, but embedding_dim says that it holds token ids. "
            "Turn texts into ids first: make_pipeline(TextSequencer(), "
            f"{type(estimator).__name__}(embedding_dim=...))."
        )
    if len(X.shape) == 3:
        raise ValueError(
            f"X is 3-D, shape {X.shape}, but with an embedding it holds token ids of shape "
            "(n_samples, n_positions). Leave embedding_dim=None for sequences of numbers."
        )
    X = validate_data(estimator, X, dtype="numeric", reset=reset)
    ids = np.asarray(X)
    if not np.array_equal(ids, np.floor(ids)):
        wrong = ids[ids != np.floor(ids)][:3].tolist()
        raise ValueError(
            f"X holds numbers such as {wrong} where token ids are expected: whole numbers, 0 for "
            "padding. Leave embedding_dim=None for sequences of numbers."
        )
    if ids.min() < 0:
        raise ValueError(f"X holds the token id {ids.min():.0f}; ids are 0 (padding) or above.")
    if ids.max() > _GREATEST:  # before a cast, which would take it for another id
        raise ValueError(
            f"X holds the token id {ids.max():.0f}, but ids are at most {_GREATEST}. Number the "
            "words of your vocabulary from 2 on, as TextSequencer does."
        )
    ids = ids.astype(np.int32)
    if reset:
        estimator._n_dim_in = 2
        estimator.n_timesteps_in_ = ids.shape[1]
        estimator.n_tokens_ = _n_tokens(estimator, ids)
    if ids.max() >= estimator.n_tokens_:
        raise ValueError(
            f"X holds the token id {ids.max()}, beyond the embedding of {estimator.n_tokens_} "
            "tokens. Set n_tokens (or the rows of embedding) to the size of the vocabulary."
        )
    early = int((steps_to_the_end(ids[:, :, None], 0) & (ids == 0)).sum())
    if reset and early:
        warnings.warn(
            f"{early} ids are 0, padding, in front of words or between them; the network skips "
            "them. Pad at the end, as TextSequencer does, or Keras' pad_sequences(padding='post').",
            UserWarning,
            stacklevel=2,
        )
    return ids


def network_ids(ids: np.ndarray) -> np.ndarray:
    """The ids that a network is given: a text without words is read as one unknown word.

    cuDNN's kernels refuse a fully masked sequence.
    """
    empty = ~(ids != 0).any(axis=1)
    if not empty.any():
        return ids
    ids = ids.copy()
    ids[empty, 0] = UNKNOWN_ID
    return ids


def make_embedding(estimator: Any) -> TokenEmbedding:
    """The embedding that an estimator's parameters ask for, with ``n_tokens_`` rows."""
    table = _table(estimator.embedding)
    dim = estimator.embedding_dim if table is None else table.shape[1]
    if estimator.embedding_dim not in (None, dim):
        raise ValueError(
            f"embedding has vectors of {dim} numbers, but embedding_dim={estimator.embedding_dim}. "
            "Leave embedding_dim=None."
        )
    return TokenEmbedding(estimator.n_tokens_, dim, table, bool(estimator.embedding_trainable))


def _n_tokens(estimator: Any, ids: np.ndarray) -> int:
    table = _table(estimator.embedding)
    if table is None:
        return estimator.n_tokens or max(int(ids.max()) + 1, UNKNOWN_ID + 1)
    if estimator.n_tokens not in (None, len(table)):
        raise ValueError(
            f"embedding has vectors for {len(table)} ids, but n_tokens={estimator.n_tokens}. "
            "Leave n_tokens=None."
        )
    return len(table)


def _table(embedding: Any) -> np.ndarray | None:
    """A row for each id: of a mapping, zeros for padding, the mean for unknown, then its words."""
    if embedding is None:
        return None
    if isinstance(embedding, Mapping):
        vectors = check_array(np.array(list(embedding.values())), input_name="embedding")
        return np.vstack([np.zeros(vectors.shape[1]), vectors.mean(axis=0), vectors])
    return check_array(embedding, dtype=np.float64, input_name="embedding")
