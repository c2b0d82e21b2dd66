"""The scorer for an estimator, and the name of its metric."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline

from skfi._given import check_scoring as check_metric_kind
from skfi._given import naming
from skfi._keras import calls_by_xla, jit_compile, jit_compile_as, worth_calling
from skfi._private import BaseSearchCV, score_function, score_sign
from skfi.importance._inputs._last_step import LastStep
from skfi.metrics import step_scorer


def scoring_of(estimator: Any, scoring: Any) -> Any:
    """``scoring``, or if that is None the one by which the estimator's own ``score`` scores.

    That is of a search, also inside a Pipeline, a frozen or an explained estimator.
    """
    if scoring is not None:
        return scoring
    if isinstance(estimator, BaseSearchCV):
        own = _of_search(estimator)
        inner = getattr(estimator, "best_estimator_", estimator.estimator)
        return scoring_of(inner, own)
    if isinstance(estimator, LogisticRegressionCV):
        return estimator.scoring
    if isinstance(estimator, FrozenEstimator):
        return scoring_of(estimator.estimator, None)
    if isinstance(estimator, Pipeline):
        return scoring_of(estimator.steps[-1][1], None)
    wrapped = getattr(estimator, "scores_as", None)
    return None if wrapped is None else scoring_of(wrapped, None)


def _of_search(search: BaseSearchCV) -> Any:
    if isinstance(search.scoring, Mapping):
        return search.scoring[search.refit]
    several = isinstance(search.scoring, (list, tuple, set))
    return search.refit if several else search.scoring


def scorer_for(estimator: Any, scoring: Any) -> Callable:
    """scikit-learn's scorer; for an estimator with an output at every step one of all steps.

    A callable of the user gets the predictions unchanged.
    """
    check_metric_kind(scoring)
    last = LastStep.at_end_of(estimator)
    with naming("scoring", scoring, "a metric of this estimator"):
        scorer = check_scoring(estimator, scoring=last.scoring_for(scoring))
    if not last.per_step:
        return scorer
    if isinstance(scoring, Mapping):
        return _Scorers({name: scorer_for(estimator, metric) for name, metric in scoring.items()})
    if scoring is None:
        scoring = "accuracy" if is_classifier(estimator) else "r2"
    own_function = callable(scoring) and score_function(scoring) is None
    return scorer if own_function else step_scorer(scoring)


@dataclass(frozen=True)
class _Scorers:
    """Several scorers by name."""

    scorers: dict[str, Callable]

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> dict[str, Any]:
        return {name: score(estimator, X, y, **kwargs) for name, score in self.scorers.items()}


@dataclass(frozen=True)
class QuickScorer:
    """A scorer for many scores: predictions are made by XLA if so many are worth a compilation.

    It carries the user's XLA setting into other processes.
    """

    scorer: Callable
    n_scores: int
    jit_compile: bool | None = field(default_factory=jit_compile)

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> Any:
        model = LastStep.at_end_of(estimator).network
        if model is None:
            return self.scorer(estimator, X, y, **kwargs)
        n_timesteps = max((tensor.shape[1:2] or (1,))[0] or 1 for tensor in model.inputs)
        if n_timesteps == 1 and getattr(X, "ndim", 2) > 2:
            n_timesteps = X.shape[1]
        with jit_compile_as(self.jit_compile):
            is_worth_it = worth_calling(model, n_timesteps, self.n_scores * len(y))
            with calls_by_xla(is_worth_it):
                return self.scorer(estimator, X, y, **kwargs)


def number_of(score: Any) -> float | None:
    """A score as a number, which need not be finite; None if it is not a single one."""
    value = np.asarray(score)
    return None if value.ndim or value.dtype.kind not in "fiu" else float(value)


def scoring_name(estimator: Any, scoring: Any) -> str:
    """The name of ``scoring``, or of what the estimator's ``score`` measures."""
    if isinstance(scoring, str):
        return scoring
    if scoring is not None:
        function = score_function(scoring, scoring)
        sign = "neg_" if score_sign(scoring) < 0 else ""
        return sign + getattr(function, "__name__", type(function).__name__)
    if is_classifier(estimator):
        return "accuracy"
    return "r2" if is_regressor(estimator) else "score"


def own_metric(estimator: Any) -> str | None:
    """The metric that is the estimator's own ``score``, of one label or number for each row."""
    step = LastStep.at_end_of(estimator)
    if step.per_step:
        return None
    last = step.estimator
    score = getattr(type(last), "score", None)
    home = getattr(score, "__module__", None) or ""
    if home.startswith("scikeras."):  # there it calls a metric that a subclass may replace
        home = getattr(getattr(type(last), "scorer", None), "__module__", None) or ""
    if is_classifier(last):
        known = (
            home.startswith(("sklearn.", "skfi.", "scikeras.")) and home != "sklearn.multioutput"
        )
        return "accuracy" if known else None
    known = score is RegressorMixin.score or (
        is_regressor(last) and home.startswith(("skfi.", "scikeras."))
    )
    return "r2" if known else None


def metric_of(result: Mapping[str, Any]) -> tuple[str, int]:
    """The metric of a result in words, without "neg", and -1 if its score is the negative of it."""
    name = str(result.get("scoring") or "score")
    if name.startswith("neg_"):
        return name.removeprefix("neg_").replace("_", " "), -1
    return name.replace("_", " "), 1
