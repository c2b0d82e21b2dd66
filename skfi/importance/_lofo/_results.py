"""Results from the scores of folds."""

import warnings

import numpy as np

from skfi.importance._inference._t_tests import mean_and_std, mean_over_folds
from skfi.importance._lofo._folds import Fold
from skfi.importance._lofo._run import FoldScores
from skfi.importance._lofo._sequences import SequenceData
from skfi.importance._lofo._words import WordData
from skfi.importance._results._result import ImportanceResult


def lofo_results(
    scores: FoldScores,
    folds: list[Fold],
    data: SequenceData | WordData,
    *,
    scoring: str,
    refit: str,
) -> list[ImportanceResult]:
    """The result of each output."""
    if scores.not_kept:
        warnings.warn(
            f"{len(scores.not_kept)} scores could not be stored: {scores.not_kept[0]}. This result "
            "has them, and another call would compute them again.",
            RuntimeWarning,
            stacklevel=5,  # of the call of lofo_importance
        )
    is_open = scores.is_open.any(axis=0)
    used = np.flatnonzero(~is_open) if not is_open.all() else np.array([0])
    incomplete = _incomplete(scores, used)
    return [
        _result(
            of_output[:, used],
            [folds[fold] for fold in used],
            data,
            scoring=scoring,
            refit=refit,
            **({"incomplete": incomplete} if incomplete else {}),
        )
        for of_output in scores.values
    ]


def _result(
    scores: np.ndarray, folds: list[Fold], data: SequenceData | WordData, **entries: str
) -> ImportanceResult:
    """The result of scores (1 + n_units, n_folds): with all units, then without each."""
    baseline_scores = scores[0]
    differences = baseline_scores - scores[1:]
    n_train, n_test = (np.array([len(rows) for rows in part]) for part in zip(*folds, strict=True))
    known = baseline_scores[~np.isnan(baseline_scores)]
    mean, std = mean_and_std(differences)
    return ImportanceResult.from_summary(
        mean,
        std,
        importances=differences,
        feature_names=data.names,
        method="lofo",
        by=data.by,
        baseline_score=float(known.mean()) if len(known) else np.nan,
        baseline_scores=baseline_scores,
        leave_out=data.leave_out,
        **entries,
        **mean_over_folds(differences, n_train, n_test),
        **data.entries,
    )


def _incomplete(scores: FoldScores, used: np.ndarray) -> str:
    """What of the scores is missing, and why; empty if nothing is."""
    sentences = []
    n_fits, n_folds = scores.is_open.size, scores.is_open.shape[1]
    if scores.is_open.any():
        n_open = int(scores.is_open.sum())
        finished = f"of {len(used)} of {n_folds} folds"
        if scores.is_open[:, used].any():
            finished = "of the first fold, in which units without a score are NaN"
        sentences.append(
            f"time_limit is over with {n_open} of {n_fits} fits open: these importances are "
            f"{finished}."
        )
    if scores.errors:
        sentences.append(
            f"{len(scores.errors)} of {n_fits} fits failed and count as NaN; the first error was: "
            f"{scores.errors[0]}"
        )
    return " ".join(sentences)
