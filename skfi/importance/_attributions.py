"""The gradient methods: signed attributions of every input cell.

Each method takes ``gradient``, a function of inputs and output weights, a block of rows ``X`` and
the weight of each row's outputs in the number that is explained; it returns an array like ``X``.
"""

from collections.abc import Callable

import numpy as np

Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]


def saliency(gradient: Gradient, X: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The gradient itself."""
    return gradient(X, weights)


def input_x_gradient(gradient: Gradient, X: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The gradient times the input."""
    return X * gradient(X, weights)


def integrated_gradients(
    gradient: Gradient, X: np.ndarray, weights: np.ndarray, *, baseline: np.ndarray, n_steps: int
) -> np.ndarray:
    """The gradient integrated from ``baseline`` to the input, times their difference."""
    nodes, node_weights = np.polynomial.legendre.leggauss(n_steps)
    alpha = ((nodes + 1) / 2).reshape(n_steps, *[1] * (X.ndim - 1))
    way = X - baseline
    gradients = _at_points(gradient, baseline[:, None] + alpha * way[:, None], weights)
    return way * np.einsum("rp...,p->r...", gradients, node_weights / 2)


def smoothgrad(
    gradient: Gradient,
    X: np.ndarray,
    weights: np.ndarray,
    *,
    noise: np.ndarray,
    n_steps: int,
    random: np.random.RandomState,
) -> np.ndarray:
    """The gradient averaged over copies with Gaussian ``noise`` of this standard deviation."""
    draws = random.standard_normal((len(X), n_steps, *X.shape[1:]))
    return _at_points(gradient, X[:, None] + noise * draws, weights).mean(axis=1)


def expected_gradients(
    gradient: Gradient,
    X: np.ndarray,
    weights: np.ndarray,
    *,
    background: np.ndarray,
    n_steps: int,
    random: np.random.RandomState,
) -> np.ndarray:
    """Integrated gradients averaged over baselines drawn from ``background``."""
    # row by row, so that the draws do not depend on the size of the block
    draws = [(random.randint(len(background), size=n_steps), random.rand(n_steps)) for _ in X]
    start = background[np.array([index for index, _ in draws])]
    alpha = np.array([a for _, a in draws]).reshape(*start.shape[:2], *[1] * (X.ndim - 1))
    way = X[:, None] - start
    return (way * _at_points(gradient, start + alpha * way, weights)).mean(axis=1)


def _at_points(gradient: Gradient, points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Gradients at several points (n_rows, n_points, ...) for each row."""
    n_rows, n_points = points.shape[:2]
    flat = points.reshape(n_rows * n_points, *points.shape[2:])
    return gradient(flat, np.repeat(weights, n_points, axis=0)).reshape(points.shape)
