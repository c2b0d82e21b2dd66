"""The importance functions by name, and what they take."""

from collections.abc import Mapping
from typing import Any

from skfi._given import check_scoring
from skfi._private import validate_parameter_constraints
from skfi.importance._gradient._gradient_importance import PARAMETERS as OF_GRADIENT
from skfi.importance._gradient._gradient_importance import gradient_importance
from skfi.importance._lofo._lofo_importance import PARAMETERS as OF_LOFO
from skfi.importance._lofo._lofo_importance import lofo_importance
from skfi.importance._permutation._permutation_importance import PARAMETERS as OF_PERMUTATION
from skfi.importance._permutation._permutation_importance import permutation_importance

FUNCTIONS = {
    "gradient": gradient_importance,
    "permutation": permutation_importance,
    "lofo": lofo_importance,
}

_PARAMETERS = {"gradient": OF_GRADIENT, "permutation": OF_PERMUTATION, "lofo": OF_LOFO}


def check_params_of(
    importance: str, params: Mapping[str, Any], name: str = "importance_params"
) -> None:
    """Raise TypeError or ValueError for parameters that an importance function does not take."""
    known = _PARAMETERS[importance]
    unknown = [one for one in params if one not in known]
    if unknown:
        raise TypeError(
            f"{name} has {unknown}, which {importance}_importance does not take; known: "
            f"{', '.join(known)}."
        )
    validate_parameter_constraints(known, dict(params), f"{importance}_importance")
    if params.get("scoring") is not None:
        check_scoring(params["scoring"])
