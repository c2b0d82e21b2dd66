"""Token ids as input.

Id 0 is padding, at the end of a text, and id 1 an unknown word, as TextSequencer makes them.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from skfi._given import check_values, naming
from skfi._padding import real_positions, steps_to_the_end
from skfi.recurrent._embedding import TokenEmbedding, make_embedding, n_tokens_of
from skfi.recurrent._parameters import Parameters
from skfi.recurrent._sequence_input import Samples

UNKNOWN_ID = 1
_GREATEST = np.iinfo(np.int32).max - 1


@dataclass
class TokenReader:
    """Reads token ids for an estimator whose network starts with an embedding."""

    estimator: Parameters

    def check(self, X: Any, *, reset: bool) -> np.ndarray:
        """``X`` checked, with errors that name it; see ``_check``."""
        with naming("X", X, "token ids of shape (n_samples, n_positions)"):
            return self._check(X, reset=reset)

    def _check(self, X: Any, *, reset: bool) -> np.ndarray:
        """``X`` as an int array (n_samples, n_positions) of ids that the embedding has.

        With ``reset`` the estimator learns ``n_features_in_`` and ``n_timesteps_in_``, the number
        of positions, and ``n_tokens_``.
        """
        estimator = self.estimator
        check_values(X, "X", "token ids of shape (n_samples, n_positions)")
        X = X if hasattr(X, "shape") else np.asarray(X)
        if not hasattr(X, "columns") and X.dtype.kind in "OUST":
            raise ValueError(
                f"X holds values of type {X.dtype}, but embedding_dim says that it holds token "
                "ids. Turn texts into ids first: make_pipeline(TextSequencer(), "
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
                f"X holds numbers such as {wrong} where token ids are expected: whole numbers, 0 "
                "for padding. Leave embedding_dim=None for sequences of numbers."
            )
        if ids.min() < 0:
            raise ValueError(f"X holds the token id {ids.min():.0f}; ids are 0 (padding) or above.")
        if ids.max() > _GREATEST:  # before a cast, which would take it for another id
            raise ValueError(
                f"X holds the token id {ids.max():.0f}, but ids are at most {_GREATEST}. Number "
                "the words of your vocabulary from 2 on, as TextSequencer does."
            )
        ids = ids.astype(np.int32)
        if reset:
            estimator._n_dim_in = 2
            estimator.n_timesteps_in_ = ids.shape[1]
            n_tokens = n_tokens_of(estimator.embedding, estimator.n_tokens)
            estimator.n_tokens_ = n_tokens or max(int(ids.max()) + 1, UNKNOWN_ID + 1)
        if ids.max() >= estimator.n_tokens_:
            raise ValueError(
                f"X holds the token id {ids.max()}, beyond the embedding of "
                f"{estimator.n_tokens_} tokens. Set n_tokens (or the rows of embedding) to the "
                "size of the vocabulary."
            )
        early = int((steps_to_the_end(ids[:, :, None], 0) & (ids == 0)).sum())
        if reset and early:
            warnings.warn(
                f"{early} ids are 0, padding, in front of words or between them; the network "
                "skips them. Pad at the end, as TextSequencer does, or Keras' "
                "pad_sequences(padding='post').",
                UserWarning,
                stacklevel=2,
            )
        return ids

    def read(self, ids: np.ndarray) -> Samples:
        """Checked ids; for the network a text without words is one unknown word.

        cuDNN's kernels refuse a fully masked sequence.
        """
        real = real_positions(ids)
        empty = ~real.any(axis=1)
        network_input = ids
        if empty.any():
            network_input = ids.copy()
            network_input[empty, 0] = UNKNOWN_ID
        return Samples(ids, network_input, real)

    def overlap(self) -> int:
        """Texts have no windows."""
        return 0

    def embedding(self) -> TokenEmbedding:
        """The first layer of the network."""
        estimator = self.estimator
        return make_embedding(
            estimator.embedding,
            n_tokens=estimator.n_tokens_,
            dim=estimator.embedding_dim,
            trainable=bool(estimator.embedding_trainable),
        )

    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of a sample that the network takes."""
        estimator = self.estimator
        if estimator.n_timesteps is not None or estimator.mask_value not in (None, 0):
            raise ValueError(
                "With an embedding X holds token ids, a position a column, and 0 is padding: leave "
                f"n_timesteps and mask_value at None; got {estimator.n_timesteps} and "
                f"{estimator.mask_value}."
            )
        return (estimator.n_timesteps_in_,)

    def network_mask_value(self) -> None:
        """None: the embedding itself masks id 0."""
