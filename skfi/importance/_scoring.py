"""The scorer for an estimator, and what its metric is called in tables and pictures."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import joblib
from joblib.parallel import get_active_backend
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring
from sklearn.model_selection._search import BaseSearchCV

from skfi._keras import calls_by_xla, jit_compile, jit_compile_as, structure, worth_calling
from skfi.importance._tokens import network_of, steps_of
from skfi.metrics import step_scorer
from skfi.metrics._step_scorer import last_of


def scoring_of(estimator: Any, scoring: Any) -> Any:
    """``scoring``; if that is None, what a search was told to choose by."""
    if scoring is not None or not isinstance(estimator, BaseSearchCV):
        return scoring
    if isinstance(estimator.scoring, Mapping):
        return estimator.scoring[estimator.refit]
    several = isinstance(estimator.scoring, (list, tuple, set))
    return estimator.refit if several else estimator.scoring


def scorer_for(estimator: Any, scoring: Any) -> Callable:
    """scikit-learn's scorer; for an estimator with an output at every step one of all steps.

    A user's own function gets what the estimator predicts as it is.
    """
    scorer = check_scoring(estimator, scoring=scoring)
    if not getattr(last_of(estimator), "return_sequences", False):
        return scorer
    if isinstance(scoring, Mapping):
        return _Scorers({name: scorer_for(estimator, one) for name, one in scoring.items()})
    if scoring is None:
        scoring = "accuracy" if is_classifier(estimator) else "r2"
    own_function = callable(scoring) and not hasattr(scoring, "_score_func")
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

    The user's setting travels with it into other processes.
    """

    scorer: Callable
    n_scores: int
    jit_compile: bool | None = field(default_factory=jit_compile)

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> Any:
        model = network_of(steps_of(estimator)[-1])
        if model is None:
            return self.scorer(estimator, X, y, **kwargs)
        n_timesteps = (model.inputs[0].shape[1:2] or (1,))[0] or X.shape[1]
        with jit_compile_as(self.jit_compile):
            pays = worth_calling(model, n_timesteps, self.n_scores * len(X))
            with calls_by_xla(pays):
                return self.scorer(estimator, X, y, **kwargs)


def side_by_side(estimator: Any, scoring: Any, n_jobs: int | None) -> AbstractContextManager:
    """In which joblib scores two units at once, so that a network never waits for Python.

    They share the threads of one. A user who has said how to work in parallel is left to it, and
    code of the user is called by one thread at a time.
    """
    *before, last = steps_of(estimator)
    own_code = bool(before) or not isinstance(scoring, (str, type(None)))  # steps may be anyone's
    in_parallel = get_active_backend()[1] not in (1, None)
    model = network_of(last)
    if n_jobs is not None or own_code or in_parallel or model is None or structure(model) is None:
        return nullcontext()
    return joblib.parallel_config(backend="threading", n_jobs=2)


def scoring_name(estimator: Any, scoring: Any) -> str:
    """The name of ``scoring``, or of what the estimator's ``score`` measures."""
    if isinstance(scoring, str):
        return scoring
    if scoring is not None:
        function = getattr(scoring, "_score_func", scoring)
        sign = "neg_" if getattr(scoring, "_sign", 1) < 0 else ""
        return sign + getattr(function, "__name__", type(function).__name__)
    if is_classifier(estimator):
        return "accuracy"
    return "r2" if is_regressor(estimator) else "score"
