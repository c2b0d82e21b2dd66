"""What is known of each feature from X: how much it varies, and where a path to its values begins.

Both are over the real steps of all samples, of one column if ``X`` is 2-D.
"""

from collections.abc import Iterator

import numpy as np

from skfi.importance._gradient._network import Network

_MOST_NUMBERS = 2**20  # in double precision at once
_MOST_VALUES = 20_000  # of which quantiles are taken
_TAIL = 0.01


def feature_scale(network: Network, sample_weight: np.ndarray | None) -> np.ndarray:
    """Standard deviation of each feature, exactly 0 if it is constant; to be broadcast to a sample.

    Of 2-D ``X`` a feature is a column: one that is constant has 0 also where it is a time step of a
    feature that varies.
    """
    n_kept = sum(len(values) for values, _ in _blocks(network, sample_weight))
    if n_kept < 2:
        raise ValueError(
            "scale='std' multiplies gradients by each feature's standard deviation, which one "
            f"sample of one time step does not have: X has shape {network.shape}. Pass more "
            "samples, or scale=None."
        )
    low, high, mean = _summary(network, sample_weight)
    total, squares = 0.0, np.zeros(len(mean))
    for values, weight in _blocks(network, sample_weight):
        total += weight.sum()
        squares += ((values - mean) ** 2 * weight[:, None]).sum(axis=0)
    scale = np.where(low == high, 0.0, np.sqrt(squares / total))
    constant = _constant_columns(network, sample_weight)
    return scale if constant is None else np.where(constant, 0.0, scale)


def feature_origin(network: Network, sample_weight: np.ndarray | None) -> np.ndarray:
    """Where the paths of integrated gradients begin, for each feature; to be broadcast to a sample.

    Zero if that lies among the feature's values; else, as for a temperature in kelvin or a
    constant, their mean, so that its offset from zero is no importance.
    """
    low, high, mean = _summary(network, sample_weight)
    every = max(1, network.inputs[..., 0].size // _MOST_VALUES)
    some = [part[::every].copy() for part, _ in _blocks(network, sample_weight)]
    values = np.concatenate(some)
    least, most = np.quantile(values, [_TAIL, 1 - _TAIL], axis=0)
    origin = np.where((least <= 0) & (most >= 0), 0.0, np.where(low == high, low, mean))
    constant = _constant_columns(network, sample_weight)
    return origin if constant is None else np.where(constant, network.inputs[0], origin)


def _summary(
    network: Network, sample_weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The least value of each feature, the greatest, and the mean."""
    low, high, sums, total = np.inf, -np.inf, 0.0, 0.0
    for values, weight in _blocks(network, sample_weight):
        low = np.minimum(low, values.min(axis=0, initial=np.inf))
        high = np.maximum(high, values.max(axis=0, initial=-np.inf))
        sums = sums + (values * weight[:, None]).sum(axis=0)
        total += weight.sum()
    return np.asarray(low), np.asarray(high), np.asarray(sums / total)


def _constant_columns(network: Network, sample_weight: np.ndarray | None) -> np.ndarray | None:
    """Which columns of 2-D ``X`` are constant, folded as the network takes them."""
    if len(network.shape) != 2 or network.inputs.ndim != 3 or len(network.inputs) == 1:
        return None
    inputs = network.inputs if sample_weight is None else network.inputs[sample_weight > 0]
    return np.ptp(inputs, axis=0) == 0


def _blocks(
    network: Network, sample_weight: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Values (n_values, n_features) that count, and their weights, of some samples at a time."""
    inputs = network.inputs
    n_rows = max(1, _MOST_NUMBERS // inputs[0].size)
    for start in range(0, len(inputs), n_rows):
        rows = slice(start, start + n_rows)
        part = inputs[rows].astype(np.float64)
        weight = np.ones(part.shape[:-1])
        if network.real is not None and network.real.shape == inputs.shape[:-1]:
            weight *= network.real[rows]
        if sample_weight is not None:
            weight *= sample_weight[rows].reshape(-1, *[1] * (weight.ndim - 1))
        counts = weight > 0
        yield part[counts], weight[counts]
