"""Results from the scores of folds."""

import numpy as np

from skfi.importance._inference._t_tests import mean_over_folds
from skfi.importance._lofo._folds import Fold
from skfi.importance._lofo._sequences import SequenceData
from skfi.importance._lofo._words import WordData
from skfi.importance._results._result import ImportanceResult


def lofo_result(
    scores: np.ndarray,
    folds: list[Fold],
    data: SequenceData | WordData,
    *,
    scoring: str,
    refit: str,
) -> ImportanceResult:
    """The result of scores (1 + n_units, n_folds): with all units, then without each."""
    baseline_scores = scores[0]
    differences = baseline_scores - scores[1:]
    n_train, n_test = (np.array([len(rows) for rows in part]) for part in zip(*folds, strict=True))
    return ImportanceResult.from_values(
        differences,
        feature_names=data.names,
        method="lofo",
        by=data.by,
        baseline_score=float(baseline_scores.mean()),
        baseline_scores=baseline_scores,
        scoring=scoring,
        refit=refit,
        leave_out=data.leave_out,
        **mean_over_folds(differences, n_train, n_test),
        **data.entries,
    )
