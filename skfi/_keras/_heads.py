"""The outputs of a network, its heads, and all of them in a row."""

from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np

from skfi._keras._networks import OF_CLASSES, head_names, losses_of, output_kind


@dataclass(frozen=True)
class Head:
    """An output of a network: how it is called, what it was trained for, and where it stands."""

    name: str
    number: int  # among the network's outputs
    kind: str  # "values", "labels", or "probabilities" or "logits" of classes
    shape: tuple[int, ...]  # of a sample
    columns: slice  # of all outputs in a row

    @property
    def of_classes(self) -> bool:
        """Whether it tells one of several classes."""
        return self.kind in OF_CLASSES

    @property
    def n_classes(self) -> int:
        """Classes that it tells."""
        return max(2, self.shape[-1])

    def take(self, outputs: np.ndarray) -> np.ndarray:
        """This head's of all outputs in a row, (n_samples, ...)."""
        return outputs[:, self.columns].reshape(len(outputs), *self.shape)


def heads_of(model: keras.Model) -> list[Head]:
    """The outputs of a network, in its own order; those that it was trained for, if it says so."""
    heads, start = [], 0
    for i, name in enumerate(head_names(model)):
        if i not in _trained(model):
            continue
        shape = tuple(model.outputs[i].shape[1:])
        if None in shape:
            raise ValueError(
                f"The output {name!r} of the network {model.name!r} has the shape "
                f"{(None, *shape)}; of several outputs each must have a known one. Build the "
                "network for a number of time steps."
            )
        kind = output_kind(model, i)
        heads.append(Head(name, i, kind, shape, slice(start, start + prod(shape))))
        start += prod(shape)
    return heads


def _trained(model: keras.Model) -> list[int]:
    """The outputs that have a loss; all, if none has."""
    known = [i for i, loss in enumerate(losses_of(model)) if loss is not None]
    return known or list(range(len(model.outputs)))


def has_several_outputs(model: keras.Model) -> bool:
    """Whether a network has more outputs than one row for each sample, or one for each step."""
    return len(model.outputs) != 1 or len(model.outputs[0].shape) not in (2, 3)


def in_a_row(model: keras.Model) -> keras.Model:
    """A network of one output (n_samples, n_columns): all heads, flattened, one after the other.

    The same network if it has one output of a row, or of its steps.
    """
    if not has_several_outputs(model):
        return model
    flat: list[Any] = [
        keras.layers.Reshape((prod(model.outputs[i].shape[1:]),))(model.outputs[i])
        for i in _trained(model)
    ]
    # of several types, such as where one head is in float32 behind layers in float16
    join = keras.layers.Concatenate(dtype=keras.config.floatx())
    row = join(flat) if len(flat) > 1 else flat[0]
    return keras.Model(list(model.inputs), row, name=model.name)
