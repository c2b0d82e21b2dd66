"""A network that goes on training, and stays what it was if that fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def restored_if_it_fails(model: keras.Model) -> Iterator[None]:
    """Give ``model`` its weights, its optimizer and its loss back if what is done inside fails."""
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer is not None else ())]
    values = [keras.ops.convert_to_numpy(variable) for variable in variables]
    attributes = dict(vars(model))  # to compile is to put others in their place
    try:
        yield
    except BaseException:
        vars(model).clear()
        vars(model).update(attributes)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        raise
