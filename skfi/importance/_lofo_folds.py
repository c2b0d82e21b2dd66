"""The fits and scores of LOFO: one fold without one unit at a time, in parallel."""

import warnings
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone
from tqdm.auto import tqdm

from skfi._keras import keep_to_own_threads
from skfi.importance._index_view import left_out_view
from skfi.importance._left_out import Failure, LeftOutEstimator, LeftOutScorer
from skfi.importance._warm import WarmStart, trained_weights

Fold = tuple[np.ndarray, np.ndarray]


def scores_of_folds(
    model: LeftOutEstimator,
    scorer: LeftOutScorer,
    folds: list[Fold],
    *,
    n_units: int,
    refit_epochs: int | None,
    n_jobs: int | None,
    verbose: int,
) -> np.ndarray:
    """Scores (1 + n_units, n_folds): with all units, then without each.

    With ``refit_epochs`` a network is trained for each fold, and each score is of one that goes on
    from there for so many epochs: also the one with all units, so that all have trained as long.
    """
    parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator")
    n_scores = (1 + n_units) * len(folds)
    progress = tqdm(total=n_scores, desc="lofo", disable=not verbose)

    def in_parallel(jobs: Iterator) -> Iterator[Any]:
        for found in parallel(jobs):
            progress.update()
            yield found

    models = [model] * len(folds)
    if refit_epochs is not None:
        progress.total += len(folds)
        weights = list(in_parallel(joblib.delayed(_full_weights)(model, fold) for fold in folds))
        models = [model.starting_from(WarmStart(start, refit_epochs)) for start in weights]
    jobs = (
        joblib.delayed(_fold_score)(model, scorer, fold, unit)
        for unit in [None, *range(n_units)]
        for model, fold in zip(models, folds, strict=True)
    )
    scores = list(in_parallel(jobs))
    progress.close()
    return np.reshape(scores, (1 + n_units, len(folds)))


def _fold_score(
    model: LeftOutEstimator, scorer: LeftOutScorer, fold: Fold, unit: int | None
) -> float:
    """Score of one fold without one unit, by lofo."""
    keep_to_own_threads()
    from lofo import Dataset, LOFOImportance  # imports lightgbm: a second that few calls need

    with warnings.catch_warnings(), joblib.parallel_config(n_jobs=1):
        warnings.filterwarnings(  # lofo-importance 0.3.5
            "ignore", message="Please .* `csr_matrix`", category=DeprecationWarning
        )
        dataset = Dataset(
            pd.DataFrame({"row": np.arange(len(model.data.X))}),
            target="row",
            features=[],
            feature_groups=left_out_view(len(model.data.X), model.data.n_columns),
        )
        lofo = LOFOImportance(dataset, scoring=scorer, model=model, cv=[fold])
        try:
            (score,) = lofo._get_cv_score(None if unit is None else str(unit))
        except Failure as failure:
            raise failure.error from None
    if not np.isfinite(score):
        raise ValueError(
            f"A score is not a finite number but {score}. The metric may be undefined in a fold, "
            "for instance for a single class."
        )
    return float(score)


def _full_weights(model: LeftOutEstimator, fold: Fold) -> list[np.ndarray]:
    """The weights of a network that was trained on a fold with all units."""
    keep_to_own_threads()
    view = np.hstack(list(left_out_view(len(model.data.X), model.data.n_columns).values()))
    rows, _ = fold
    try:
        return trained_weights(clone(model).fit(view[rows], rows).estimator_)
    except Failure as failure:
        raise failure.error from None
