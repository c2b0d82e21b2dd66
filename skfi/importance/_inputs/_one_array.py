"""What all kinds of samples that are one array or table share."""

from typing import Any

import numpy as np


class OneArray:
    """Samples in one array, in whose shape values of cells are arranged."""

    real: np.ndarray | None  # (n_samples, n_timesteps): False for padding; None if all is real

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        raise NotImplementedError

    def given(self, X: Any) -> Any:
        """Samples like these as the estimator takes them."""
        return X

    def arranged(self, values: np.ndarray) -> np.ndarray:
        """Values of cells (n_samples, ...) of the shape of the array."""
        return values.reshape(len(values), *self.shape[1:])

    def arranged_sample(self, values: np.ndarray) -> np.ndarray:
        """Values of the cells of one sample, of its shape."""
        return values.reshape(self.shape[1:])

    def flat(self, attributions: Any) -> np.ndarray | None:
        """Attributions of samples like these, (n_samples, n_cells); None if they are not."""
        if attributions is None or attributions.shape[1:] != self.shape[1:]:
            return None
        return attributions.reshape(len(attributions), -1)

    @property
    def sequence_mask(self) -> np.ndarray | None:
        """Which steps are not padding; None if all are."""
        return self.real
