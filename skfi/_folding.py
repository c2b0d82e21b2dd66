"""The fold between 2-D rows and sequences (n_samples, n_timesteps, n_features), as in Keras.

2-D rows are time-major: ``X2 = X3.reshape(n, T * F)``.
"""

from typing import Any

import numpy as np


def n_features(X: Any) -> int:
    """Length of the last axis of anything that turns into an array."""
    return (X if hasattr(X, "shape") else np.asarray(X)).shape[-1]


def fold(X: np.ndarray, n_timesteps: int | None) -> np.ndarray:
    """2-D rows as sequences (n_samples, n_timesteps, n_features); 3-D arrays as they are.

    ``n_timesteps=None`` makes each 2-D row a sequence of one step.
    """
    if X.ndim == 3:
        if n_timesteps is not None and X.shape[1] != n_timesteps:
            raise ValueError(
                f"X has {X.shape[1]} time steps (shape {X.shape}), but n_timesteps={n_timesteps}. "
                "Leave n_timesteps=None for 3-D X."
            )
        return X
    if X.ndim != 2:
        raise ValueError(
            f"X has {X.ndim} dimension(s), shape {X.shape}; expected (n_samples, n_timesteps, "
            "n_features), or 2-D (n_samples, n_timesteps * n_features) with n_timesteps."
        )
    steps = 1 if n_timesteps is None else n_timesteps
    if X.shape[1] % steps:
        raise ValueError(
            f"X has {X.shape[1]} columns, which do not divide into n_timesteps={steps} steps of "
            "equal width. The columns of 2-D X are time-major: X3.reshape(n, T * F)."
        )
    return X.reshape(len(X), steps, X.shape[1] // steps)
