"""Checks of attributions against the weights and predictions of a network."""

from typing import Any

import numpy as np
from scipy.stats import spearmanr

from skfi._keras import another, forward, structure
from skfi.importance._checks._stability import correlation
from skfi.importance._gradient._gradient_importance import gradient_importance
from skfi.importance._gradient._network import Network
from skfi.importance._results._result import ImportanceResult

_SHARE, _PARTS = 0.1, 10  # of the cells are removed, in so many parts
_N_CHANCE = 20  # draws of random cells


def randomised(network: Network, seeds: Any, **params: Any) -> np.ndarray:
    """Rank correlations of attributions with those of networks with randomised layers.

    The layers get new weights one after the other, from the output to the input, so that the last
    correlation is that of networks that were not trained at all. Means over ``seeds``: by chance a
    random network may have weights like those of the trained one.
    """
    model, X = network.own
    kind = network.kind

    def attributions(of_model: Any) -> np.ndarray:
        result = gradient_importance(of_model, X, **params)
        return np.asarray(kind.flat(result._comparable_attributions))

    before = attributions(model)
    correlations = []
    for seed in seeds:
        fresh = another(model, int(seed))
        new_weights = [layer.get_weights() for layer in fresh.layers]
        fresh.set_weights(model.get_weights())
        stages = []
        for layer, weights in reversed(list(zip(fresh.layers, new_weights, strict=True))):
            if weights:
                layer.set_weights(weights)
                after = attributions(fresh)
                stages.append(spearmanr(before.ravel(), after.ravel()).statistic)
        correlations.append(stages)
    return np.mean(correlations, axis=0)


def can_be_randomised(network: Network) -> bool:
    """Whether a network of the same layers can be made."""
    return structure(network.own[0]) is not None


def own_network(network: Network, result: ImportanceResult, again: ImportanceResult) -> float:
    """Correlation of importances, and of attributions if any, with those computed again.

    The smaller of the two: both must be this network's.
    """
    correlations = [correlation(result.importances_mean, again.importances_mean)]
    if result.attributions is not None and again.attributions is not None:
        before = network.kind.flat(result._comparable_attributions)
        after = network.kind.flat(again._comparable_attributions)
        if before is not None and after is not None and before.shape == after.shape:
            correlations.append(float(spearmanr(before.ravel(), after.ravel()).statistic))
    return min(correlations)


def prediction_difference(
    network: Network, attributions: np.ndarray, random: np.random.RandomState
) -> tuple[float, np.ndarray]:
    """Cumulative change of the output as cells are removed: the most salient, and by chance.

    A tenth of each sequence's cells, in ten parts; a removed cell takes its mean over samples.
    """
    by_size = np.argsort(-np.abs(attributions).reshape(len(attributions), -1), axis=1)
    by_chance = [
        _change(network, np.array([random.permutation(order) for order in by_size]))
        for _ in range(_N_CHANCE)
    ]
    return _change(network, by_size), np.array(by_chance)


def _change(network: Network, order: np.ndarray) -> float:
    inputs = network.inputs.reshape(len(network.inputs), -1).copy()
    mean = inputs.mean(axis=0)
    n_removed = max(1, round(_SHARE * order.shape[1]))
    before, total = forward(network.model, network.inputs), 0.0
    for part in np.array_split(np.arange(n_removed), min(_PARTS, n_removed)):
        cells = order[:, part]
        np.put_along_axis(inputs, cells, mean[cells], axis=1)
        after = forward(network.model, inputs.reshape(network.inputs.shape))
        total += float(np.abs(after - before).mean())
        before = after
    return total
