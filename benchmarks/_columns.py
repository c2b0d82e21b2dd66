"""Columns that depend on a signal, and fresh draws of them where the signal is given."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

HOURS = np.arange(24)
OF_SIGNAL, OWN = 0.8, 0.6  # a correlation of 0.8 with the signal


@dataclass(frozen=True)
class Draw:
    """Samples, which column or feature is looked at, and a fresh draw of it."""

    X: np.ndarray
    column: np.ndarray
    again: Callable[[np.random.Generator], np.ndarray]

    def redrawn(self, random: np.random.Generator) -> np.ndarray:
        """``X`` with the column (the second one, or feature) drawn anew, the others given."""
        X = self.X.copy()
        X[..., 1] = self.again(random)
        return X


SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "continuous": lambda latent: latent,
    "zero-inflated": lambda latent: np.maximum(latent - 0.5, 0),
    "whole numbers": lambda latent: np.round(1.5 * latent),
    "bounded": norm.cdf,
}
COLUMNS = (*SHAPES, "time of day")


def columns(kind: str, random: np.random.Generator, n: int) -> Draw:
    """A signal, a column of the given kind that depends on it, and noise, (n, 3)."""
    noise = random.normal(size=n)
    if kind == "time of day":  # and the temperature as the signal
        hour = random.integers(0, 24, size=n)
        course = np.sqrt(2) * OF_SIGNAL * np.cos(2 * np.pi * (HOURS - 15) / 24)
        signal = course[hour] + OWN * random.normal(size=n)
        likely = np.cumsum(norm.pdf((signal[:, None] - course) / OWN), axis=1)

        def again(random: np.random.Generator) -> np.ndarray:
            drawn = random.random(n) * likely[:, -1]
            return (drawn[:, None] > likely).sum(axis=1).astype(float)

        return Draw(np.column_stack([signal, hour, noise]), hour.astype(float), again)
    signal = random.normal(size=n)

    def of_signal(random: np.random.Generator) -> np.ndarray:
        return SHAPES[kind](OF_SIGNAL * signal + OWN * random.normal(size=n))

    column = of_signal(random)
    return Draw(np.column_stack([signal, column, noise]), column, of_signal)


def sequences(
    kind: str,
    random: np.random.Generator,
    n: int,
    *,
    n_timesteps: int = 8,
    n_features: int = 3,
    memory: float = 0.5,
) -> Draw:
    """Series of features with a correlation of 0.8 at each step, and with those of the step before.

    The second feature is of the given kind.
    """

    def series(random: np.random.Generator, *shape: int) -> np.ndarray:
        steps = random.normal(size=(n, n_timesteps, *shape))
        for t in range(1, n_timesteps):
            steps[:, t] = memory * steps[:, t - 1] + np.sqrt(1 - memory**2) * steps[:, t]
        return steps

    mix = np.linalg.cholesky(0.8 + 0.2 * np.eye(n_features))
    latent = series(random, n_features)
    X = np.roll(latent @ mix.T, 2, axis=2)  # so that the last comes second
    given = latent[:, :, :-1] @ mix[-1, :-1]

    def again(random: np.random.Generator) -> np.ndarray:
        return SHAPES[kind](given + mix[-1, -1] * series(random))

    X[:, :, 1] = SHAPES[kind](X[:, :, 1])
    return Draw(X, X[:, :, 1], again)
