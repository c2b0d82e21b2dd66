"""Samples of numbers: how they fold, are named, and pass through the steps of a Pipeline."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi._pipelines import Chain
from skfi._private import _safe_indexing
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._one_array import OneArray
from skfi.preprocessing import SlidingWindow


@dataclass(frozen=True)
class Numbers(OneArray):
    """Sequences of numbers, rows of a table, or rows that a Pipeline makes sequences of."""

    column = "feature"  # what a column of ``X`` is, or its last axis

    X: Any  # (n_samples, n_timesteps, n_features), or 2-D, a DataFrame too
    n_timesteps: int | None  # that the columns of 2-D X fold into
    names: list[str] | None
    real: np.ndarray | None  # (n_samples, n_timesteps): False for padding; None if all is real
    from_start: bool  # whether time steps are counted from the first, as sequences may be padded

    @property
    def shape(self) -> tuple[int, ...]:
        """Of ``X``."""
        return self.X.shape

    @property
    def may_be_padded(self) -> bool:
        """Whether sequences may be padded, even where it is not known which steps are."""
        return self.from_start

    @property
    def width(self) -> int | None:
        """How many units there are by feature without groups, if correlations are of these."""
        return self.X.shape[-1]

    @property
    def longest(self) -> int:
        """Time steps, or columns."""
        return self.n_timesteps or self.shape[1]

    def of_samples(self, rows: np.ndarray) -> Self:
        """Some of the samples."""
        real = None if self.real is None else self.real[rows]
        return replace(self, X=_safe_indexing(self.X, rows), real=real)

    def contiguous(self) -> Self:
        """The same, whose array has its rows one after the other; a table as it is."""
        if hasattr(self.X, "iloc"):
            return self
        return replace(self, X=np.ascontiguousarray(self.X))

    @staticmethod
    def network_shape(n_timesteps: int | None, n_features: int) -> tuple[int | None, ...]:
        """The shape of a sample as a network takes it."""
        return (n_timesteps, n_features)


def columns_fold_into(chain: Chain, X: Any) -> int | None:
    """How many time steps the columns of 2-D ``X`` fold into; None if they do not fold.

    Behind the steps of a Pipeline that is known only if each leaves a column where it was.
    """
    if len(X.shape) != 2 or not all(map(_keeps_columns, chain.before)):
        return None
    return LastStep.of(chain.last).n_timesteps


def _keeps_columns(step: Any) -> bool:
    return step in (None, "passthrough") or isinstance(step, OneToOneFeatureMixin)


def input_features_stay(chain: Chain, *, constant: bool = False) -> bool:
    """Whether each feature of ``X`` reaches the last step of a Pipeline as itself.

    ``constant`` asks for samples in which no feature is missing: then steps may address columns,
    and those that are frozen or learn nothing do to the other columns what they did.
    """
    return all(
        (constant and is_frozen) or keeps_features(step, constant=constant)
        for step, is_frozen in chain.frozen_before
    )


def keeps_features(step: Any, *, constant: bool = False) -> bool:
    """Whether each feature that enters a step of a Pipeline leaves it as itself."""
    if isinstance(step, Pipeline):
        return all(keeps_features(inner, constant=constant) for _, inner in step.steps)
    if constant and isinstance(step, ColumnTransformer):
        parts = [part for _, part, _ in step.transformers] + [step.remainder]
        return all(part == "drop" or keeps_features(part, constant=constant) for part in parts)
    if constant and isinstance(step, (FrozenEstimator, FunctionTransformer)):
        return True
    return _keeps_columns(step) or isinstance(step, SlidingWindow)


def window_of(chain: Chain) -> int:
    """The length of the windows that a Pipeline makes of rows; 1 if it makes none."""
    return max([step.window for step in chain.all_of(SlidingWindow)], default=1)


def input_names(estimator: Any, X: Any) -> list[str] | None:
    """Column names of ``X``, or those that ``estimator`` was fitted on."""
    if hasattr(X, "columns"):
        repeated = sorted(map(str, X.columns[X.columns.duplicated()].unique()))
        if repeated:
            raise ValueError(f"The columns of X must differ from each other; repeated: {repeated}.")
        return [str(name) for name in X.columns]
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None or len(names) != X.shape[-1] else np.asarray(names).tolist()
