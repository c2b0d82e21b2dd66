"""From attributions to the importances of features, time steps, cells and words."""

from typing import Any

import numpy as np

from skfi._sequences import Units, make_units
from skfi.importance._correlation import resolve_groups
from skfi.importance._network import Network
from skfi.importance._result import ImportanceResult
from skfi.importance._words import WordUnits, make_positions, make_word_units


def gradient_units(
    network: Network, by: str, feature_names: Any, feature_groups: Any, min_count: int
) -> Units | WordUnits:
    """What the importances of a network's inputs are for."""
    tokens = network.tokens
    if tokens is not None and by == "feature":
        return make_word_units(tokens, feature_groups=feature_groups, min_count=min_count)
    if tokens is not None:
        return make_positions(tokens, by, feature_groups)
    names = network.feature_names if feature_names is None else feature_names
    X = network.inputs.reshape(network.shape)
    return make_units(
        network.shape,
        by=by,
        n_timesteps=network.n_timesteps,
        feature_names=names,
        feature_groups=resolve_groups(feature_groups, X, names, by=by, real=network.real),
        from_start=network.real is not None,
    )


def gradient_result(
    network: Network,
    units: Units | WordUnits,
    attributions: list[np.ndarray],
    *,
    every_step: bool,
    aggregate: str,
    method: str,
    sample_weight: np.ndarray | None,
    reached: np.ndarray,
    **more: Any,
) -> ImportanceResult:
    """The importances of the units, averaged over the outputs that were explained.

    ``reached`` (n_outputs, n_samples) tells which sequences have each of these outputs.
    """
    if every_step:
        shaped = np.stack([found.reshape(network.shape) for found in attributions], axis=1)
    else:
        shaped = attributions[0].reshape(network.shape)
    values = [np.abs(found) if aggregate == "mean_abs" else found for found in attributions]
    n_reached = np.maximum(reached.sum(axis=0), 1)
    if not reached.any(axis=0).all():  # by output_step: these samples have no part in the mean
        weight = np.ones(len(shaped)) if sample_weight is None else sample_weight
        sample_weight = weight * reached.any(axis=0)
    more |= {"attributions": shaped, "aggregate": aggregate}
    if network.tokens is not None:
        more |= {"tokens": network.tokens.in_words()}
    if isinstance(units, Units):
        importances = [
            units.average(found.reshape(len(found), -1), network.real) for found in values
        ]
        return ImportanceResult.from_values(
            np.sum(importances, axis=0) / n_reached,
            feature_names=units.names,
            method=method,
            by=units.by,
            weights=sample_weight,
            axes=units.axes,
            sequence_mask=network.real,
            **more,
        )
    of_tokens = np.sum(values, axis=0) / n_reached[:, None]
    mean, std = units.summarise(of_tokens, network.tokens, sample_weight)
    more["counts"] = units.counts
    return ImportanceResult.from_summary(
        mean, std, feature_names=units.names, method=method, by=units.by, **more
    )
