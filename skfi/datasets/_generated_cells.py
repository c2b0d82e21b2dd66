"""Generated sequences of which a few cells matter, with the truth known."""

from typing import Any

import numpy as np
from scipy.signal import lfilter
from sklearn.utils import Bunch, check_random_state

from skfi._constraints import RANDOM_STATE, Number, Whole
from skfi._private import StrOptions, validate_params

_SIZES = {
    "n_samples": [Whole()],
    "n_timesteps": [Whole(10)],
    "n_features": [Whole(10)],
    "return_X_y": ["boolean"],
    "random_state": RANDOM_STATE,
}
# Autoregressive and moving-average weights of the noise, as the package time_interpret has them
_AR, _MA = [2, 0.5, 0.2, 0.1], [2]
_BURN_IN = 50


@validate_params(
    _SIZES | {"rare": [StrOptions({"feature", "time"})]}, prefer_skip_nested_validation=True
)
def make_rare_squares(
    n_samples: int = 100,
    *,
    rare: str = "feature",
    n_timesteps: int = 50,
    n_features: int = 50,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """The rare-feature and rare-time tasks: at each step the sum of squares of the salient cells.

    A white box, which needs no network: the target is the function. The input is ARMA noise. One
    twentieth of the cells is salient, the same ones in all samples: a tenth of the features, drawn
    at random, in the middle half of the steps; or a tenth of the steps, one after the other from a
    random one, in the middle half of the features.

    Parameters
    ----------
    n_samples : int, default=100
        Number of sequences.
    rare : {"feature", "time"}, default="feature"
        Whether few features or few time steps are salient.
    n_timesteps : int, default=50
        Steps of each.
    n_features : int, default=50
        Features of each step.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds the noise and the place of the salient cells.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, n_features), ``target`` (n_samples, n_timesteps),
        ``relevance`` (n_timesteps, n_features) of 0 and 1, and ``feature_names``.

    References
    ----------
    J. Crabbe, M. van der Schaar, "Explaining time series predictions with dynamic masks", 2021.

    Examples
    --------
    >>> from skfi.datasets import make_rare_squares
    >>> data = make_rare_squares(2, rare="time", random_state=0)
    >>> data.relevance.mean(), data.relevance.any(axis=1).sum()
    (np.float64(0.05), np.int64(5))
    """
    random = check_random_state(random_state)
    noise = random.standard_normal((n_samples, _BURN_IN + n_timesteps, n_features))
    X = lfilter(_MA, _AR, noise, axis=1)[:, _BURN_IN:]
    n_middle, n_few = (n_timesteps, n_features) if rare == "feature" else (n_features, n_timesteps)
    middle = np.arange(n_middle // 4, 3 * n_middle // 4)
    if rare == "feature":
        few = random.permutation(n_few)[: n_few // 10]
        cells = np.ix_(middle, few)
    else:
        start = random.randint(n_few - n_few // 10 + 1)
        cells = np.ix_(np.arange(start, start + n_few // 10), middle)
    relevance = np.zeros((n_timesteps, n_features), dtype=np.int64)
    relevance[cells] = 1
    y = (X**2 * relevance).sum(axis=2)
    return (X, y) if return_X_y else _bunch(X, y, relevance)


@validate_params(
    _SIZES
    | {
        "box": [StrOptions({"middle", "rare_time", "rare_feature"})],
        "moving": ["boolean"],
        "noise": [StrOptions({"gaussian", "autoregressive"})],
        "shift": [Number(0)],
    },
    prefer_skip_nested_validation=True,
)
def make_boxes(
    n_samples: int = 1000,
    *,
    box: str = "middle",
    moving: bool = False,
    noise: str = "gaussian",
    shift: float = 1.0,
    n_timesteps: int = 50,
    n_features: int = 50,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """The box task: noise with a box of cells that is shifted up in one class, down in the other.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    box : {"middle", "rare_time", "rare_feature"}, default="middle"
        The box's share of the steps and features: 0.6 and 0.6, or 0.1 and 0.8, or 0.8 and 0.1
        (the kinds are the paper's, the shares ours).
    moving : bool, default=False
        Put the box at a random place in each sample; otherwise it is in the centre of all.
    noise : {"gaussian", "autoregressive"}, default="gaussian"
        Independent normal values, or AR(1) processes of coefficient 0.9; both of variance 1.
    shift : float, default=1.0
        By how much the box is shifted, in standard deviations of the noise.
    n_timesteps : int, default=50
        Steps of each.
    n_features : int, default=50
        Features of each step.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds noise, labels and places.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, n_features), ``target`` (n_samples,) of 0 and 1,
        ``relevance`` (n_samples, n_timesteps, n_features), 1 inside the box, and
        ``feature_names``.

    References
    ----------
    A. A. Ismail et al., "Benchmarking deep learning interpretability in time series predictions",
    2020.

    Examples
    --------
    >>> from skfi.datasets import make_boxes
    >>> data = make_boxes(500, box="rare_time", random_state=0)
    >>> inside = data.relevance[0] == 1
    >>> [data.data[data.target == label][:, inside].mean().round(1) for label in (0, 1)]
    [np.float64(-1.0), np.float64(1.0)]
    """
    random = check_random_state(random_state)
    if noise == "gaussian":
        X = random.standard_normal((n_samples, n_timesteps, n_features))
    else:
        drawn = random.standard_normal((n_samples, _BURN_IN + n_timesteps, n_features))
        X = lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], drawn, axis=1)[:, _BURN_IN:]
    shares = {"middle": (0.6, 0.6), "rare_time": (0.1, 0.8), "rare_feature": (0.8, 0.1)}[box]
    relevance = np.ones(X.shape, dtype=np.int64)
    for axis, share in enumerate(shares, start=1):
        length = round(share * X.shape[axis])
        room = X.shape[axis] - length
        starts = (
            random.randint(room + 1, size=n_samples) if moving else np.full(n_samples, room // 2)
        )
        along = np.arange(X.shape[axis])
        inside = (along >= starts[:, None]) & (along < starts[:, None] + length)
        relevance *= np.expand_dims(inside, 3 - axis)
    y = random.randint(2, size=n_samples)
    X += shift * np.where(y == 1, 1.0, -1.0)[:, None, None] * relevance
    return (X, y) if return_X_y else _bunch(X, y, relevance)


def _bunch(X: np.ndarray, y: np.ndarray, relevance: np.ndarray) -> Bunch:
    names = [f"x{i}" for i in range(X.shape[2])]
    return Bunch(data=X, target=y, relevance=relevance, feature_names=names)
