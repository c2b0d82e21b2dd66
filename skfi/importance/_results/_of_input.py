"""The part of a result of several inputs that is of one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_OF_INPUTS = ("attributions", "feature_scale", "sequence_mask", "axes", "input_names", "samples")
_OF_UNITS = (
    *("importances", "importances_mean", "importances_std", "feature_names", "pvalues"),
    *("confidence_intervals", "sample_importances", "conditional_by"),
)


def entries_of_input(result: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The entries of a result of several inputs for one of them."""
    inputs = result.get("inputs")
    if inputs is None or not isinstance(name, str) or name not in inputs:
        known = "the result is of one input." if inputs is None else f"they are {inputs}."
        raise ValueError(f"There is no input {name!r}: {known}")
    if result["feature_groups"] or result["by"] == "input":
        raise ValueError("The units of this result are groups, or inputs, which may span them.")
    prefix, units = f"{name}__", [str(unit) for unit in result["feature_names"]]
    own = [unit == name or unit.startswith((prefix, f"{name}[")) for unit in units]
    entries: dict[str, Any] = {}
    for key, value in result.items():
        if key == "inputs":
            continue
        if key in _OF_INPUTS:
            entries[key] = None if value is None else value.get(name)
        else:
            entries[key] = value[own] if key in _OF_UNITS and value is not None else value
    names = [str(unit).removeprefix(prefix) for unit in entries["feature_names"]]
    return entries | {"feature_names": np.array(names, dtype=object)}
