"""Points of several inputs: their numbers, and the embedded vectors of their ids, side by side.

Gradients are taken with respect to points. The rows that points belong to still give the masks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._compiled import call_in_chunks
from skfi._keras._embedded_inputs import EmbeddedInput, embeddings_of
from skfi._keras._packed import Layout
from skfi._keras._replaced import calls_replaced


@dataclass(frozen=True)
class Points:
    """Where numbers and embedded vectors stand in a point."""

    layout: Layout  # of the rows
    embedded: tuple[EmbeddedInput, ...]

    @property
    def numbers(self) -> dict[str, slice]:
        """The places of the inputs that are numbers, in front."""
        of_ids = {name for part in self.embedded for name in part.names}
        places, start = {}, 0
        for name, shape in zip(self.layout.names, self.layout.shapes, strict=True):
            if name not in of_ids:
                places[name] = slice(start, start + prod(shape))
                start += prod(shape)
        return places

    @property
    def vectors(self) -> list[slice]:
        """The places of the embedded vectors of each call, behind the numbers."""
        start = sum(place.stop - place.start for place in self.numbers.values())
        places = []
        for part in self.embedded:
            size = len(part.cells) * part.width
            places.append(slice(start, start + size))
            start += size
        return places

    @property
    def width(self) -> int:
        """Numbers in a point."""
        ends = [place.stop for place in (*self.numbers.values(), *self.vectors)]
        return max(ends, default=0)

    def of_rows(self, model: keras.Model, rows: np.ndarray, ids: np.ndarray | None) -> np.ndarray:
        """The points of rows themselves; ``ids`` arrive at the embeddings."""
        columns = self.layout.columns
        parts = [rows[:, columns[name]] for name in self.numbers]
        for part in self.embedded:
            own = part.table(model)[ids[:, part.places]]  # type: ignore[index]  # there are some
            parts.append(own.reshape(len(rows), -1))
        return np.concatenate(parts, axis=1).astype(rows.dtype)

    def to_cells(self, values: np.ndarray) -> np.ndarray:
        """Values of points (n, width) summed over the vectors, as values of the cells of rows."""
        cells = np.zeros((len(values), self.layout.width), dtype=values.dtype)
        columns = self.layout.columns
        for name, place in self.numbers.items():
            cells[:, columns[name]] = values[:, place]
        for part, place in zip(self.embedded, self.vectors, strict=True):
            of_ids = values[:, place].reshape(len(values), -1, part.width).sum(axis=-1)
            known = np.flatnonzero(np.array(part.cells) >= 0)
            for at in known:  # a cell may be read more than once
                cells[:, part.cells[at]] += of_ids[:, at]
        return cells


def outputs_at_points(
    model: keras.Model, inputs: Points, rows: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """The outputs of a network of rows at points that belong to ``rows``, whose mask they keep."""
    return call_in_chunks(model, _TraceOutputs(inputs), [rows, points])


def gradient_at_points(
    model: keras.Model,
    inputs: Points,
    rows: np.ndarray,
    points: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Gradient with respect to points of each row's outputs, summed with that row's weights."""
    arrays = [rows, points, weights]
    return call_in_chunks(model, _TraceGradient(inputs), arrays, kind="gradients")


class _AtPoints:
    """The network as a function of rows, and of points in place of what the rows hold."""

    def __init__(self, model: Any, inputs: Points) -> None:
        self.model = model
        self.inputs = inputs

    def __call__(self, rows: tf.Tensor, points: tf.Tensor) -> tf.Tensor:
        inputs, columns = self.inputs, self.inputs.layout.columns
        parts = []
        for name in inputs.layout.names:
            place = inputs.numbers.get(name)
            parts.append(rows[:, columns[name]] if place is None else points[:, place])
        layers = embeddings_of(self.model)
        vectors = {
            (part.layer, part.call): points[:, place]
            for part, place in zip(inputs.embedded, inputs.vectors, strict=True)
        }
        n_calls = [0] * len(layers)

        def replaced(number: int) -> Callable[[Any], Any]:
            layer = layers[number]
            call = layer.call

            def called(ids: Any) -> Any:
                vector = vectors.get((number, n_calls[number]))
                n_calls[number] += 1
                if vector is None:
                    return call(ids)
                shape = [*tf.unstack(tf.shape(ids)), layer.output_dim]
                result = tf.reshape(vector, shape)
                result.set_shape([*ids.shape, layer.output_dim])
                return tf.cast(result, layer.compute_dtype)

            return called

        numbers = {part.layer for part in inputs.embedded}
        with calls_replaced(*((layers[i], replaced(i)) for i in numbers)):
            return self.model(tf.concat(parts, axis=1), training=False)


def _specs(model: keras.Model, inputs: Points) -> tuple[Any, ...]:
    dtype, outputs = model.inputs[0].dtype, model.outputs[0]
    return (
        tf.TensorSpec((None, inputs.layout.width), dtype),
        tf.TensorSpec((None, inputs.width), dtype),
        tf.TensorSpec(outputs.shape, outputs.dtype),
    )


@dataclass(frozen=True)
class _TraceOutputs:
    inputs: Points

    def __call__(self, model: Any) -> tuple[Callable, tuple[Any, ...]]:
        return _AtPoints(model, self.inputs), _specs(model, self.inputs)[:2]


@dataclass(frozen=True)
class _TraceGradient:
    inputs: Points

    def __call__(self, model: Any) -> tuple[Callable, tuple[Any, ...]]:
        network, name = _AtPoints(model, self.inputs), model.name

        def gradient(rows: tf.Tensor, points: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(points)
                total = tf.reduce_sum(network(rows, points) * weights)
            result = tape.gradient(total, points)
            if result is None:
                raise ValueError(f"The network {name!r} has no gradient at its inputs.")
            return result

        return gradient, _specs(model, self.inputs)
