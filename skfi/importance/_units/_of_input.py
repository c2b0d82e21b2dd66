"""What is permuted: the units of the input, and which of its steps are real."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from skfi._folding import fold
from skfi.importance._inputs._adapters import mask_of, steps_read_by
from skfi.importance._inputs._pipeline import columns_fold_into, input_names
from skfi.importance._inputs._tokens import Tokens, steps_of
from skfi.importance._units._cells import Units, make_units
from skfi.importance._units._correlation import resolve_groups
from skfi.importance._units._words import make_positions
from skfi.preprocessing import SlidingWindow


def check_input(X: Any) -> np.ndarray:
    """``X`` as an array of two or three dimensions, which may hold NaN."""
    if getattr(np.asarray(X), "dtype", np.dtype(float)).kind in "OUT" and np.ndim(X) == 1:
        raise ValueError(
            "X holds texts, but estimator is no Pipeline with a TextSequencer and no network with "
            "a TextVectorization layer, so its words are not known."
        )
    X = check_array(X, dtype=None, allow_nd=True, ensure_all_finite="allow-nan", input_name="X")
    if X.ndim > 3:
        raise ValueError(f"X has {X.ndim} dimensions, shape {X.shape}; expected 2 or 3.")
    return X


def units_of(
    estimator: Any, X: Any, tokens: Tokens | None, by: str, feature_names: Any, feature_groups: Any
) -> tuple[Units, np.ndarray | None]:
    """The units of sequences and which steps are not padding, None if nothing is."""
    if tokens is not None:
        units = make_positions(tokens, by, feature_groups)
        return units, tokens.real
    n_timesteps = columns_fold_into(estimator, X)
    real = _real_steps(estimator, X, n_timesteps)
    names = input_names(estimator, X) if feature_names is None else feature_names
    units = make_units(
        X.shape,
        by=by,
        n_timesteps=n_timesteps,
        feature_names=names,
        feature_groups=resolve_groups(feature_groups, X, names, by=by, real=real),
        from_start=real is not None,
    )
    return units, real


def _real_steps(estimator: Any, X: Any, n_timesteps: int | None) -> np.ndarray | None:
    """Which steps the network reads; they are padding where they reach it as its mask value."""
    *before, last = steps_of(estimator)
    if mask_of(last) is None or window_of(estimator) > 1:
        return None
    for step in before:
        X = step.transform(X)
    X = X.to_numpy(np.float64, na_value=np.nan) if hasattr(X, "columns") else np.asarray(X)
    if X.ndim == 2 and n_timesteps is None:
        if getattr(last, "n_timesteps_in_", 1) == 1:
            return None
        raise ValueError(
            f"The columns of X fold into {last.n_timesteps_in_} steps only behind the steps of "
            "the Pipeline, so it is not known which are padding. Transform X first, and pass the "
            "last step."
        )
    return steps_read_by(last, fold(X, n_timesteps if X.ndim == 2 else None))


def window_of(estimator: Any) -> int:
    """The length of the windows that a Pipeline makes of rows; 1 if it makes none."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, SlidingWindow):
        return estimator.window
    return max([window_of(step) for _, step in getattr(estimator, "steps", [])], default=1)
