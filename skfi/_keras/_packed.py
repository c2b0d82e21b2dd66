"""Several inputs of a network side by side in one array.

Everything that is known of one input then serves for several: a sample is a row of cells, and the
network takes rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod

import keras
import numpy as np


@dataclass(frozen=True)
class Layout:
    """Names and shapes of the inputs, in the order in which they stand in a row."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]  # of a sample
    dtype: str = "float32"  # of rows, in which all inputs are exact

    @property
    def columns(self) -> dict[str, slice]:
        """Where each input stands."""
        ends = list(accumulate(map(prod, self.shapes)))
        starts = [0, *ends[:-1]]
        return {n: slice(a, b) for n, a, b in zip(self.names, starts, ends, strict=True)}

    @property
    def width(self) -> int:
        """Cells of a row."""
        return sum(map(prod, self.shapes))

    def pack(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Arrays by input as rows (n_samples, width)."""
        n_samples = len(arrays[0])
        flat = [np.asarray(array).reshape(n_samples, -1).astype(self.dtype) for array in arrays]
        return np.concatenate(flat, axis=1)

    def unpack(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Arrays by input of rows (..., width)."""
        return {
            name: rows[..., columns].reshape(*rows.shape[:-1], *shape)
            for (name, columns), shape in zip(self.columns.items(), self.shapes, strict=True)
        }


def input_names(model: keras.Model) -> list[str]:
    """The names of a network's inputs, in their order: its keys, if it takes a dict."""
    struct = model.input
    if isinstance(struct, Mapping):
        key_of = {id(tensor): str(key) for key, tensor in struct.items()}
        return [key_of.get(id(tensor), tensor.name) for tensor in model.inputs]
    return [tensor.name for tensor in model.inputs]


def packed_network(model: keras.Model, layout: Layout) -> keras.Model:
    """A network that takes rows, of the same layers."""
    dtype = layout.dtype
    rows = keras.Input((layout.width,), dtype=dtype)
    inputs = []
    for tensor, columns, shape in zip(
        model.inputs, layout.columns.values(), layout.shapes, strict=True
    ):
        part = keras.layers.Reshape(shape, dtype=dtype)(rows[:, columns])
        inputs.append(keras.ops.cast(part, tensor.dtype))
    flat = keras.Model(list(model.inputs), list(model.outputs))  # whatever structure it takes
    return keras.Model(rows, flat(inputs), name=model.name)


def row_dtype(arrays: Sequence[np.ndarray]) -> str:
    """The type of rows that hold some arrays: in float32 whole numbers are exact up to 2^24."""
    of_doubles = any(array.dtype == np.float64 for array in arrays)
    large = any(
        array.dtype.kind in "iu" and array.size and np.abs(array.astype(np.float64)).max() > 2**24
        for array in arrays
    )
    return "float64" if of_doubles or large else "float32"
