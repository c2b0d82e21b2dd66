"""The gradient methods: signed attributions of every input cell.

Each method takes ``gradient``, a function of points and of the number of the sample that each point
belongs to, the inputs ``X`` of a block of samples, and the ``rows``, these samples' numbers; it
returns an array like ``X``.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]
Draws = Callable[[int], np.random.Generator]  # of a row, whatever block it is in


def saliency(gradient: Gradient, X: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The gradient itself."""
    return gradient(X, rows)


def input_x_gradient(gradient: Gradient, X: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The gradient times the input."""
    return X * gradient(X, rows)


def integrated_gradients(
    gradient: Gradient, X: np.ndarray, rows: np.ndarray, *, baseline: np.ndarray, n_steps: int
) -> np.ndarray:
    """The gradient integrated from ``baseline`` to the input, times their difference."""
    nodes, node_weights = _quadrature(n_steps)
    alpha = ((nodes + 1) / 2).reshape(n_steps, *[1] * (X.ndim - 1))
    way = X - baseline
    gradients = _at_points(gradient, baseline[:, None] + alpha * way[:, None], rows)
    return way * np.einsum("rp...,p->r...", gradients, node_weights / 2)


@lru_cache(maxsize=16)
def _quadrature(n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(n_steps)


def smoothgrad(
    gradient: Gradient,
    X: np.ndarray,
    rows: np.ndarray,
    *,
    noise: np.ndarray,
    n_steps: int,
    random: Draws,
) -> np.ndarray:
    """The gradient averaged over copies with Gaussian ``noise`` of this standard deviation."""
    draws = np.array([random(row).standard_normal((n_steps, *X.shape[1:])) for row in rows])
    return _at_points(gradient, X[:, None] + noise * draws, rows).mean(axis=1)


def expected_gradients(
    gradient: Gradient,
    X: np.ndarray,
    rows: np.ndarray,
    *,
    background: Any,
    background_weight: np.ndarray | None = None,
    n_steps: int,
    random: Draws,
) -> np.ndarray:
    """Integrated gradients averaged over baselines drawn from ``background``, by row number.

    Each baseline is met at one point of its path: of n points one in each nth of the way, which
    spreads less than points anywhere.
    """
    share = None if background_weight is None else background_weight / background_weight.sum()

    def draw(of_row: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        baselines = of_row.choice(len(background), size=n_steps, p=share)
        return baselines, (np.arange(n_steps) + of_row.random(n_steps)) / n_steps

    draws = [draw(random(row)) for row in rows]
    start = background[np.array([index for index, _ in draws])]
    alpha = np.array([a for _, a in draws]).reshape(*start.shape[:2], *[1] * (X.ndim - 1))
    way = X[:, None] - start
    return (way * _at_points(gradient, start + alpha * way, rows)).mean(axis=1)


def _at_points(gradient: Gradient, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Gradients at several points (n_rows, n_points, ...) for each row."""
    n_rows, n_points = points.shape[:2]
    flat = points.reshape(n_rows * n_points, *points.shape[2:])
    return gradient(flat, np.repeat(rows, n_points)).reshape(points.shape)
