"""Many fits: side by side, and without what single fits compute besides."""

import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import joblib
from joblib.parallel import get_active_backend

from skfi._keras import FORKED, has_computed
from skfi._pipelines import Chain
from skfi._private import (
    LokyBackend,
    MultiprocessingBackend,
    _openmp_effective_n_threads,
    score_function,
)
from skfi.importance._inputs._last_step import LastStep

_AT_A_TIME = 2  # more, which joblib.parallel_config asks for, were not measured


def without_importances(estimator: Any) -> Any:
    """An estimator, changed so that its own fit computes no importances."""
    last = LastStep.at_end_of(estimator).sequences
    if last is not None:
        last.set_params(importance=None, importance_params=None)
    return estimator


class _Counting(joblib.Parallel):
    """Calls a function with the number of jobs that have ended since its last call."""

    when_done: Callable[[int], Any] | None = None
    _n_counted = 0

    def __call__(self, iterable: Any) -> Any:
        """Run jobs, which are counted from 0."""
        self._n_counted = 0
        return super().__call__(iterable)

    def print_progress(self) -> None:
        """As joblib calls it after each batch of jobs, in the process that waits for them."""
        if self.when_done is not None:
            self.when_done(self.n_completed_tasks - self._n_counted)
            self._n_counted = self.n_completed_tasks
        super().print_progress()


def parallel(
    estimator: Any,
    n_jobs: int | None,
    *,
    scoring: Any = None,
    when_done: Callable[[int], Any] | None = None,
) -> joblib.Parallel:
    """What runs fits of an estimator and scores of them, several at a time.

    If the user said nothing about jobs, neither here nor to joblib, and all code is known, these
    are two threads: they share the data and what was compiled, and give the same numbers as one.
    ``when_done`` is called with how many jobs have ended since its last call.
    """
    check_jobs(estimator, n_jobs)
    settings = _settings(estimator, n_jobs, scoring)
    jobs = _Counting(**settings)
    jobs.when_done = when_done
    return jobs


def check_jobs(estimator: Any, n_jobs: int | None) -> None:
    """Raise RuntimeError where processes would be forked in which a network hangs.

    A network cannot say so itself: it would hang while it is unpickled.
    """
    backend, _ = get_active_backend()
    start = os.environ.get("JOBLIB_START_METHOD") or multiprocessing.get_start_method()
    if type(backend) is not MultiprocessingBackend or start != "fork" or not has_computed():
        return
    last = LastStep.at_end_of(estimator)
    has_network = last.sequences is not None or last.network is not None
    if has_network and joblib.effective_n_jobs(n_jobs) > 1:
        raise RuntimeError(FORKED)


def _settings(estimator: Any, n_jobs: int | None, scoring: Any) -> dict[str, Any]:
    backend, configured = get_active_backend()
    is_open = n_jobs is None and configured is None and not backend.nesting_level
    if is_open and isinstance(backend, LokyBackend) and _is_known(estimator, scoring):
        n_threads = min(_AT_A_TIME, _openmp_effective_n_threads())
        return {"n_jobs": n_threads, "backend": "threading", "return_as": "generator"}
    as_they_end = getattr(backend, "supports_return_generator", False)
    return {"n_jobs": n_jobs, "return_as": "generator" if as_they_end else "list"}


def _is_known(estimator: Any, scoring: Any) -> bool:
    """Whether fits and scores run no code but skfi's, scikit-learn's and Keras' own layers."""
    chain = Chain(estimator)
    of_own_metric = callable(scoring) and not _is_ours(score_function(scoring, scoring))
    if of_own_metric or chain.is_searched or not all(map(_is_ours, chain.steps)):
        return False
    last = LastStep.of(chain.last)
    return last.sequences is not None and not last.runs_own_code


def _is_ours(thing: Any) -> bool:
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return module.split(".")[0] in ("skfi", "sklearn")
