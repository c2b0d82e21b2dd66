"""What is predicted of a sample, in a few words."""

from collections.abc import Mapping

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
    return _of_classes(result, sample) or _numbers(values[sample])


def _of_classes(result: ImportanceResult, sample: int) -> str:
    classes, values = result.get("classes"), result.predictions[sample]
    if classes is None or values.ndim > 1:
        return ""
    explained = result.get("explained_output")
    place = int(values.argmax() if explained is None else explained[sample])
    return f"{np.asarray(classes).tolist()[place]} ({values[place]:.2f})"


def _numbers(values: np.ndarray) -> str:
    if values.ndim > 1:
        return ""
    shown = ", ".join(f"{value:.4g}" for value in values[:_MOST])
    return shown + (", ..." if len(values) > _MOST else "")
