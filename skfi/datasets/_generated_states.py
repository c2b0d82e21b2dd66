"""Generated sequences whose hidden state decides which signal matters, with the truth known."""

from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.utils import Bunch, check_random_state

from skfi._constraints import RANDOM_STATE, Whole
from skfi._private import validate_params

_CHECKED = {
    "n_samples": [Whole()],
    "n_timesteps": [Whole()],
    "return_X_y": ["boolean"],
    "random_state": RANDOM_STATE,
}


@validate_params(_CHECKED, prefer_skip_nested_validation=True)
def make_hidden_markov(
    n_samples: int = 1000,
    *,
    n_timesteps: int = 200,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """The hidden Markov task: two states, and in each another one of three signals matters.

    A sequence that has been in state 1 for d steps stays with probability 0.95 - d / 500, and
    state 0 is left with probability 0.05. The signals are normal, with means (0.1, 1.6, 0.5) in
    state 0 and (-0.1, -0.4, -1.5) in state 1, variances of 0.801, and a covariance of 0.01 of the
    signal that matters with the first. The label of each step is 1 with probability
    sigmoid(2 x), x being signal 1 in state 0 and signal 2 in state 1.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences; the papers take 800 to train and 200 to explain.
    n_timesteps : int, default=200
        Steps of each.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds the draws.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, 3), ``target`` (n_samples, n_timesteps) of 0 and 1,
        ``states`` of the same shape, ``relevance`` (n_samples, n_timesteps, 3), 1 at the one signal
        of each step that its label depends on, and ``feature_names``.

    References
    ----------
    S. Tonekaboni et al., "What went wrong and when? Instance-wise feature importance for
    time-series black-box models" (FIT), 2020; J. Crabbe, M. van der Schaar, "Explaining time
    series predictions with dynamic masks", 2021. The covariance is that of the package
    time_interpret.

    Examples
    --------
    >>> from skfi.datasets import make_hidden_markov
    >>> data = make_hidden_markov(4, n_timesteps=50, random_state=0)
    >>> data.data.shape
    (4, 50, 3)
    >>> (data.relevance.argmax(axis=2) == 1 + data.states).all()
    np.True_
    """
    random = check_random_state(random_state)
    states = np.empty((n_samples, n_timesteps), dtype=np.int64)
    previous, steps_in = random.randint(2, size=n_samples), np.zeros(n_samples)
    for t in range(n_timesteps):
        to_one = np.where(previous == 1, 0.95 - steps_in / 500, 0.05)
        states[:, t] = random.uniform(size=n_samples) < to_one
        steps_in = np.where(states[:, t] == previous, steps_in + 1, 0)
        previous = states[:, t]
    means = np.array([[0.1, 1.6, 0.5], [-0.1, -0.4, -1.5]])
    X = np.empty((n_samples, n_timesteps, 3))
    for state, signal in ((0, 1), (1, 2)):
        covariance = 0.801 * np.eye(3)
        covariance[0, signal] = covariance[signal, 0] = 0.01
        drawn = random.multivariate_normal(means[state], covariance, size=states.shape)
        X[states == state] = drawn[states == state]
    return _labelled(X, states, states + 1, 2.0, return_X_y, random)


@validate_params(_CHECKED, prefer_skip_nested_validation=True)
def make_switching_feature(
    n_samples: int = 1000,
    *,
    n_timesteps: int = 100,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """The switch-feature task: three states, and in each another one of three signals matters.

    States stay with probability 0.95. While a state lasts the signals are Gaussian processes of
    length scale 0.2 steps and variance 0.1, around (0.8, -0.5, -0.2), (0, -1, 0) and
    (-0.2, -0.2, 0.8); they begin anew when it ends. The label of each step is 1 with probability
    sigmoid(3 x), x being the signal with the number of the state.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    n_timesteps : int, default=100
        Steps of each.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds the draws.

    Returns
    -------
    data : sklearn.utils.Bunch
        ``data`` (n_samples, n_timesteps, 3), ``target`` (n_samples, n_timesteps) of 0 and 1,
        ``states`` of the same shape, ``relevance`` (n_samples, n_timesteps, 3), 1 at the one signal
        of each step that its label depends on, and ``feature_names``.

    References
    ----------
    S. Tonekaboni et al., "What went wrong and when? Instance-wise feature importance for
    time-series black-box models" (FIT), 2020; K. Leung et al., "Temporal dependencies in feature
    importance for time series prediction" (WinIT), 2023.

    Examples
    --------
    >>> from skfi.datasets import make_switching_feature
    >>> data = make_switching_feature(4, n_timesteps=50, random_state=0)
    >>> (data.relevance.argmax(axis=2) == data.states).all()
    np.True_
    """
    random = check_random_state(random_state)
    moves = np.array([[0.95, 0.02, 0.03], [0.02, 0.95, 0.03], [0.03, 0.02, 0.95]]).cumsum(axis=1)
    states = np.empty((n_samples, n_timesteps), dtype=np.int64)
    states[:, 0] = random.randint(3, size=n_samples)
    for t in range(1, n_timesteps):
        drawn = random.uniform(size=(n_samples, 1))
        states[:, t] = (drawn >= moves[states[:, t - 1], :2]).sum(axis=1)
    means = np.array([[0.8, -0.5, -0.2], [0, -1.0, 0], [-0.2, -0.2, 0.8]])
    X = means[states]
    apart = np.subtract.outer(np.arange(n_timesteps), np.arange(n_timesteps))
    root = np.linalg.cholesky(0.1 * np.exp(-0.5 * (apart / 0.2) ** 2))
    for of_sample, sequence in zip(states, X, strict=True):
        ends = np.flatnonzero(np.diff(of_sample)) + 1
        for steps in np.split(np.arange(n_timesteps), ends):
            noise = random.standard_normal((len(steps), 3))
            sequence[steps] += root[: len(steps), : len(steps)] @ noise
    return _labelled(X, states, states, 3.0, return_X_y, random)


def _labelled(
    X: np.ndarray,
    states: np.ndarray,
    signals: np.ndarray,
    slope: float,
    return_X_y: bool,
    random: np.random.RandomState,
) -> Any:
    """With labels drawn from the signal that matters at each step."""
    relevance = (np.arange(3) == signals[:, :, None]).astype(np.int64)
    y = random.binomial(1, expit(slope * X[relevance == 1].reshape(states.shape)))
    if return_X_y:
        return X, y
    names = ["x0", "x1", "x2"]
    return Bunch(data=X, target=y, states=states, relevance=relevance, feature_names=names)
