"""Ids of one of several inputs, and the vectors that an embedding has for them."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from skfi._keras import EmbeddedInput
from skfi._padding import real_positions
from skfi.importance._inputs._several import SeveralInputs


@dataclass(frozen=True)
class Ids:
    """The ids that arrive at a call of an embedding, and the vectors that it has for them."""

    call: EmbeddedInput
    model: keras.Model
    kind: SeveralInputs

    @property
    def table(self) -> np.ndarray:
        """The vector of each id."""
        return self.call.table(self.model)

    @property
    def ids(self) -> np.ndarray:
        """(n_samples, n_ids)."""
        return self.kind.ids[:, self.call.places]  # type: ignore[index]  # there are some

    @property
    def n_ids(self) -> int:
        """Ids of a sample."""
        return len(self.call.cells)

    @property
    def real(self) -> np.ndarray:
        """Which ids are no padding."""
        return real_positions(self.ids) if self.call.masks_zero else np.ones_like(self.ids, bool)

    @property
    def vectors(self) -> np.ndarray:
        """Those of all ids that are no padding, (n, width)."""
        return self.table[self.ids[self.real]]

    def _weights(self, sample_weight: np.ndarray | None) -> np.ndarray:
        """Of the vectors."""
        if sample_weight is None:
            return np.ones(int(self.real.sum()))
        return np.broadcast_to(sample_weight[:, None], self.ids.shape)[self.real]

    def mean(self, sample_weight: np.ndarray | None) -> np.ndarray:
        """Of the vectors of the samples."""
        return np.average(self.vectors, axis=0, weights=self._weights(sample_weight))

    def spread(self, sample_weight: np.ndarray | None) -> float:
        """The standard deviation of the entries of the vectors, their mean."""
        centred = (self.vectors - self.mean(sample_weight)) ** 2
        of_entries = np.average(centred, axis=0, weights=self._weights(sample_weight))
        return float(np.sqrt(of_entries).mean())

    def own(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of some samples, (n_samples, n_ids * width)."""
        return self.table[self.ids[rows]].reshape(len(rows), -1)

    def start(self, given: Any, sample_weight: np.ndarray | None) -> np.ndarray:
        """The vector of an id that is given; else of padding, or the mean over the samples."""
        if given is None:
            padded = self.call.masks_zero
            return np.tile(self.table[0] if padded else self.mean(sample_weight), self.n_ids)
        is_int = isinstance(given, (int, np.integer)) and not isinstance(given, bool)
        if not is_int or not self.call.is_unchanged or not 0 <= given < len(self.table):
            raise ValueError(
                f"The baseline of {self.call.names[0]!r}, an input of ids, must be an id from 0 to "
                f"{len(self.table) - 1}, which reaches its embedding as it is; got {given!r}."
            )
        return np.tile(self.table[int(given)], self.n_ids)
