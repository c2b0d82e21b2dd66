"""Generated windows in which a short event decides, with the truth of every cell known."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skfi._constraints import RANDOM_STATE, Number, Whole
from skfi._private import StrOptions, validate_params


@validate_params(
    {
        "n_samples": [Whole()],
        "event": [StrOptions({"pulse", "early", "pair"})],
        "regression": ["boolean"],
        "n_timesteps": [Whole(12)],
        "n_features": [Whole(2)],
        "width": [Whole(1, 6)],
        "noise": [Number(0, closed="left")],
        "return_X_y": ["boolean"],
        "random_state": RANDOM_STATE,
    },
    prefer_skip_nested_validation=True,
)
def make_event_windows(
    n_samples: int = 1000,
    *,
    event: str = "pulse",
    regression: bool = False,
    n_timesteps: int = 24,
    n_features: int = 4,
    width: int = 3,
    noise: float = 0.3,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Windows of noise with a short event, whose height or sign is the target.

    An event is a level of 1 to 2, up or down, that the first feature holds for ``width`` steps.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of windows.
    event : {"pulse", "early", "pair"}, default="pulse"
        A pulse at a random place of each window; one at the same early place of all, so that a
        network has to remember it; or two pulses, one in the first feature and one in the second,
        each at a place of its own, which decide together: whether both go the same way.
    regression : bool, default=False
        The target is the signed height of the pulse, of a pair the product of both heights;
        otherwise whether this is positive.
    n_timesteps : int, default=24
        Steps of each window.
    n_features : int, default=4
        Features of each step.
    width : int, default=3
        Steps that an event takes.
    noise : float, default=0.3
        Standard deviation of the noise in every cell.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds noise, heights and places.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, n_features), ``target`` (n_samples,), ``relevance``
        (n_samples, n_timesteps, n_features), 1 in the cells of an event, and ``feature_names``.

    Examples
    --------
    >>> from skfi.datasets import make_event_windows
    >>> data = make_event_windows(200, random_state=0)
    >>> data.relevance.sum(axis=(1, 2)).tolist() == [3] * 200
    True
    >>> event = data.data[data.relevance == 1].reshape(200, 3).mean(axis=1)
    >>> ((event > 0) == (data.target == 1)).all()
    np.True_
    """
    random = check_random_state(random_state)
    X = noise * random.standard_normal((n_samples, n_timesteps, n_features))
    relevance = np.zeros(X.shape, dtype=np.int64)
    rows, steps = np.arange(n_samples)[:, None], np.arange(width)
    product = np.ones(n_samples)
    for feature in range(2 if event == "pair" else 1):
        height = random.uniform(1, 2, size=n_samples) * random.choice([-1, 1], size=n_samples)
        if event == "early":
            start = np.full(n_samples, n_timesteps // 6)
        else:
            start = random.randint(n_timesteps - width + 1, size=n_samples)
        at = start[:, None] + steps
        X[rows, at, feature] += height[:, None]
        relevance[rows, at, feature] = 1
        product *= height
    y = product if regression else (product > 0).astype(np.int64)
    if return_X_y:
        return X, y
    names = [f"x{i}" for i in range(n_features)]
    return Bunch(data=X, target=y, relevance=relevance, feature_names=names)
