"""Generated sequences of which it is known what matters."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skfi._constraints import RANDOM_STATE, Number, Whole
from skfi._private import validate_params

_PARAMETERS = {
    "n_samples": [Whole()],
    "n_timesteps": [Whole()],
    "n_features": [Whole()],
    "n_informative": [Whole()],
    "n_relevant_steps": [Whole(), None],
    "noise": [Number(0, closed="left")],
    "return_X_y": ["boolean"],
    "random_state": RANDOM_STATE,
}


@validate_params(_PARAMETERS, prefer_skip_nested_validation=True)
def make_sequence_regression(
    n_samples: int = 500,
    *,
    n_timesteps: int = 10,
    n_features: int = 5,
    n_informative: int = 2,
    n_relevant_steps: int | None = None,
    noise: float = 0.1,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Sequences of independent normal values and a target that is linear in some of them.

    The target is a weighted sum over the first ``n_informative`` features and the last
    ``n_relevant_steps`` time steps, of variance 1, plus noise. Of k informative features the first
    weighs k times as much as the last.

    Parameters
    ----------
    n_samples : int, default=500
        Number of sequences.
    n_timesteps : int, default=10
        Steps of each.
    n_features : int, default=5
        Features of each step.
    n_informative : int, default=2
        Features that matter: the first ones.
    n_relevant_steps : int, default=None
        Time steps that matter: the last ones; None is half of them.
    noise : float, default=0.1
        Standard deviation of the noise in the target.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds the values.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, n_features), ``target`` (n_samples,), ``relevance``
        (n_timesteps, n_features), the weight of each cell, and ``feature_names``.

    Examples
    --------
    >>> from skfi.datasets import make_sequence_regression
    >>> data = make_sequence_regression(n_timesteps=4, n_features=3, random_state=0)
    >>> data.data.shape
    (500, 4, 3)
    >>> data.relevance.round(2)
    array([[0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  ],
           [0.63, 0.32, 0.  ],
           [0.63, 0.32, 0.  ]])
    """
    random = check_random_state(random_state)
    X, signal, relevance = _linear_signal(
        random, n_samples, n_timesteps, n_features, n_informative, n_relevant_steps
    )
    y = signal + noise * random.standard_normal(n_samples)
    return _bunch(X, y, relevance, return_X_y)


@validate_params(
    {**_PARAMETERS, "n_classes": [Whole(2)]},
    prefer_skip_nested_validation=True,
)
def make_sequence_classification(
    n_samples: int = 500,
    *,
    n_timesteps: int = 10,
    n_features: int = 5,
    n_informative: int = 2,
    n_relevant_steps: int | None = None,
    n_classes: int = 2,
    noise: float = 0.1,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """The sequences of :func:`make_sequence_regression`, their target cut into equal classes.

    Parameters
    ----------
    n_samples : int, default=500
        Number of sequences.
    n_timesteps : int, default=10
        Steps of each.
    n_features : int, default=5
        Features of each step.
    n_informative : int, default=2
        Features that matter: the first ones.
    n_relevant_steps : int, default=None
        Time steps that matter: the last ones; None is half of them.
    n_classes : int, default=2
        Number of classes, of about equal size, ordered by the underlying value.
    noise : float, default=0.1
        Standard deviation of the noise in the underlying value.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds the values.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, n_features), ``target`` (n_samples,) of class numbers,
        ``relevance`` (n_timesteps, n_features) and ``feature_names``.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi.datasets import make_sequence_classification
    >>> data = make_sequence_classification(n_samples=300, n_classes=3, random_state=0)
    >>> np.bincount(data.target)
    array([100, 100, 100])
    """
    random = check_random_state(random_state)
    X, signal, relevance = _linear_signal(
        random, n_samples, n_timesteps, n_features, n_informative, n_relevant_steps
    )
    value = signal + noise * random.standard_normal(n_samples)
    edges = np.quantile(value, np.arange(1, n_classes) / n_classes)
    return _bunch(X, np.digitize(value, edges), relevance, return_X_y)


def _linear_signal(
    random: np.random.RandomState,
    n_samples: int,
    n_timesteps: int,
    n_features: int,
    n_informative: int,
    n_relevant_steps: int | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    steps = max(1, n_timesteps // 2) if n_relevant_steps is None else n_relevant_steps
    for name, part, whole in (
        ("n_informative", n_informative, n_features),
        ("n_relevant_steps", steps, n_timesteps),
    ):
        if part > whole:
            raise ValueError(f"{name}={part} is more than there are, {whole}.")
    relevance = np.zeros((n_timesteps, n_features))
    relevance[-steps:, :n_informative] = np.arange(n_informative, 0, -1)
    relevance /= np.linalg.norm(relevance)
    X = random.standard_normal((n_samples, n_timesteps, n_features))
    return X, np.einsum("ntf,tf->n", X, relevance), relevance


def _bunch(X: np.ndarray, y: np.ndarray, relevance: np.ndarray, return_xy: bool) -> Any:
    if return_xy:
        return X, y
    names = [f"x{i}" for i in range(X.shape[2])]
    return Bunch(data=X, target=y, relevance=relevance, feature_names=names)
