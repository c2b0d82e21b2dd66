"""Can a unit be removed from what an estimator takes?

It can if nothing in the estimator refers to single columns or to their number:

- Every part is of scikit-learn or skfi. Other code may refer to anything.
- No part takes columns by position or name or keeps what it learnt from all of them: no
  ColumnTransformer, FunctionTransformer, FrozenEstimator.
- No parameter is an array, a list, a mapping or a function, unless it is the default or known to be
  about something else, and none asks for more columns than would be left.
- A network that is not skfi's own consists of Keras' own layers that take any number of features:
  see ``network_takes_fewer``.

Otherwise the unit is held at a constant.
"""

import inspect
from collections.abc import Iterator, Mapping
from numbers import Integral, Number
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import FunctionTransformer

from skfi._pipelines import Chain
from skfi._private import _BaseComposition
from skfi.importance._inputs._kinds import Numbers
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._numbers import input_features_stay
from skfi.importance._lofo._removable_network import network_takes_fewer
from skfi.preprocessing import SlidingWindow

_OF_SINGLE_COLUMNS = (ColumnTransformer, FunctionTransformer, FrozenEstimator)
# parameters that count columns, or components made of them
_COUNTS = {
    "k",
    "max_features",
    "min_features_to_select",
    "n_components",
    "n_features_to_select",
    "n_nonzero_coefs",
}
# parameters that may be lists, mappings or functions, and speak of rows, classes or layers
_OF_OTHER_THINGS = {
    *("alphas", "Cs", "class_weight", "cv", "feature_range", "hidden_layer_sizes", "l1_ratio"),
    *("l1_ratios", "memory", "quantile_range", "random_state", "refit", "scoring", "weights"),
    # of skfi's estimators
    *("callbacks", "embedding", "importance", "loss", "network_params", "optimizer", "units"),
}
_GRIDS = {"param_grid", "param_distributions"}
Shape = tuple[int, int]  # time steps and features


def can_be_removed(estimator: Any, kind: Numbers, y: Any, whole: Shape, left: Shape) -> bool:
    """Whether a unit can be removed from the samples that ``estimator`` takes.

    ``whole`` is the number of time steps and features of all units, ``left`` the fewest that are
    left without one.
    """
    chain = Chain(estimator)
    last = LastStep.of(chain.last)
    n_columns = left[1] if kind.X.ndim == 3 else left[0] * left[1]
    if any(_speaks_of_columns(part, n_columns, chain.last) for part in _parts(estimator)):
        return False
    if not last.has_own_network:
        return True
    if not input_features_stay(chain):
        return False  # it is not known what reaches the network
    shapes = [_input_shape(chain, last, kind, shape) for shape in (whole, left)]
    return network_takes_fewer(last, *shapes, n_outputs=_n_outputs(last, y))


def _parts(estimator: Any) -> Iterator[Any]:
    """The estimator and all nested ones, also the candidates of a search."""
    yield estimator
    if not _is_known(estimator):
        return
    for name, value in estimator.get_params(deep=False).items():
        for _, candidate in _named(name, value):
            for inner in _inner(estimator, candidate):
                yield from _parts(inner)


def _inner(owner: Any, value: Any) -> list[Any]:
    if hasattr(value, "get_params") and not isinstance(value, type):
        return [value]
    if isinstance(owner, _BaseComposition) and isinstance(value, list):  # (name, estimator)
        return [step[1] for step in value if hasattr(step[1], "get_params")]
    return []


def _is_known(estimator: Any) -> bool:
    return type(estimator).__module__.split(".")[0] in ("sklearn", "skfi")


def _speaks_of_columns(part: Any, n_columns: int, last: Any) -> bool:
    if not _is_known(part) or isinstance(part, _OF_SINGLE_COLUMNS):
        return True
    defaults = inspect.signature(type(part).__init__).parameters
    for name, value in part.get_params(deep=False).items():
        if part is last and name in ("network", "model"):
            continue
        if name in defaults and _is_default(value, defaults[name].default):
            continue
        if isinstance(part, _BaseComposition) and isinstance(value, list):
            continue  # of estimators, which are parts of their own
        if any(_may_address(n, v, n_columns) for n, v in _named(name, value)):
            return True
    return False


def _is_default(value: Any, default: Any) -> bool:
    """Whether a parameter that is no number has its default value."""
    if isinstance(value, Number):
        return False
    return value is default or (isinstance(value, (tuple, list, dict)) and value == default)


def _named(name: str, value: Any) -> list[tuple[str, Any]]:
    """A parameter, or what a search puts in its place, or what is passed on by a mapping."""
    if name in _GRIDS:
        return _candidates(value)
    if name == "importance_params" and isinstance(value, Mapping):
        return list(value.items())
    return [(name, value)]


def _candidates(grids: Any) -> list[tuple[str, Any]]:
    return [
        (name.split("__")[-1], candidate)
        for grid in (grids if isinstance(grids, (list, tuple)) else [grids])
        for name, values in grid.items()
        for candidate in ([] if hasattr(values, "rvs") else values)  # draws numbers
    ]


def _may_address(name: str, value: Any, n_columns: int) -> bool:
    if name in _OF_OTHER_THINGS or value is None or isinstance(value, str):
        return False
    if isinstance(value, Integral):
        return name in _COUNTS and int(value) > n_columns
    if isinstance(value, (Number, np.generic)):
        return False
    # estimators and kernels, whose parameters are asked on their own, metrics, splitters
    of_sklearn = getattr(value, "__module__", type(value).__module__) or ""
    return of_sklearn.split(".")[0] not in ("sklearn", "skfi")


def _input_shape(
    chain: Chain, last: LastStep, kind: Numbers, shape: Shape
) -> tuple[int | None, ...]:
    """The shape of a sample as it reaches the network."""
    n_timesteps, n_features = shape
    windows = [step.window for step in chain.all_of(SlidingWindow)]
    if windows:
        return (windows[0], n_features)
    if kind.X.ndim == 3 and not last.is_bare and last.mask_value is not None:
        return (None, n_features)  # padding may be longer in another array
    if kind.X.ndim == 2 and last.is_bare and n_timesteps == 1:
        return (n_features,)
    return kind.network_shape(n_timesteps, n_features)


def _n_outputs(last: LastStep, y: Any) -> int:
    y = np.asarray(y)
    if is_classifier(last.estimator):
        labels = {label for label in y.ravel().tolist() if label == label}  # not NaN
        return 1 if len(labels) == 2 else len(labels)
    return 1 if y.ndim == 1 or last.per_step else y.shape[1]
