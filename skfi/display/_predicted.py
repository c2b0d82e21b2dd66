"""What is predicted of a sample, in a few words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skfi.importance import ImportanceResult

_MOST = 3  # values of several outputs


def predicted(result: ImportanceResult, sample: int) -> str:
    """The label with its probability, or the values; empty if there is a prediction for each step.

    Of the importances of one class it is the probability of that class.
    """
    values = result.get("predictions")
    if values is None:
        return ""
    if isinstance(values, Mapping):
        parts = (_numbers(of_output[sample]) for of_output in values.values())
        return ", ".join(f"{name} {part}" for name, part in zip(values, parts, strict=True) if part)
    return _of_classes(result, values[sample]) or _numbers(values[sample])


def _of_classes(result: ImportanceResult, values: np.ndarray) -> str:
    classes: Any = result.get("classes")
    if classes is None or values.ndim > 1:
        return ""
    labels = np.asarray(classes).tolist()
    output = result.get("output")
    place = labels.index(output) if output in labels else int(values.argmax())
    return f"{labels[place]} ({values[place]:.2f})"


def _numbers(values: np.ndarray) -> str:
    if values.ndim > 1:
        return ""
    shown = ", ".join(f"{value:.4g}" for value in values[:_MOST])
    return shown + (", ..." if len(values) > _MOST else "")
