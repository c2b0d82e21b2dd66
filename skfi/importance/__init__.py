"""Importances of features, time steps and cells, by gradients, permutation and leaving out."""

from skfi.importance._gradient import gradient_importance
from skfi.importance._lofo import lofo_importance
from skfi.importance._permutation import permutation_importance
from skfi.importance._result import ImportanceResult
from skfi.importance._transformer import GradientTransformer

__all__ = [
    "GradientTransformer",
    "ImportanceResult",
    "gradient_importance",
    "lofo_importance",
    "permutation_importance",
]
