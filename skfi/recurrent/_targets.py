"""Targets of a network: one for each sequence, or one for each step that is not padding."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from skfi.recurrent._wrapper import fit_per_step, fit_wrapper


class Targets:
    """A target for each sequence: all of them count, and are where they belong."""

    fit_wrapper = staticmethod(fit_wrapper)

    def __init__(self, real_steps: Callable[[], np.ndarray]) -> None:
        self._real_steps = real_steps  # only asked where steps have targets

    def flat(self, values: Any) -> Any:
        """What is given; see ``StepTargets`` for what each method is for."""
        return values

    flat_weight = spread = spread_weight = predictions = flat

    def score(self, metric: Callable, y: Any, predicted: np.ndarray, sample_weight: Any) -> float:
        """A metric over the targets that count."""
        return metric(y, predicted, sample_weight=sample_weight)


class StepTargets(Targets):
    """A target at every step: (n_samples, n_timesteps), of which padded steps do not count."""

    fit_wrapper = staticmethod(fit_per_step)

    @cached_property
    def _real(self) -> np.ndarray:
        return self._real_steps()  # (n_samples, n_timesteps): False where padded

    def flat(self, y: Any) -> np.ndarray:
        """The targets of the real steps, one after the other; padded ones may hold anything."""
        y = np.asarray(y)
        if y.shape != self._real.shape:
            raise ValueError(
                f"y has shape {y.shape}, but return_sequences=True needs a target at every step: "
                f"{self._real.shape}, (n_samples, n_timesteps)."
            )
        values = y[self._real]
        return np.array(values.tolist()) if values.dtype == object else values

    def flat_weight(self, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """The weight of each real step: that of its sequence."""
        if sample_weight is None:
            return None
        return np.broadcast_to(np.asarray(sample_weight)[:, None], self._real.shape)[self._real]

    def spread(self, flat: np.ndarray) -> np.ndarray:
        """Targets in their places; padded steps have the first one, of weight 0."""
        return self._filled(flat, flat[0])

    def spread_weight(self, flat: np.ndarray | None) -> np.ndarray:
        """The weight of each step, padded ones too."""
        return self._filled(np.ones(self._real.sum()) if flat is None else flat, 0)

    def predictions(self, values: np.ndarray) -> np.ndarray:
        """Predictions of all steps in their places, NaN at padded ones."""
        values = values.reshape(*self._real.shape, *values.shape[2:])
        values[~self._real] = np.nan
        return values

    def score(self, metric: Callable, y: Any, predicted: np.ndarray, sample_weight: Any) -> float:
        """A metric over all real steps."""
        weight = self.flat_weight(sample_weight)
        return metric(self.flat(y), predicted[self._real], sample_weight=weight)

    def _filled(self, flat: np.ndarray, fill: Any) -> np.ndarray:
        steps = np.full(self._real.shape, fill, dtype=flat.dtype)
        steps[self._real] = flat
        return steps
