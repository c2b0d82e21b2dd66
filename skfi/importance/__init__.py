"""Importances of features, time steps and cells, by gradients, permutation and leaving out."""

import skfi._keras  # noqa: F401 - first, as it loads TensorFlow

# isort: split
from skfi.importance._checks._check_importances import check_importances
from skfi.importance._compare import compare_importances
from skfi.importance._explained_estimator import ExplainedEstimator
from skfi.importance._gradient._gradient_importance import gradient_importance
from skfi.importance._lofo._lofo_importance import lofo_importance
from skfi.importance._permutation._permutation_importance import permutation_importance
from skfi.importance._results._by_output import ImportancesByOutput
from skfi.importance._results._comparison import ImportanceComparison
from skfi.importance._results._report import ImportanceReport
from skfi.importance._results._result import ImportanceResult
from skfi.importance._transformer import GradientTransformer
from skfi.importance._units._correlation import correlation_groups

__all__ = [
    "ExplainedEstimator",
    "GradientTransformer",
    "ImportanceComparison",
    "ImportanceReport",
    "ImportanceResult",
    "ImportancesByOutput",
    "check_importances",
    "compare_importances",
    "correlation_groups",
    "gradient_importance",
    "lofo_importance",
    "permutation_importance",
]
