"""Gradients of the features that enter a network behind a Pipeline, summed by raw column.

Each raw column is changed in turn; the features that change with it come from it.
"""

from typing import Any

import numpy as np
import pandas as pd

from skfi._pipelines import Chain
from skfi.importance._gradient._gradient_importance import gradient_importance
from skfi.importance._gradient._network import Network, find_network
from skfi.importance._inputs._kinds import Numbers
from skfi.importance._inputs._numbers import input_names, keeps_features
from skfi.importance._inputs._read import kind_of
from skfi.importance._results._result import ImportanceResult
from skfi.importance._units._cells import Units, make_units
from skfi.importance._units._of_input import units_of

_MOST_ROWS = 2000  # that are changed to find out
_PER_SAMPLE = ("aggregate", "completeness_error", "sample_indices")


def gradients_of_columns(estimator: Any, X: Any, y: Any, **params: Any) -> ImportanceResult:
    """``gradient_importance``, by the raw columns of ``X`` where a Pipeline makes others of them.

    The importance of a column is the sum of those of the features that come from it, as it is for
    a group; of one that does not enter the network it is 0. Signed values of single cells,
    ``attributions``, are not there then.

    Raises
    ------
    ValueError
        If a feature that enters the network comes from several columns, such as a principal
        component, unless they are one group.
    """
    if params.get("by", "feature") != "feature" or not _may_differ(estimator, X):
        return gradient_importance(estimator, X, y, **params)
    X = X if hasattr(X, "shape") else np.asarray(X)
    network = find_network(estimator, X)
    comes_from = _columns_that_enter(estimator, X, _features(network))
    names = params.get("feature_names")
    names = input_names(estimator, X) if names is None else names
    if np.array_equal(comes_from, np.eye(X.shape[-1], dtype=bool)):
        names = make_units(X.shape, feature_names=names).names.tolist()
        return gradient_importance(estimator, X, y, **params | {"feature_names": names})
    real = network.real
    if real is not None and (X.ndim != 3 or real.shape != X.shape[:2]):
        real = None
    groups = params.get("feature_groups")
    units: Any = units_of(
        Numbers(X, None, names, real, False), by="feature", groups=groups, names=names
    )
    result = gradient_importance(
        estimator, X, y, **params | {"feature_names": None, "feature_groups": None}
    )
    members = _members(units, comes_from)
    _check_unmixed(members, units.names, result.feature_names)
    return ImportanceResult.from_values(
        members.astype(float) @ result.importances,
        feature_names=units.names,
        method=result.method,
        weights=result.sample_weight,
        **{key: result[key] for key in _PER_SAMPLE if key in result},
    )


def _may_differ(estimator: Any, X: Any) -> bool:
    """Whether the steps of a Pipeline may make other features of the columns of ``X``."""
    of_columns = kind_of(estimator).column == "feature" and np.ndim(X) > 1
    return of_columns and not all(map(keeps_features, Chain(estimator).before))


def _columns_that_enter(estimator: Any, X: Any, entering: np.ndarray) -> np.ndarray:
    """Which features that enter the network (n_columns, n_entering) come from each column.

    Some rows are tried first, all if a feature that varies, such as a rare label's, is missed.
    """
    some = np.unique(np.linspace(0, len(X) - 1, _MOST_ROWS).astype(int))
    varies = (entering != entering[:1]).reshape(-1, entering.shape[-1]).any(axis=0)
    comes_from = _changed(estimator, X.iloc[some] if hasattr(X, "iloc") else X[some])
    if len(some) < len(X) and (varies & ~comes_from.any(axis=0)).any():
        comes_from = _changed(estimator, X)
    return comes_from


def _changed(estimator: Any, X: Any) -> np.ndarray:
    """Which features that enter the network change when each column does."""
    network = find_network(estimator, X)
    before = _features(network)
    changed = np.zeros((X.shape[-1], before.shape[-1]), dtype=bool)
    for column in range(X.shape[-1]):
        for change in (_rolled, _raised):
            try:
                after = _features(find_network(estimator, change(X, column, network)))
            except Exception:  # a step may reject a value that does not occur
                if change is _rolled:
                    raise
                continue
            unchanged = (after == before) | ((after != after) & (before != before))
            changed[column] = ~unchanged.reshape(-1, unchanged.shape[-1]).all(axis=0)
            if changed[column].any():
                break
    return changed


def _features(network: Network) -> np.ndarray:
    return network.inputs.reshape(network.shape)


def _rolled(X: Any, column: int, network: Network) -> Any:
    """Shift the known values of a column by one row, so that only existing values are used."""
    changed = X.copy()
    if hasattr(X, "iloc"):
        values = X.iloc[:, column]
        changed.isetitem(column, values.iloc[_next(values, network)].set_axis(X.index))
        return changed
    of_steps = changed.reshape(len(X), -1, X.shape[-1])  # 2-D rows are of one step
    for step in range(of_steps.shape[1]):
        values = of_steps[:, step, column]
        of_steps[:, step, column] = values[_next(values, network)]
    return of_steps.reshape(X.shape)


def _next(values: Any, network: Network) -> np.ndarray:
    rows = np.arange(len(values))
    known = rows[_is_known(values, network)]
    rows[known] = np.roll(known, 1)
    return rows


def _raised(X: Any, column: int, network: Network) -> Any:
    """Add one to a numeric column, which may be constant."""
    changed = X.copy()
    if hasattr(X, "iloc"):
        values = X.iloc[:, column]
        changed.isetitem(column, values + 1)
        return changed
    values = X[..., column]
    changed[..., column] = np.where(_is_known(values, network), values + 1, values)
    return changed


def _is_known(values: Any, network: Network) -> np.ndarray:
    """Where values are neither missing nor, it seems, padding."""
    known = ~np.asarray(pd.isna(values))
    mask_value = network.user_mask_value
    return known if mask_value is None else known & np.asarray(values != mask_value)


def _members(units: Units, comes_from: np.ndarray) -> np.ndarray:
    """Which features that enter the network (n_units, n_entering) come from each unit."""
    width = units.shape[1]
    return np.array([comes_from[np.unique(cells % width)].any(axis=0) for cells in units.cells])


def _check_unmixed(members: np.ndarray, names: np.ndarray, entering: np.ndarray) -> None:
    mixed = np.flatnonzero(members.sum(axis=0) > 1)
    if len(mixed):
        parts = ", ".join(map(str, names[members[:, mixed[0]]][:5]))
        raise ValueError(
            f"Gradients are of what enters the network, where {str(entering[mixed[0]])!r} is made "
            f"of several columns: {parts}. So they cannot be brought onto these columns. Compare "
            "methods=['permutation', 'lofo'], or pass feature_groups that hold together what is "
            "mixed."
        )
