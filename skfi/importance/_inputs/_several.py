"""Samples of several inputs, side by side in rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Self

import keras
import numpy as np

from skfi._given import check_names
from skfi._keras import (
    EmbeddedInput,
    Layout,
    MixedIdsError,
    arriving_ids,
    embedded_inputs,
    input_names,
    mask_values_of,
)
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
    id_cells: frozenset[int]  # which of its cells hold ids
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
    ids: np.ndarray | None  # (n_samples, n_ids): those that arrive at the embeddings
    mixed: str  # why it cannot be told which input an id belongs to; empty if it can

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
        ids = None if self.ids is None else self.ids[rows]
        return replace(self, X=self.X[rows], real=real, ids=ids)

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
    of_rows, rows = rows_network(layout), layout.pack(list(arrays.values()))
    embedded, mixed = _embedded(of_rows, layout, rows)
    ids = arriving_ids(of_rows, rows) if embedded else None
    mask_values, parts, reals, n_steps = mask_values_of(network), [], [], 0
    for i, (name, array) in enumerate(arrays.items()):
        cells = np.arange(layout.columns[name].start, layout.columns[name].stop)
        calls = [call for call in embedded if name in call.names]
        whole = next((call for call in calls if set(cells) <= set(call.cells)), None)
        shape = _shape(array, is_ids=whole is not None)
        real = np.ones((len(array), shape[0]), dtype=bool)
        mask_value = None if calls else mask_values[i]
        if whole is not None and whole.masks_zero and len(whole.cells) == shape[0]:
            mask_value = 0.0
            real = ids[:, whole.places] != 0  # type: ignore[index]  # as there is an embedding
        elif mask_value is not None and array.ndim > 1:
            of_steps = array.reshape(len(array), shape[0], -1)
            real = real_steps(of_steps, mask_value)
        reals.append(real)
        id_cells = {cell - cells[0] for call in calls for cell in call.cells if cell in cells}
        steps = slice(n_steps, n_steps + shape[0])
        n_steps += shape[0]
        parts.append(
            Part(
                name=name,
                shape=shape,
                columns=layout.columns[name],
                feature_names=names[name],
                is_ids=whole is not None,
                id_cells=frozenset(id_cells),
                mask_value=mask_value,
                steps=steps,
            )
        )
    padded = any(part.mask_value is not None for part in parts)
    real_steps_of_all = np.concatenate(reals, axis=1) if padded else None
    return SeveralInputs(rows, layout, tuple(parts), embedded, real_steps_of_all, ids, mixed)


def _embedded(
    of_rows: keras.Model, layout: Layout, rows: np.ndarray
) -> tuple[tuple[EmbeddedInput, ...], str]:
    """The embeddings that read ids, and why they cannot be told apart; empty if they can."""
    try:
        return embedded_inputs(of_rows, layout, rows), ""
    except MixedIdsError as error:  # of which gradients alone need to know
        return (), str(error)


def _shape(array: np.ndarray, *, is_ids: bool) -> tuple[int, ...]:
    """Of a sample, with time first and features last."""
    shape = array.shape[1:]
    if is_ids and prod(shape) > 1:
        return (*shape, 1)  # a step for each id
    return shape if len(shape) > 1 else (1, prod(shape))


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
    return names | {
        name: check_names(of, f"feature_names[{name!r}]") for name, of in feature_names.items()
    }
