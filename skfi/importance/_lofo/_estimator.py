"""An estimator and a scorer that take lofo's index view in place of samples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skfi._keras import fits_ahead, jit_compile, jit_compile_as
from skfi.importance._fits import without_importances
from skfi.importance._lofo._sequences import SequenceData
from skfi.importance._lofo._warm_start import WarmStart
from skfi.importance._lofo._words import WordData
from skfi.importance._scoring import number_of


@dataclass(frozen=True)
class LeftOutEstimator:
    """Fits a clone of ``estimator`` on the rows and units that a view describes."""

    estimator: Any
    data: SequenceData | WordData
    fit_params: Mapping[str, Any]
    n_fits: int
    start: WarmStart | None = None
    jit_compile: bool | None = field(default_factory=jit_compile)  # the user's, elsewhere too

    def starting_from(self, start: WarmStart | None) -> Self:
        """A copy that continues training from given weights, if there are any."""
        return replace(self, start=start)

    def fit(self, view: np.ndarray) -> Any:
        """The fitted clone."""
        X, y, weight = self.data.gather(view)
        estimator = without_importances(self.data.prepare(clone(self.estimator), view))
        if self.start is not None:
            self.start.put_into(estimator, *self.data.kept(view))  # type: ignore[union-attr]  # no texts
        with jit_compile_as(self.jit_compile), fits_ahead(self.n_fits):
            return estimator.fit(X, y, **weight, **self.fit_params)


@dataclass(frozen=True)
class LeftOutScorer:
    """Scores a fitted clone on the rows and units that a view describes."""

    scorer: Callable
    name: str  # of the metric
    data: SequenceData | WordData
    by_output: bool = False  # whether the scorer returns a score for each output

    def __call__(self, fitted: Any, view: np.ndarray) -> list[float]:
        X, y, weight = self.data.gather(view)
        score = self.scorer(fitted, X, y, **weight)
        scores = score.values() if self.by_output else [score]
        return [checked_score(each, self.name) for each in scores]


def checked_score(score: Any, name: str) -> float:
    """``score`` if it is one finite number."""
    number = number_of(score)
    if number is None:
        raise ValueError(
            f"scoring={name!r} returned {score!r:.60} of type {type(score).__name__}; a metric "
            "returns one number, the higher the better."
        )
    if not np.isfinite(number):
        raise ValueError(
            f"scoring={name!r} returned {number}, which is not a finite number. The metric "
            "may be undefined in a fold, for instance for a single class."
        )
    return number
