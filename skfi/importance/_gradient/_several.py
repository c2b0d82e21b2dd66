"""Several inputs as what a gradient is taken with respect to.

A point holds the inputs that are numbers, and the embedded vectors of those that are ids. Each
number input is treated as it is on its own; an id is explained at its embeddings, and the values of
a vector are summed.
"""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from skfi._keras import (
    Points,
    arriving_ids,
    gradient_at_points,
    outputs_at_points,
)
from skfi.importance._gradient._baseline import check_has_baseline
from skfi.importance._gradient._ids import Ids
from skfi.importance._gradient._network import Network
from skfi.importance._gradient._sequences import SequenceInput, Weights
from skfi.importance._inputs._arrays import by_name, layout_of, read_arrays
from skfi.importance._inputs._kinds import Numbers
from skfi.importance._inputs._several import Part, SeveralInputs

_TRIED = 48  # samples whose ids are changed to see what they do


class SeveralExplained:
    """Rows of several inputs."""

    def __init__(self, network: Network) -> None:
        kind: Any = network.kind
        self.network = network
        self.kind: SeveralInputs = kind
        self.inputs = network.inputs
        self.real = None  # padding is known by input
        if kind.mixed:
            raise ValueError(kind.mixed)
        self.points_of = Points(kind.layout, kind.embedded)
        parts = {part.name: part for part in kind.parts}
        self.numbers = [
            (parts[name], place, _alone(network, kind, parts[name]))
            for name, place in self.points_of.numbers.items()
        ]
        self.ids = [
            (call, place, Ids(call, network.model, kind))
            for call, place in zip(kind.embedded, self.points_of.vectors, strict=True)
        ]

    def check_gradients(self) -> None:
        """Raise ValueError for an input that moves the output where no gradient is taken.

        That is an input of whole numbers which is read otherwise than by an embedding.
        """
        tensors = dict(zip(self.kind.layout.names, self.network.own[0].inputs, strict=True))
        dtypes = {
            name: keras.backend.standardize_dtype(tensor.dtype) for name, tensor in tensors.items()
        }
        of_ids = [
            part
            for part in self.kind.parts
            if part.id_cells or np.dtype(dtypes[part.name]).kind in "iu"
        ]
        if not of_ids:
            return
        rows = np.arange(min(len(self.inputs), _TRIED))
        points, inputs = self.points(rows), self.inputs[rows]
        model, of = self.network.model, self.points_of
        before = outputs_at_points(model, of, inputs, points)
        size = max(1e-3, float(np.abs(before).max()))
        for part in of_ids:
            changed, of_part = inputs.copy(), inputs[:, part.columns]
            real = np.ones(of_part.shape, dtype=bool)
            if part.is_ids and part.mask_value is not None:  # or the mask would change
                real = of_part != 0
            others = of_part[real]
            of_part = of_part.copy()
            of_part[real] = np.roll(others, 1 + of_part.shape[1])
            changed[:, part.columns] = of_part
            at = points.copy()
            place = self.points_of.numbers.get(part.name)
            if place is not None:
                at[:, place] = of_part
            after = outputs_at_points(model, of, changed, at)
            if np.abs(after - before).max() > 1e-4 * size:
                raise ValueError(
                    f"The network has no gradient at its input {part.name!r}, of type "
                    f"{dtypes[part.name]}: it "
                    "is read otherwise than by an Embedding layer, at which ids are explained. "
                    "Give numbers an input of floats of their own; permutation_importance and "
                    "lofo_importance take this network as it is."
                )

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the attributions of a sample: a value for each cell."""
        return self.inputs.shape[1:]

    @property
    def entries(self) -> dict[str, Any]:
        """What a result keeps of the samples."""
        return {}

    def check_can_be_masked(self) -> None:
        """Raise ValueError: time steps of several inputs are not the same."""
        raise ValueError("temporal_rescaling=True is for networks of one input.")

    def scale(self, sample_weight: np.ndarray | None) -> np.ndarray:
        """The standard deviation of each cell's feature; of an id that of its vector's entries."""
        scale = np.ones(self.inputs.shape[1])
        for part, _, alone in self.numbers:
            of_part: Any = alone.scale(sample_weight)
            scale[part.columns] = np.broadcast_to(of_part, part.shape).ravel()
        of_cells: dict[int, list[float]] = {}
        for call, _, ids in self.ids:
            for cell in call.cells:
                of_cells.setdefault(cell, []).append(ids.spread(sample_weight))
        for cell, spreads in of_cells.items():
            if cell >= 0:
                scale[cell] = np.mean(spreads)
        return scale

    def origin(self, sample_weight: np.ndarray | None = None) -> np.ndarray:
        """Where paths begin if it is not said, as a point."""
        return self._start_of({}, sample_weight)[0]

    def baseline(self, method: str, baseline: Any, sample_weight: np.ndarray | None) -> Any:
        """Where paths begin, as points; rows to draw from for expected gradients."""
        if baseline is not None:
            check_has_baseline(method)
        if method == "integrated_gradients":
            given = {} if baseline is None else self._by_input(baseline)
            return self._start_of(given, sample_weight)
        if baseline is None:
            return None
        arrays = read_arrays(self.network.own[0], baseline)
        if layout_of(arrays) != self.kind.layout:
            raise ValueError(
                f"The background has the shapes {layout_of(arrays).shapes}, but X "
                f"{self.kind.layout.shapes}."
            )
        return self.kind.layout.pack(list(arrays.values()))

    def _by_input(self, baseline: Any) -> dict[str, Any]:
        names = list(self.kind.layout.names)
        if isinstance(baseline, dict) and not set(baseline) <= set(names):
            raise ValueError(f"baseline has the keys {list(baseline)}; the inputs are {names}.")
        return baseline if isinstance(baseline, dict) else by_name(names, baseline, "baseline")

    def _start_of(self, given: dict[str, Any], sample_weight: np.ndarray | None) -> np.ndarray:
        """A point for each sample; from where it is ``given`` for an input."""
        points = np.empty((len(self.inputs), self.points_of.width), dtype=self.inputs.dtype)
        for part, place, alone in self.numbers:
            values = given.get(part.name)
            if values is not None:
                values = np.asarray(values, dtype=np.float64)
                if values.ndim == len(part.shape) == 2 and part.shape[0] == 1:
                    values = values[:, None]  # of a static input
            start = alone.baseline("integrated_gradients", values, sample_weight)
            points[:, place] = start.reshape(len(points), -1)
        for call, place, ids in self.ids:
            points[:, place] = ids.start(
                next((given[name] for name in call.names if name in given), None), sample_weight
            )
        return points

    def points(self, rows: np.ndarray) -> np.ndarray:
        """The samples themselves."""
        ids = None if self.kind.ids is None else self.kind.ids[rows]
        return self.points_of.of_rows(self.network.model, self.inputs[rows], ids)

    def gradient(self, points: np.ndarray, rows: np.ndarray, weights: Weights) -> np.ndarray:
        """Gradient at ``points`` that belong to the samples ``rows``."""
        inputs, points = self.inputs[rows], self._padded(points, rows)
        return gradient_at_points(self.network.model, self.points_of, inputs, points, weights[rows])

    def gradient_at_samples(self, rows: np.ndarray, weights: Any) -> tuple[np.ndarray, None]:
        """Gradient at the samples themselves; their outputs have to be asked for."""
        return self.gradient(self.points(rows), rows, weights), None

    def outputs(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The network's outputs at ``points`` that belong to the samples ``rows``."""
        points = self._padded(points, rows)
        return outputs_at_points(self.network.model, self.points_of, self.inputs[rows], points)

    def attributions(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """What a method found for each cell, zero for padding."""
        cells = self.points_of.to_cells(values)
        if self.kind.real is None:
            return cells
        for part in self.kind.parts:
            real = self.kind.real[rows][:, part.steps].repeat(np.prod(part.shape[1:]), axis=1)
            cells[:, part.columns] *= real
        return cells

    def of_samples(self, rows: np.ndarray) -> "SeveralExplained":
        """Some of the samples."""
        return SeveralExplained(self.network.of_samples(rows))

    def start(self, baseline: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The baseline of each sample."""
        return baseline[rows]

    def background(self, samples: np.ndarray | None) -> np.ndarray:
        """Points to draw baselines from; where a series has ended, it goes on with the mean."""
        rows = self.inputs if samples is None else samples
        model = self.network.model
        ids = arriving_ids(model, rows) if self.ids else None
        points = self.points_of.of_rows(model, rows, ids)
        for part, place, alone in self.numbers:
            if alone.real is not None:
                of_part = alone.background(part.of_rows(rows))
                points[:, place] = of_part.reshape(len(rows), -1)
        return points

    def noise(self, level: float) -> np.ndarray:
        """A share of each feature's range, of each number of a point."""
        noise = np.empty(self.points_of.width)
        for part, place, alone in self.numbers:
            noise[place] = np.broadcast_to(alone.noise(level), part.shape).ravel()
        for _, place, ids in self.ids:
            noise[place] = np.tile(level * np.ptp(ids.vectors, axis=0), ids.n_ids)
        return noise

    def _padded(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Points whose padded steps are those of their samples."""
        if self.kind.real is None:
            return points
        points = points.copy()
        for part, place, alone in self.numbers:
            of_part = points[:, place].reshape(len(points), *part.shape)
            points[:, place] = alone._padded(of_part, rows).reshape(len(points), -1)
        for call, place, ids in self.ids:
            if call.masks_zero:
                real = ids.real[rows].repeat(call.width, axis=1)
                points[:, place] = np.where(real, points[:, place], ids.own(rows))
        return points


def _alone(network: Network, kind: SeveralInputs, part: Part) -> SequenceInput:
    """A number input on its own."""
    real = None if kind.real is None or part.mask_value is None else kind.real[:, part.steps]
    samples = part.of_rows(kind.X)
    of_part = Numbers(samples, None, part.feature_names, real, real is not None)
    return SequenceInput(
        replace(
            network,
            inputs=samples,
            kind=of_part,
            mask_value=part.mask_value if real is not None else None,
            user_mask_value=part.mask_value if real is not None else None,
        )
    )
