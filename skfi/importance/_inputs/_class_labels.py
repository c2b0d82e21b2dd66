"""Labels of classes, in each form in which Keras takes them."""

from typing import Any

import numpy as np


def labels_in(y: Any, classes: np.ndarray, n_axes: int) -> Any:
    """Labels along ``n_axes`` axes; unchanged if ``y`` is in no form that Keras takes.

    A column of them has one axis more, and so have rows with a 1 in the place of the class and else
    0, as ``keras.utils.to_categorical`` makes them.
    """
    values = np.asarray(y)
    if values.ndim != n_axes + 1:
        return y
    if values.shape[-1] == 1:
        return values[..., 0]
    if values.shape[-1] != len(classes) or values.dtype.kind not in "biuf":
        return y
    is_one_hot = np.isin(values, [0, 1]).all() and (values.sum(axis=-1) == 1).all()
    return classes[values.argmax(axis=-1)] if is_one_hot else y
