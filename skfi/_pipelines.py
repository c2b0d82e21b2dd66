"""The steps of Pipelines, also inside searches and frozen estimators."""

from skfi._keras import refuse_legacy  # first, as it loads TensorFlow

# isort: split
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skfi._private import BaseSearchCV


@dataclass(frozen=True)
class _Step:
    estimator: Any
    is_frozen: bool
    is_searched: bool


class Chain:
    """The steps that samples pass on their way through an estimator, the last one among them.

    Pipelines, nested ones too, searches and frozen estimators are unwrapped, fitted or not. Of a
    search it is the best estimator, or the one that it will fit.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self._steps = list(_steps(estimator))
        if not self._steps:
            raise ValueError(
                f"estimator is a Pipeline without a step that predicts: {estimator!r}."
            )

    @property
    def steps(self) -> list[Any]:
        """All steps, the last one included."""
        return [step.estimator for step in self._steps]

    @property
    def before(self) -> list[Any]:
        """The steps before the last one."""
        return self.steps[:-1]

    @property
    def last(self) -> Any:
        """The last step, which predicts."""
        return self._steps[-1].estimator

    @property
    def is_frozen(self) -> bool:
        """Whether the last step is inside a FrozenEstimator."""
        return self._steps[-1].is_frozen

    @property
    def frozen_before(self) -> list[tuple[Any, bool]]:
        """The steps before the last one, and whether each is inside a FrozenEstimator."""
        return [(step.estimator, step.is_frozen) for step in self._steps[:-1]]

    @property
    def is_searched(self) -> bool:
        """Whether the last step is inside a search."""
        return self._steps[-1].is_searched

    def find(self, kind: type) -> int | None:
        """The position of the first step of a class; None if there is none."""
        return next((i for i, step in enumerate(self.steps) if isinstance(step, kind)), None)

    def all_of(self, kind: type) -> list[Any]:
        """The steps of a class."""
        return [step for step in self.steps if isinstance(step, kind)]

    def behind(self, position: int) -> Any:
        """An estimator of the steps that follow the one at a position."""
        following = self.steps[position + 1 :]
        named = [(f"step{i}", step) for i, step in enumerate(following)]
        return following[0] if len(following) == 1 else Pipeline(named)

    def transform(self, X: Any, n_steps: int | None = None) -> Any:
        """``X`` as it reaches the last step of a fitted estimator, or after ``n_steps`` steps."""
        for step in self.before[:n_steps]:
            X = step.transform(X)
        return X

    def names_behind(self, names: list[str] | None) -> list[str] | None:
        """Names of the features that reach the last step; None if a step gives none."""
        if not self.before:
            return names
        try:
            result: Any = names
            for step in self.before:
                result = step.get_feature_names_out(result)
        except AttributeError:
            return None
        return list(result)

    def check_is_fitted(self) -> None:
        """Raise NotFittedError unless all steps are fitted, and the search if there is one."""
        if isinstance(self.estimator, BaseSearchCV):
            check_is_fitted(self.estimator)
        for step in self.steps:
            refuse_legacy(step)
            if hasattr(type(step), "initialized_"):  # a wrapper of SciKeras, whose tags are old
                if not step.initialized_:
                    name = type(step).__name__
                    raise NotFittedError(f"This {name} is not fitted yet. Call fit first.")
            elif hasattr(step, "fit") and not isinstance(step, keras.Model):
                check_is_fitted(step)


def _steps(estimator: Any, is_frozen: bool = False, is_searched: bool = False) -> Iterator[_Step]:
    if isinstance(estimator, FrozenEstimator):
        yield from _steps(estimator.estimator, True, is_searched)
    elif hasattr(estimator, "best_estimator_"):
        yield from _steps(estimator.best_estimator_, is_frozen, True)
    elif isinstance(estimator, BaseSearchCV):
        yield from _steps(estimator.estimator, is_frozen, True)
    elif isinstance(estimator, Pipeline):
        for _, step in estimator.steps:
            if step not in (None, "passthrough"):
                yield from _steps(step, is_frozen, is_searched)
    else:
        yield _Step(estimator, is_frozen, is_searched)


def with_last(estimator: Any, change: Callable[[Any], Any]) -> Any:
    """An estimator with another last step, which ``change`` makes of the one it has.

    Returns the same object if nothing changes. A frozen estimator is itself the last step.
    """
    if isinstance(estimator, Pipeline) and estimator.steps:
        *before, (name, last) = estimator.steps
        changed = with_last(last, change)
        return estimator if changed is last else Pipeline([*before, (name, changed)])
    return change(estimator)


def unfrozen(estimator: Any) -> Any:
    """An estimator whose last step, frozen or not, can be trained again."""

    def open_last(last: Any) -> Any:
        if isinstance(last, FrozenEstimator):
            return unfrozen(last.estimator)
        if isinstance(last, BaseSearchCV):
            inner = unfrozen(last.estimator)
            unchanged = inner is last.estimator
            return last if unchanged else clone(last).set_params(estimator=inner)
        return last

    return with_last(estimator, open_last)
