"""Inputs of ids among several inputs: which Embedding layers read them, and in which cells.

It is not read off the network's graph, where ids may be sliced, shifted or looked up on their way:
cells are changed one by one, and the ids that arrive at each layer are compared.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._compiled import call_in_chunks
from skfi._keras._packed import Layout
from skfi._keras._private import all_layers
from skfi._keras._replaced import calls_replaced
from skfi._keras._xla import calls_by_xla

_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class EmbeddedInput:
    """One call of an Embedding layer, and the cells of a row that its ids come from."""

    names: tuple[str, ...]  # of the inputs that it reads
    layer: int  # the number of the layer among the network's embeddings
    call: int  # the number of the call of this layer
    width: int  # of a vector
    masks_zero: bool  # whether id 0 is padding
    first: int  # the place of its first id among those that arrive at all calls
    cells: tuple[int, ...]  # of each of its ids; -1 for one that comes from none
    is_unchanged: bool  # whether the ids arrive as they are in the row

    @property
    def places(self) -> slice:
        """Where its ids are among those that arrive at all calls."""
        return slice(self.first, self.first + len(self.cells))

    def table(self, model: keras.Model) -> np.ndarray:
        """The vector of each id."""
        return keras.ops.convert_to_numpy(embeddings_of(model)[self.layer].embeddings)


class MixedIdsError(ValueError):
    """An id is made of several inputs, so it cannot be told whose it is."""


def embedded_inputs(
    model: keras.Model, layout: Layout, rows: np.ndarray
) -> tuple[EmbeddedInput, ...]:
    """The calls of Embedding layers that read inputs of a network of rows, in their order.

    Raises
    ------
    MixedIdsError
        If an id depends on cells of several inputs.
    """
    if not embeddings_of(model):
        return ()
    row = rows[:1]
    calls, base = _arriving(model, row)
    influence: dict[tuple[int, int], set[int]] = {}  # of a call and a place in it: cells
    for columns in layout.columns.values():
        cells = np.arange(columns.start, columns.stop)
        whole = np.concatenate([_changed(rows, cells, by_one) for by_one in (True, False)])
        whole = np.concatenate([whole, _numbered(row, cells)])
        compared = _compared(model, whole, base)
        read = [call for call, (ids, of_base) in enumerate(compared) if (ids != of_base).any()]
        if all(np.array_equal(compared[call][0], whole[:, cells]) for call in read):
            for call in read:  # all in their order, as most networks read them
                influence |= {(call, at): {int(cell)} for at, cell in enumerate(cells)}
            continue
        for start in range(0, len(cells), _ROWS_AT_ONCE):
            some = cells[start : start + _ROWS_AT_ONCE]
            for by_one in (True, False):
                each = np.concatenate([_changed(rows, [cell], by_one) for cell in some])
                for call, (ids, of_base) in enumerate(_compared(model, each, base)):
                    for which, place in np.argwhere(ids != of_base):
                        influence.setdefault((call, int(place)), set()).add(int(some[which]))
    found, end = [], 0
    for number, (layer, nth) in enumerate(calls):
        n_ids = base[number].shape[1]
        first, end = end, end + n_ids
        of_places = [sorted(influence.get((number, place), ())) for place in range(n_ids)]
        if not any(of_places):
            continue  # such as the positions of a Transformer
        names = {_input_of(layout, cell) for cells in of_places for cell in cells}
        of_layer = embeddings_of(model)[layer]
        if any(len({_input_of(layout, cell) for cell in cells}) > 1 for cells in of_places):
            raise MixedIdsError(
                f"The ids that the layer {of_layer.name!r} reads are made of several inputs, "
                f"{sorted(names)}, so its vectors belong to none of them alone. "
                "permutation_importance and lofo_importance take this network."
            )
        own = tuple(cells[0] if cells else -1 for cells in of_places)
        known = [place for place, cell in enumerate(own) if cell >= 0]
        at = [own[place] for place in known]
        found.append(
            EmbeddedInput(
                tuple(sorted(names)),
                layer,
                nth,
                of_layer.output_dim,
                bool(of_layer.mask_zero),
                first,
                own,
                bool((base[number][0, known] == row[0, at]).all()),
            )
        )
    return tuple(found)


def _input_of(layout: Layout, cell: int) -> str:
    return next(name for name, at in layout.columns.items() if at.start <= cell < at.stop)


def _changed(rows: np.ndarray, cells: Any, by_one: bool) -> np.ndarray:
    """The first row with some cells changed by one, or to values of another row that differ."""
    changed = rows[:1].copy()
    for cell in cells:
        others = rows[rows[:, cell] != rows[0, cell], cell]
        by = not len(others) or by_one
        changed[0, cell] = rows[0, cell] + 1 if by else others[0]
    return changed


def _numbered(row: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """A row whose ``cells`` hold different numbers, in random order."""
    numbered = row.copy()
    numbered[0, cells] = 1 + np.random.default_rng(0).permutation(len(cells))
    return numbered


def _compared(
    model: keras.Model, rows: np.ndarray, base: list[np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(_arriving(model, rows)[1], base, strict=True))


def _arriving(
    model: keras.Model, rows: np.ndarray
) -> tuple[list[tuple[int, int]], list[np.ndarray]]:
    """The layer and number of each call of an embedding, and the ids (n_rows, n_ids) it gets."""
    with remembered_ids(model) as seen:
        model(tf.constant(rows, dtype=model.inputs[0].dtype), training=False)
    counts: dict[int, int] = {}
    calls = []
    for layer, _ in seen:
        calls.append((layer, counts.get(layer, 0)))
        counts[layer] = counts.get(layer, 0) + 1
    return calls, [np.asarray(ids).reshape(len(rows), -1) for _, ids in seen]


def arriving_ids(model: keras.Model, rows: np.ndarray) -> np.ndarray:
    """The ids (n_samples, n_ids) that arrive at all calls of embeddings, side by side."""
    with calls_by_xla(False):  # which returns floats
        return call_in_chunks(model, _trace_ids, [rows]).astype(np.int64)


def _trace_ids(model: Any) -> tuple[Callable, tuple[Any, ...]]:
    def ids(rows: tf.Tensor) -> tf.Tensor:
        with remembered_ids(model) as seen:
            model(rows, training=False)
        flat = [tf.cast(tf.reshape(x, (tf.shape(rows)[0], -1)), "int64") for _, x in seen]
        return tf.concat(flat, axis=1)

    return ids, (tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype),)


def embeddings_of(model: Any) -> list[keras.layers.Embedding]:
    """The Embedding layers of a network, in nested ones too."""
    return [x for x in all_layers(model) if isinstance(x, keras.layers.Embedding)]


@contextmanager
def remembered_ids(model: Any) -> Iterator[list[tuple[int, Any]]]:
    """While the network is called: the number of each layer that is called, and the ids."""
    seen: list[tuple[int, Any]] = []
    layers = embeddings_of(model)

    def remember(number: int) -> Callable[[Any], Any]:
        call = layers[number].call

        def called(ids: Any) -> Any:
            seen.append((number, ids))
            return call(tf.zeros_like(ids))  # ids beyond the table raise an error elsewhere

        return called

    with calls_replaced(*((layer, remember(i)) for i, layer in enumerate(layers))):
        yield seen
