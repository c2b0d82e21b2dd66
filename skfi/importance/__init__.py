"""Importances of features, time steps and cells, by gradients, permutation and leaving out."""

from skfi.importance._checks import check_importances
from skfi.importance._compare import compare_importances
from skfi.importance._comparison import ImportanceComparison
from skfi.importance._correlation import correlation_groups
from skfi.importance._gradient import gradient_importance
from skfi.importance._lofo import lofo_importance
from skfi.importance._permutation import permutation_importance
from skfi.importance._report import ImportanceReport
from skfi.importance._result import ImportanceResult
from skfi.importance._transformer import GradientTransformer

__all__ = [
    "GradientTransformer",
    "ImportanceComparison",
    "ImportanceReport",
    "ImportanceResult",
    "check_importances",
    "compare_importances",
    "correlation_groups",
    "gradient_importance",
    "lofo_importance",
    "permutation_importance",
]
