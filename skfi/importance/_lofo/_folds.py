"""The fits and scores of LOFO: one fold without one unit at a time, in parallel."""

import os
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from tqdm.auto import tqdm

from skfi._keras import keep_to_own_threads
from skfi.importance._fits import parallel
from skfi.importance._index_view import left_out_view
from skfi.importance._lofo._estimator import LeftOutEstimator, LeftOutScorer
from skfi.importance._lofo._warm_start import WarmStart, trained_weights
from skfi.importance._quiet import filters_lock, warnings_ignored

Fold = tuple[np.ndarray, np.ndarray]


def scores_of_folds(
    model: LeftOutEstimator,
    scorer: LeftOutScorer,
    folds: list[Fold],
    *,
    n_units: int,
    refit_epochs: int | None,
    n_jobs: int | None,
    scoring: Any,
    verbose: int,
) -> np.ndarray:
    """Scores (n_outputs, 1 + n_units, n_folds): with all units, then without each.

    There is one output, unless the scorer scores each on its own.

    With ``refit_epochs`` a network is trained for each fold, and all networks of the fold, also the
    one with all units, continue from it for that many epochs.
    """
    run = parallel(model.estimator, n_jobs, scoring=scoring)
    parent_pid = os.getpid()
    n_scores = (1 + n_units) * len(folds)

    def in_parallel(jobs: Iterator) -> Iterator[Any]:
        for result in run(jobs):
            progress.update()
            yield result

    with tqdm(total=n_scores, desc="lofo", disable=not verbose) as progress, warnings_ignored():
        models = [model] * len(folds)
        if refit_epochs is not None:
            progress.total += len(folds)
            full = (joblib.delayed(_full_weights)(model, fold, parent_pid) for fold in folds)
            weights = list(in_parallel(full))
            models = [model.starting_from(WarmStart(start, refit_epochs)) for start in weights]
        jobs = (
            joblib.delayed(_fold_score)(model, scorer, fold, unit, parent_pid)
            for unit in [None, *range(n_units)]
            for model, fold in zip(models, folds, strict=True)
        )
        scores = list(in_parallel(jobs))
    return np.reshape(scores, (1 + n_units, len(folds), -1)).transpose(2, 0, 1).copy()


def _fold_score(
    model: LeftOutEstimator, scorer: LeftOutScorer, fold: Fold, unit: int | None, caller: int
) -> list[float]:
    """Score of one fold without one unit, or that of each output."""
    keep_to_own_threads()
    train, test = _views(model, fold, unit)
    # in the process that calls, all threads are quiet already
    quiet = nullcontext() if os.getpid() == caller else warnings_ignored()
    with quiet, joblib.parallel_config(n_jobs=1):
        return scorer(model.fit(train), test)


def _full_weights(model: LeftOutEstimator, fold: Fold, caller: int) -> list[np.ndarray]:
    """The weights of a network that was trained on a fold with all units."""
    keep_to_own_threads()
    train, _ = _views(model, fold, None)
    quiet = nullcontext() if os.getpid() == caller else warnings_ignored()
    with quiet, joblib.parallel_config(n_jobs=1):
        return trained_weights(model.fit(train))


def _views(model: LeftOutEstimator, fold: Fold, unit: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The index views that lofo trains and scores on for a fold without one unit.

    lofo and its cross-validation change the warning filters of the process, so only the views are
    made under the lock; fits run outside of it, in parallel.
    """
    n_samples = len(model.data.X)
    asked = _Asked()
    with filters_lock:
        from lofo import Dataset, LOFOImportance  # imports lightgbm: a second that few calls need

        with warnings.catch_warnings():
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
