"""Generated sequences whose answer at each step stands a known number of steps before."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skfi._constraints import RANDOM_STATE, Number, Whole
from skfi._private import validate_params


@validate_params(
    {
        "n_samples": [Whole()],
        "n_timesteps": [Whole(2)],
        "n_features": [Whole()],
        "lag": [Whole(0)],
        "noise": [Number(0, closed="left")],
        "min_timesteps": [Whole(), None],
        "return_X_y": ["boolean"],
        "random_state": RANDOM_STATE,
    },
    prefer_skip_nested_validation=True,
)
def make_lagged_sequences(
    n_samples: int = 500,
    *,
    n_timesteps: int = 10,
    n_features: int = 3,
    lag: int = 2,
    noise: float = 0.1,
    min_timesteps: int | None = None,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Sequences of normal values and a target at every step: the first feature, ``lag`` steps ago.

    Parameters
    ----------
    n_samples : int, default=500
        Number of sequences.
    n_timesteps : int, default=10
        Steps of each.
    n_features : int, default=3
        Features of each step; only the first one matters.
    lag : int, default=2
        How far the answer lies back; the first steps, which have none, have the target zero.
    noise : float, default=0.1
        Standard deviation of the noise in the target.
    min_timesteps : int, default=None
        Give the sequences lengths from this to ``n_timesteps``, padded with NaN at the end; None
        gives all the same length.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds the values.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, n_features), ``target`` (n_samples, n_timesteps),
        ``relevance`` (n_timesteps, n_timesteps, n_features), the weight of each cell for the
        target of each step, and ``feature_names``.

    Raises
    ------
    ValueError
        If ``lag`` or ``min_timesteps`` is too large.

    Examples
    --------
    >>> from skfi.datasets import make_lagged_sequences
    >>> data = make_lagged_sequences(n_timesteps=4, lag=1, noise=0, random_state=0)
    >>> data.data[0, :, 0].round(2), data.target[0].round(2)
    (array([1.76, 2.24, 0.95, 0.41]), array([0.  , 1.76, 2.24, 0.95]))
    """
    if lag >= n_timesteps or (min_timesteps or 0) > n_timesteps:
        raise ValueError(
            f"lag={lag} must be less than n_timesteps={n_timesteps}, and min_timesteps="
            f"{min_timesteps} no more."
        )
    random = check_random_state(random_state)
    X = random.standard_normal((n_samples, n_timesteps, n_features))
    y = np.zeros((n_samples, n_timesteps))
    y[:, lag:] = X[:, : n_timesteps - lag, 0]
    y += noise * random.standard_normal(y.shape)
    if min_timesteps is not None:
        lengths = random.randint(min_timesteps, n_timesteps + 1, size=n_samples)
        padded = np.arange(n_timesteps) >= lengths[:, None]
        X[padded], y[padded] = np.nan, np.nan
    if return_X_y:
        return X, y
    relevance = np.zeros((n_timesteps, n_timesteps, n_features))
    for t in range(lag, n_timesteps):
        relevance[t, t - lag, 0] = 1.0
    names = [f"x{i}" for i in range(n_features)]
    return Bunch(data=X, target=y, relevance=relevance, feature_names=names)
