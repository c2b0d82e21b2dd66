"""Samples of several inputs, side by side in rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Self

import keras
import numpy as np

from skfi._keras import EmbeddedInput, Layout, embedded_inputs, input_names
from skfi._padding import real_steps
from skfi.importance._inputs._arrays import by_name, layout_of, read_arrays


@dataclass(frozen=True)
class Part:
    """One of several inputs: what its cells are."""

    name: str
    shape: tuple[int, ...]  # (n_timesteps, ..., n_features) of a sample; a static one has one step
    columns: slice  # of the rows
    feature_names: list[str] | None
    is_ids: bool  # categories or words, which are one unit
    mask_value: float | None  # what marks padded steps
    steps: slice  # its time steps among those of all inputs

    def of_rows(self, rows: np.ndarray) -> np.ndarray:
        """Its values (n_samples, n_timesteps, ..., n_features)."""
        return rows[:, self.columns].reshape(len(rows), *self.shape)


@dataclass(frozen=True)
class SeveralInputs:
    """Samples of several inputs as rows, each of the cells of all inputs."""

    column = "feature"
    n_timesteps = None
    names = None

    X: np.ndarray  # (n_samples, n_cells)
    layout: Layout
    parts: tuple[Part, ...]
    embedded: tuple[EmbeddedInput, ...]
    real: np.ndarray | None  # (n_samples, time steps of all inputs): False for padding

    @property
    def shape(self) -> tuple[int, ...]:
        """Of ``X``."""
        return self.X.shape

    @property
    def may_be_padded(self) -> bool:
        """Whether an input may be padded."""
        return self.real is not None

    @property
    def longest(self) -> int:
        """Time steps of the longest input."""
        return max(part.shape[0] for part in self.parts)

    @property
    def width(self) -> None:
        """None, as the features of several inputs are not correlated cell by cell."""
        return None

    def of_samples(self, rows: np.ndarray) -> Self:
        """Some of the samples."""
        real = None if self.real is None else self.real[rows]
        return replace(self, X=self.X[rows], real=real)

    def contiguous(self) -> Self:
        """The same, as rows are put together one after the other."""
        return self

    def given(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Rows as the estimator takes them: arrays by input."""
        return self.layout.unpack(rows)

    def arranged(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Values of cells (..., n_cells) by input, of its shape."""
        return self.layout.unpack(values)

    def arranged_sample(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Values of the cells of one sample, of its shape."""
        return self.layout.unpack(values)

    def flat(self, attributions: Any) -> np.ndarray | None:
        """Attributions by input of samples like these, (n_samples, n_cells); None if not."""
        if attributions is None or list(attributions) != list(self.layout.names):
            return None
        arrays = list(attributions.values())
        return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)

    @property
    def sequence_mask(self) -> dict[str, np.ndarray] | None:
        """Which steps of each input are not padding; None if all are."""
        if self.real is None:
            return None
        return {part.name: self.real[:, part.steps] for part in self.parts}


def read_several(
    network: keras.Model, rows_network: Any, X: Any, feature_names: Any = None
) -> SeveralInputs:
    """The samples of a network of several inputs.

    ``rows_network`` makes a network of rows for a layout; ``feature_names`` are by input.
    """
    names = _names_by_input(network, X, feature_names)
    arrays = read_arrays(network, X)
    layout = layout_of(arrays)
    of_rows = rows_network(layout)
    embedded = embedded_inputs(of_rows, layout)
    parts, reals, n_steps = [], [], 0
    for i, (name, array) in enumerate(arrays.items()):
        ids = [call for call in embedded if call.name == name]
        shape = _shape(array, is_ids=bool(ids))
        steps = slice(n_steps, n_steps + shape[0])
        mask_value = _mask_value(network, i, ids)
        parts.append(
            Part(name, shape, layout.columns[name], names[name], bool(ids), mask_value, steps)
        )
        real = np.ones((len(array), shape[0]), dtype=bool)
        if mask_value is not None and array.ndim > 1:
            of_steps = array.reshape(len(array), *shape)
            real = real_steps(of_steps.reshape(len(array), shape[0], -1), mask_value)
        reals.append(real)
        n_steps += shape[0]
    rows = layout.pack(list(arrays.values()), of_rows.inputs[0].dtype)
    padded = any(part.mask_value is not None for part in parts)
    real_steps_of_all = np.concatenate(reals, axis=1) if padded else None
    return SeveralInputs(rows, layout, tuple(parts), embedded, real_steps_of_all)


def _shape(array: np.ndarray, *, is_ids: bool) -> tuple[int, ...]:
    """Of a sample, with time first and features last."""
    shape = array.shape[1:]
    if is_ids and prod(shape) > 1:
        return (*shape, 1)  # a step for each id
    return shape if len(shape) > 1 else (1, prod(shape))


def _mask_value(network: keras.Model, number: int, ids: list[EmbeddedInput]) -> float | None:
    if ids:
        return 0.0 if any(call.masks_zero for call in ids) else None
    tensor = network.inputs[number]
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Masking) and layer.input is tensor:
            return float(layer.mask_value)
    return None


def _names_by_input(
    network: keras.Model, X: Any, feature_names: Any
) -> dict[str, list[str] | None]:
    """Names of the features of each input: those given, or the columns of DataFrames."""
    inputs = input_names(network)
    frames = by_name(inputs, X)
    names: dict[str, list[str] | None] = {
        name: [str(column) for column in frame.columns] if hasattr(frame, "columns") else None
        for name, frame in frames.items()
    }
    if feature_names is None:
        return names
    if not isinstance(feature_names, Mapping):
        raise ValueError(
            f"feature_names of several inputs must be a mapping, such as {{{inputs[0]!r}: ['rain', "
            f"'flow']}}; got {type(feature_names).__name__}."
        )
    unknown = [name for name in feature_names if name not in inputs]
    if unknown:
        raise ValueError(f"feature_names holds {unknown}, but the inputs are {inputs}.")
    return names | {name: list(map(str, of)) for name, of in feature_names.items()}
