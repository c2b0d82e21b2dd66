"""Values of which a result is made, checked."""

from typing import Any

import numpy as np

from skfi._given import check_names, checked_weights, numbers_of

BY = {"feature", "timestep", "cell", "word", "input"}


def summarised(
    importances: Any, weights: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Single values (n_units, n_values), their mean and standard deviation, and their weights."""
    importances = numbers_of(importances, "importances", "(n_units, n_values)")
    if weights is None:  # NumPy's own, so that nothing differs from scikit-learn
        return importances, importances.mean(axis=1), importances.std(axis=1), None
    weights = checked_weights(weights, importances.shape[1], "weights")
    mean = np.average(importances, axis=1, weights=weights)
    std = np.sqrt(np.average((importances - mean[:, None]) ** 2, axis=1, weights=weights))
    return importances, mean, std, weights


def checked_summary(
    mean: Any, std: Any, feature_names: Any, by: str, *, may_lack: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, standard deviations and names of units; ValueError unless there are as many of each.

    Some may be NaN if they ``may_lack``. A word and a group of words may have the same name.
    """
    mean = numbers_of(mean, "mean", "(n_units,)", may_lack=may_lack)
    std = numbers_of(std, "std", "(n_units,)", may_lack=may_lack)
    names = check_names(feature_names, distinct=by != "word")
    if not len(mean) == len(std) == len(names):
        raise ValueError(
            f"There are {len(mean)} importances, {len(std)} standard deviations and {len(names)} "
            "feature_names; as many of each are expected."
        )
    return mean, std, np.array(names, dtype=object)
