"""Targets at every step: (n_samples, n_timesteps), of which the padded steps do not count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class StepTargets:
    """Takes targets and weights of steps to flat lists of the real steps, and back."""

    real: np.ndarray  # (n_samples, n_timesteps): False where padded

    def check(self, y: Any) -> np.ndarray:
        """``y`` as an array with a value for each step; padded ones may hold anything."""
        y = np.asarray(y)
        if y.shape != self.real.shape:
            raise ValueError(
                f"y has shape {y.shape}, but return_sequences=True needs a target at every step: "
                f"{self.real.shape}, (n_samples, n_timesteps)."
            )
        return y

    def flat(self, y: np.ndarray) -> np.ndarray:
        """The values of the real steps, one after the other."""
        values = y[self.real]
        return np.array(values.tolist()) if values.dtype == object else values

    def flat_weight(self, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """The weight of each real step: that of its sequence."""
        if sample_weight is None:
            return None
        return np.broadcast_to(np.asarray(sample_weight)[:, None], self.real.shape)[self.real]

    def spread(self, flat: np.ndarray, fill: Any) -> np.ndarray:
        """Values of the real steps back in their places, ``fill`` in the padded ones."""
        steps = np.full(self.real.shape, fill, dtype=flat.dtype)
        steps[self.real] = flat
        return steps

    def score(
        self, metric: Callable, y: Any, predicted: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """A metric over all real steps."""
        y = self.check(y)
        weight = self.flat_weight(sample_weight)
        return metric(self.flat(y), predicted[self.real], sample_weight=weight)
