"""Input checks of the estimators: the errors of scikit-learn, extended to 3-D arrays.

``check_sequences`` leaves ``X`` in the form in which it came; ``network_input`` makes of it what
the network takes.
"""

from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from skfi._containers import check_kinds, container
from skfi._folding import fold
from skfi._padding import NAN_STAND_IN, check_padding, fill_padding, real_positions, real_steps
from skfi.recurrent._token_ids import check_token_ids, network_ids, reads_tokens


def check_sequences(estimator: BaseEstimator, X: Any, *, reset: bool) -> np.ndarray:
    """``X`` as floats, checked against what ``estimator`` was fitted on, in the rank it came in.

    With ``reset`` the estimator learns ``n_features_in_``, ``n_timesteps_in_`` and, from a
    DataFrame, ``feature_names_in_``. For 3-D input ``n_features_in_`` is the number of features of
    a step; scikit-learn's own check would take the number of steps.
    """
    if reads_tokens(estimator):
        return check_token_ids(estimator, X, reset=reset)
    mask_value = estimator.mask_value
    finite: Any = "allow-nan" if mask_value is not None and np.isnan(mask_value) else True
    dtype = np.dtype(keras.config.floatx())
    X = container(X)
    if not hasattr(X, "ndim"):  # a list, or whatever turns into an array
        X = np.asarray(X)
    check_kinds(X)
    if not reset and (X.ndim, estimator._n_dim_in) in ((2, 3), (3, 2)):
        raise ValueError(
            f"X is {X.ndim}-D, shape {X.shape}, but {type(estimator).__name__} was fitted on "
            f"{estimator._n_dim_in}-D X; expected {_expected(estimator)}."
        )
    if X.ndim <= 2:
        X = validate_data(estimator, X, dtype=dtype, reset=reset, ensure_all_finite=finite)
    else:
        values = np.asarray(X)
        if mask_value is None and values.dtype.kind == "f" and np.isnan(values).any():
            raise ValueError(
                f"Input X contains NaN in {int(np.isnan(values).sum())} cells, and mask_value is "
                "None. If NaN marks the padding at the end of sequences, as stack_sequences makes "
                "it, set mask_value=np.nan; otherwise fill it in."
            )
        X = check_array(
            X,
            dtype=dtype,
            allow_nd=True,
            ensure_all_finite=finite,
            estimator=estimator,
            input_name="X",
        )
        if X.ndim != 3:
            raise ValueError(
                f"X has {X.ndim} dimensions, shape {X.shape}; expected (n_samples, n_timesteps, "
                "n_features), or 2-D with n_timesteps."
            )
        if 0 in X.shape[1:]:
            raise ValueError(f"X has no time steps or no features: shape {X.shape}.")
    if reset:
        _, steps, features = fold(X, estimator.n_timesteps).shape
        estimator._n_dim_in = X.ndim
        estimator.n_timesteps_in_ = steps
        if hasattr(estimator, "n_tokens_"):  # of an earlier fit on token ids
            del estimator.n_tokens_
        if X.ndim == 3:
            estimator.n_features_in_ = features
            if hasattr(estimator, "feature_names_in_"):  # of an earlier fit on a DataFrame
                del estimator.feature_names_in_
    elif X.ndim == 3:
        _check_shape(estimator, X)
    if mask_value is not None:
        sequences = fold(X, estimator.n_timesteps_in_ if X.ndim == 2 else None)
        check_padding(sequences, mask_value, warn=reset)
    return X


def network_input(estimator: Any, X: np.ndarray) -> np.ndarray:
    """Checked ``X`` as the network takes it: sequences, or token ids."""
    if reads_tokens(estimator):
        return network_ids(X)
    X = fold(X, estimator.n_timesteps_in_ if X.ndim == 2 else None)
    if estimator.mask_value is not None and np.isnan(estimator.mask_value):
        X = fill_padding(X, np.nan, NAN_STAND_IN)
    return X


def network_mask_value(estimator: Any) -> float | None:
    """The value that padded steps have in the network's input, exact in its type."""
    mask_value = estimator.mask_value
    if mask_value is None:
        return None
    if np.isnan(mask_value):
        return NAN_STAND_IN
    return float(np.asarray(mask_value).astype(keras.config.floatx()))


def steps_to_read(estimator: Any, X: np.ndarray) -> np.ndarray:
    """Where checked ``X`` is not padding, as a bool (n_samples, n_timesteps)."""
    if reads_tokens(estimator):
        return real_positions(X)
    X = fold(X, estimator.n_timesteps_in_ if X.ndim == 2 else None)
    if estimator.mask_value is None:
        return np.ones(X.shape[:2], dtype=bool)
    return real_steps(X, estimator.mask_value)


def _check_shape(estimator: BaseEstimator, X: np.ndarray) -> None:
    name = type(estimator).__name__
    if X.shape[2] != estimator.n_features_in_:
        raise ValueError(
            f"X has {X.shape[2]} features, but {name} is expecting {estimator.n_features_in_} "
            f"features as input: {_expected(estimator)}."
        )
    any_length = estimator.mask_value is not None  # longer or shorter padding
    if not any_length and estimator.n_timesteps_in_ not in (None, X.shape[1]):
        raise ValueError(
            f"X has {X.shape[1]} time steps, but {name} is expecting "
            f"{estimator.n_timesteps_in_} time steps: {_expected(estimator)}."
        )


def _expected(estimator: BaseEstimator) -> str:
    if estimator._n_dim_in == 2:
        return f"(n_samples, {estimator.n_features_in_})"
    return f"(n_samples, {estimator.n_timesteps_in_ or 'any'}, {estimator.n_features_in_})"
