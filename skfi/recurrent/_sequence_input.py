"""Sequences of numbers as input: the errors of scikit-learn, extended to 3-D arrays."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skfi._containers import check_kinds, container
from skfi._folding import fold
from skfi._given import EXPECTED, naming
from skfi._padding import NAN_STAND_IN, check_padding, real_steps
from skfi.recurrent._parameters import Parameters


@dataclass(frozen=True)
class Samples:
    """Checked samples, in each form that is needed of them."""

    X: np.ndarray  # in the rank that it came in
    network_input: np.ndarray
    real: np.ndarray  # bool (n_samples, n_timesteps), False where padded


@dataclass
class SequenceReader:
    """Reads sequences of numbers, 3-D or in 2-D rows, for an estimator."""

    estimator: Parameters

    def check(self, X: Any, *, reset: bool) -> np.ndarray:
        """``X`` checked, with errors that name it; see ``_check``."""
        with naming("X", X, EXPECTED):
            return self._check(X, reset=reset)

    def _check(self, X: Any, *, reset: bool) -> np.ndarray:
        """``X`` as floats, checked against what was fitted on, in the rank that it came in.

        With ``reset`` the estimator learns ``n_features_in_``, ``n_timesteps_in_`` and, from a
        DataFrame, ``feature_names_in_``. For 3-D input ``n_features_in_`` is the number of features
        of a step; scikit-learn's own check would take the number of steps.
        """
        estimator, mask_value = self.estimator, self.estimator.mask_value
        finite: Any = "allow-nan" if mask_value is not None and np.isnan(mask_value) else True
        dtype = np.dtype(keras.config.floatx())
        X = container(X)
        if not hasattr(X, "ndim"):  # a list, or whatever turns into an array
            X = np.asarray(X)
        check_kinds(X)
        if not reset and (X.ndim, estimator._n_dim_in) in ((2, 3), (3, 2)):
            raise ValueError(
                f"X is {X.ndim}-D, shape {X.shape}, but {type(estimator).__name__} was fitted on "
                f"{estimator._n_dim_in}-D X; expected {self._expected()}."
            )
        if X.ndim <= 2:
            X = validate_data(estimator, X, dtype=dtype, reset=reset, ensure_all_finite=finite)
        else:
            values = np.asarray(X)
            if mask_value is None and values.dtype.kind == "f" and np.isnan(values).any():
                raise ValueError(
                    f"Input X contains NaN in {int(np.isnan(values).sum())} cells, and mask_value "
                    "is None. If NaN marks the padding at the end of sequences, as stack_sequences "
                    "makes it, set mask_value=np.nan; otherwise fill it in."
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
                    f"X has {X.ndim} dimensions, shape {X.shape}; expected (n_samples, "
                    "n_timesteps, n_features), or 2-D with n_timesteps."
                )
            if 0 in X.shape[1:]:
                raise ValueError(f"X has no time steps or no features: shape {X.shape}.")
        if reset:
            self._learn_shape(X)
        elif X.ndim == 3:
            self._check_shape(X)
        if mask_value is not None:
            check_padding(self._fold(X), mask_value, warn=reset)
        return X

    def read(self, X: np.ndarray) -> Samples:
        """Checked ``X`` as the network takes it, and which of its steps are not padding."""
        sequences, mask_value = self._fold(X), self.estimator.mask_value
        if mask_value is None:
            return Samples(X, sequences, np.ones(sequences.shape[:2], dtype=bool))
        real = real_steps(sequences, mask_value)
        if np.isnan(mask_value):
            stand_in = np.asarray(NAN_STAND_IN, dtype=sequences.dtype)
            sequences = np.where(real[:, :, None], sequences, stand_in)
        return Samples(X, sequences, real)

    def overlap(self) -> int:
        """How many rows may hold a part of the same window, if rows are windows of a series."""
        return int(self.estimator.n_timesteps_in_)

    def embedding(self) -> None:
        """None: numbers need none."""

    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of a sample that the network takes."""
        estimator = self.estimator
        steps, n_features = estimator.n_timesteps_in_, estimator.n_features_in_
        if estimator._n_dim_in == 2:
            return (steps, n_features // steps)
        # padding may be longer in another array
        return (None if estimator.mask_value is not None else steps, n_features)

    def network_mask_value(self) -> float | None:
        """The value that padded steps have in the network's input, exact in its type."""
        mask_value = self.estimator.mask_value
        if mask_value is None:
            return None
        if np.isnan(mask_value):
            return NAN_STAND_IN
        return float(np.asarray(mask_value).astype(keras.config.floatx()))

    def _fold(self, X: np.ndarray) -> np.ndarray:
        return fold(X, self.estimator.n_timesteps_in_ if X.ndim == 2 else None)

    def _learn_shape(self, X: np.ndarray) -> None:
        estimator = self.estimator
        _, steps, features = fold(X, estimator.n_timesteps).shape
        estimator._n_dim_in = X.ndim
        estimator.n_timesteps_in_ = steps
        if hasattr(estimator, "n_tokens_"):  # of an earlier fit on token ids
            del estimator.n_tokens_
        if X.ndim == 3:
            estimator.n_features_in_ = features
            if hasattr(estimator, "feature_names_in_"):  # of an earlier fit on a DataFrame
                del estimator.feature_names_in_

    def _check_shape(self, X: np.ndarray) -> None:
        estimator = self.estimator
        name = type(estimator).__name__
        if X.shape[2] != estimator.n_features_in_:
            raise ValueError(
                f"X has {X.shape[2]} features, but {name} is expecting {estimator.n_features_in_} "
                f"features as input: {self._expected()}."
            )
        any_length = estimator.mask_value is not None  # longer or shorter padding
        if not any_length and estimator.n_timesteps_in_ not in (None, X.shape[1]):
            raise ValueError(
                f"X has {X.shape[1]} time steps, but {name} is expecting "
                f"{estimator.n_timesteps_in_} time steps: {self._expected()}."
            )

    def _expected(self) -> str:
        estimator = self.estimator
        if estimator._n_dim_in == 2:
            return f"(n_samples, {estimator.n_features_in_})"
        return f"(n_samples, {estimator.n_timesteps_in_ or 'any'}, {estimator.n_features_in_})"
