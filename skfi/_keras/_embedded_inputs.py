"""Inputs of ids among several inputs: which Embedding layers read them, and gradients there.

Ids have no gradient, so an input of ids is explained at the output of its embeddings. A *point* is
a row of the inputs that are numbers, and of the embedded vectors of the others, side by side.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._compiled import call_in_chunks
from skfi._keras._packed import Layout

_lock = threading.RLock()


@dataclass(frozen=True)
class EmbeddedInput:
    """One call of an Embedding layer on an input of ids."""

    name: str  # of the input
    layer: int  # the number of the layer among the network's embeddings
    call: int  # the number of the call of this layer
    width: int  # of a vector
    masks_zero: bool  # whether id 0 is padding

    def table(self, model: keras.Model) -> np.ndarray:
        """The vector of each id."""
        return keras.ops.convert_to_numpy(_embeddings(model)[self.layer].embeddings)


def embedded_inputs(model: keras.Model, layout: Layout) -> tuple[EmbeddedInput, ...]:
    """Which inputs of a network of rows are read by Embedding layers, in the order of the calls.

    Each input is given a number of its own in place of its ids, which arrives at the embedding if
    nothing but a cast or a new shape comes before it.
    """
    embeddings = _embeddings(model)
    if not embeddings:
        return ()
    row = np.concatenate([np.full(prod(shape), i + 1.0) for i, shape in enumerate(layout.shapes)])
    seen: list[tuple[int, Any]] = []

    def remember(number: int) -> Callable[[Any], Any]:
        call = embeddings[number].call

        def called(ids: Any) -> Any:
            seen.append((number, ids))
            return call(tf.zeros_like(ids))

        return called

    with _calls_replaced({i: remember(i) for i in range(len(embeddings))}, embeddings):
        model(tf.constant(row[None].repeat(2, axis=0), dtype=model.inputs[0].dtype))
    found, n_calls = [], [0] * len(embeddings)
    for number, ids in seen:
        values = np.unique(np.asarray(ids))
        layer = embeddings[number]
        if len(values) == 1 and 1 <= values[0] <= len(layout.names):
            place = int(values[0]) - 1
            if np.asarray(ids).size == 2 * prod(layout.shapes[place]):
                name = layout.names[place]
                found.append(
                    EmbeddedInput(
                        name, number, n_calls[number], layer.output_dim, bool(layer.mask_zero)
                    )
                )
        n_calls[number] += 1
    return tuple(found)


def outputs_at_points(
    model: keras.Model, inputs: "Points", rows: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """The outputs of a network of rows at points that belong to ``rows``, whose mask they keep."""
    return call_in_chunks(model, _TraceOutputs(inputs), [rows, points])


def gradient_at_points(
    model: keras.Model,
    inputs: "Points",
    rows: np.ndarray,
    points: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Gradient with respect to points of each row's outputs, summed with that row's weights."""
    arrays = [rows, points, weights]
    return call_in_chunks(model, _TraceGradient(inputs), arrays, kind="gradients")


@dataclass(frozen=True)
class Points:
    """Where numbers and embedded vectors stand in a point."""

    layout: Layout  # of the rows
    embedded: tuple[EmbeddedInput, ...]

    @property
    def numbers(self) -> dict[str, slice]:
        """The places of the inputs that are numbers, in front."""
        of_ids = {part.name for part in self.embedded}
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
            size = self._n_ids(part) * part.width
            places.append(slice(start, start + size))
            start += size
        return places

    @property
    def width(self) -> int:
        """Numbers in a point."""
        ends = [place.stop for place in (*self.numbers.values(), *self.vectors)]
        return max(ends, default=0)

    def _n_ids(self, part: EmbeddedInput) -> int:
        return prod(self.layout.shapes[self.layout.names.index(part.name)])

    def of_rows(self, model: keras.Model, rows: np.ndarray) -> np.ndarray:
        """The points of rows themselves."""
        columns = self.layout.columns
        parts = [rows[:, columns[name]] for name in self.numbers]
        for part in self.embedded:
            ids = rows[:, columns[part.name]].astype(np.int64)
            parts.append(part.table(model)[ids].reshape(len(rows), -1))
        return np.concatenate(parts, axis=1).astype(rows.dtype)

    def to_cells(self, values: np.ndarray) -> np.ndarray:
        """Values of points (n, width) summed over the vectors, as values of the cells of rows."""
        cells = np.zeros((len(values), self.layout.width), dtype=values.dtype)
        columns = self.layout.columns
        for name, place in self.numbers.items():
            cells[:, columns[name]] = values[:, place]
        for part, place in zip(self.embedded, self.vectors, strict=True):
            of_ids = values[:, place].reshape(len(values), -1, part.width)
            cells[:, columns[part.name]] += of_ids.sum(axis=-1)
        return cells


def _embeddings(model: keras.Model) -> list[keras.layers.Embedding]:
    return [x for x in model._flatten_layers() if isinstance(x, keras.layers.Embedding)]


@contextmanager
def _calls_replaced(
    calls: dict[int, Callable], embeddings: Sequence[keras.layers.Embedding]
) -> Iterator[None]:
    """While tracing: other functions in place of the calls of embeddings; masks stay."""
    with _lock, ExitStack() as stack:
        for number, call in calls.items():
            layer = embeddings[number]
            layer.call = call
            stack.callback(delattr, layer, "call")
        yield


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
        embeddings = _embeddings(self.model)
        vectors = {
            (part.layer, part.call): points[:, place]
            for part, place in zip(inputs.embedded, inputs.vectors, strict=True)
        }
        n_calls = [0] * len(embeddings)

        def replaced(number: int) -> Callable[[Any], Any]:
            layer = embeddings[number]
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
        with _calls_replaced({i: replaced(i) for i in numbers}, embeddings):
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
                raise ValueError(
                    f"The network {name!r} has no gradient with respect to its inputs."
                )
            return result

        return gradient, _specs(model, self.inputs)
