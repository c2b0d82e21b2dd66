"""The layer that turns token ids into vectors, and the vectors that it starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.utils.validation import check_array

from skfi._containers import check_kinds
from skfi._given import check_values, naming


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


def make_embedding(
    embedding: Any, *, n_tokens: int, dim: int | None, trainable: bool
) -> TokenEmbedding:
    """The first layer that an estimator's parameters ask for."""
    table = _table(embedding)
    size = dim if table is None else table.shape[1]
    if size is None:
        raise ValueError("Token ids need embedding_dim, or embedding, a vector for each id.")
    if dim not in (None, size):
        raise ValueError(
            f"embedding has vectors of {size} numbers, but embedding_dim={dim}. "
            "Leave embedding_dim=None."
        )
    return TokenEmbedding(n_tokens, size, table, trainable)


def n_tokens_of(embedding: Any, n_tokens: int | None) -> int | None:
    """How many different ids there are: the rows of ``embedding``, or ``n_tokens``."""
    table = _table(embedding)
    if table is None:
        return n_tokens
    if n_tokens not in (None, len(table)):
        raise ValueError(
            f"embedding has vectors for {len(table)} ids, but n_tokens={n_tokens}. "
            "Leave n_tokens=None."
        )
    return len(table)


def _table(embedding: Any) -> np.ndarray | None:
    """A row for each id: of a mapping, zeros for padding, the mean for unknown, then its words."""
    if embedding is None:
        return None
    with naming("embedding", embedding, "vectors of shape (n_tokens, n_numbers)"):
        return _vectors(embedding)


def _vectors(embedding: Any) -> np.ndarray:
    if not isinstance(embedding, Mapping):
        check_values(embedding, "embedding", "vectors of shape (n_tokens, n_numbers)")
        check_kinds(
            embedding if hasattr(embedding, "dtype") else np.asarray(embedding), "embedding"
        )
    if isinstance(embedding, Mapping):
        vectors = check_array(np.array(list(embedding.values())), input_name="embedding")
        return np.vstack([np.zeros(vectors.shape[1]), vectors.mean(axis=0), vectors])
    return check_array(embedding, dtype=np.float64, input_name="embedding")
