"""The fit and the score of one fold without one unit."""

import os
import secrets
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from skfi._keras import keep_to_own_threads
from skfi.importance._index_view import left_out_view
from skfi.importance._lofo._estimator import LeftOutEstimator, LeftOutScorer
from skfi.importance._lofo._warm_start import WarmStart, trained_weights
from skfi.importance._memory import KeptScores
from skfi.importance._quiet import filters_lock, warnings_ignored

_TOKEN = secrets.token_hex(8)  # of this process and its forks

Fold = tuple[np.ndarray, np.ndarray]
Place = tuple[int, int]  # the number of a unit, after 0 for none, and of a fold


@dataclass(frozen=True)
class Done:
    """What became of one fit."""

    place: Place
    scores: list[float] | None = None  # of each output; None if the fit failed, or had no time
    error: str | None = None  # of a fit that failed
    not_kept: str | None = None  # why the scores could not be stored

    @property
    def is_open(self) -> bool:
        """Whether there was no time for it."""
        return self.scores is None and self.error is None


@dataclass(frozen=True)
class FoldJob:
    """What all fits share, in this process or in another one."""

    model: LeftOutEstimator
    scorer: LeftOutScorer
    kept: KeptScores | None
    error_score: Any  # "raise", or NaN for a fit that fails
    caller: tuple[int, str]  # the process

    def __sizeof__(self) -> int:
        """With the data: Dask sends what is large to each worker once, and not with each task."""
        X = self.model.data.X
        return object.__sizeof__(self) + int(getattr(X, "nbytes", 8 * len(X)))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Where code of the user's runs: quietly, and on the worker's share of the cores."""
        keep_to_own_threads()
        if this_process() == self.caller:  # where all threads are quiet already
            with joblib.parallel_config(n_jobs=1):
                yield
        else:  # joblib's backend may be a cluster, which is busy with the other fits
            with warnings_ignored(), joblib.parallel_config("threading", n_jobs=1):
                yield


def score_of(
    job: FoldJob, fold: Fold, place: Place, start: WarmStart | str | None, deadline: float | None
) -> Done:
    """Fit and score one fold without one unit, unless time is up, or what it starts from failed."""
    if isinstance(start, str):
        return Done(place, error=start)
    if _is_over(deadline):
        return Done(place)
    unit = None if place[0] == 0 else place[0] - 1
    try:
        with job.working():
            train, test = _views(job.model, fold, unit)
            fitted = job.model.starting_from(start).fit(train)
            done = Done(place, job.scorer(fitted, test))
    except Exception as error:
        if job.error_score == "raise":
            raise
        return Done(place, error=in_words(error))
    return kept_in(job.kept, done)


def weights_of(job: FoldJob, fold: Fold, deadline: float | None) -> list[np.ndarray] | str | None:
    """The weights of a network trained on a fold with all units; None if time is up.

    Where it fails, and failed fits count as NaN, it is why.
    """
    if _is_over(deadline):
        return None
    try:
        with job.working():
            train, _ = _views(job.model, fold, None)
            return trained_weights(job.model.fit(train))
    except Exception as error:
        if job.error_score == "raise":
            raise
        return in_words(error)


def in_words(error: Exception) -> str:
    """Why a fit failed."""
    return f"{type(error).__name__}: {error}"


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.time() > deadline


def name_of(place: Place) -> str:
    """The name under which the scores of a fit are stored."""
    unit, fold = place
    return f"fold{fold}-{'all' if unit == 0 else unit - 1}"


def kept_in(kept: KeptScores | None, done: Done) -> Done:
    """Store the scores of a fit, and note if that is not possible."""
    if kept is None:
        return done
    try:
        kept.keep(name_of(done.place), {"scores": done.scores})
    except OSError as error:
        return replace(done, not_kept=str(error))
    return done


def _views(model: LeftOutEstimator, fold: Fold, unit: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The index views that lofo trains and scores on for a fold without one unit.

    lofo and its cross-validation change the warning filters of the process, so only the views are
    made under the lock; fits run outside of it, in parallel.
    """
    n_samples = len(model.data.X)
    asked = _Asked()
    with filters_lock:
        from lofo import Dataset, LOFOImportance  # imports lightgbm: a second that few calls need

        # in this process, whatever joblib's backend is: what is asked for is kept in an object
        with warnings.catch_warnings(), joblib.parallel_config("sequential"):
            warnings.filterwarnings(  # lofo-importance 0.3.5
                "ignore", message="Please .* `csr_matrix`", category=DeprecationWarning
            )
            dataset = Dataset(
                pd.DataFrame({"row": np.arange(n_samples)}),
                target="row",
                features=[],
                feature_groups=left_out_view(n_samples, model.data.n_columns),
            )
            lofo = LOFOImportance(dataset, scoring=asked.score, model=asked, cv=[fold])
            lofo._get_cv_score(None if unit is None else str(unit))
    return asked.train, asked.test


def this_process() -> tuple[int, str]:
    """What tells processes apart, of other machines too."""
    return os.getpid(), _TOKEN


class _Asked(BaseEstimator):
    """An estimator that only records what it is fitted and scored on."""

    def __sklearn_clone__(self) -> "_Asked":
        return self

    def fit(self, view: np.ndarray, rows: np.ndarray) -> "_Asked":
        """Keep the training part."""
        self.train = view
        return self

    def score(self, fitted: Any, view: np.ndarray, rows: np.ndarray) -> float:
        """Keep the test part."""
        self.test = view
        return 0.0
