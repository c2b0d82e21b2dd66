"""The importance functions by name."""

from skfi.importance._gradient._gradient_importance import gradient_importance
from skfi.importance._lofo._lofo_importance import lofo_importance
from skfi.importance._permutation._permutation_importance import permutation_importance

FUNCTIONS = {
    "gradient": gradient_importance,
    "permutation": permutation_importance,
    "lofo": lofo_importance,
}
