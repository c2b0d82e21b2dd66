"""Restore a network if further training fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def restored_if_it_fails(model: keras.Model) -> Iterator[None]:
    """Restore the weights, optimizer and loss of ``model`` if the block raises."""
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer is not None else ())]
    values = [keras.ops.convert_to_numpy(variable) for variable in variables]
    attributes = dict(vars(model))  # compile replaces the optimizer and the loss
    try:
        yield
    except BaseException:
        vars(model).clear()
        vars(model).update(attributes)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        raise
