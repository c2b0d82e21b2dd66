"""What a gradient is taken with respect to: sequences of numbers, or embedded token ids.

Points that a method asks for (on a path, with noise) keep the padding of their sample: its mask
must not change on the way. Attributions of padding are zero.
"""

from copy import copy
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from skfi._keras import (
    arriving_ids,
    embeddings_of,
    forward,
    input_gradient,
    input_gradient_and_outputs,
)
from skfi._padding import fill_padding, real_steps
from skfi.importance._gradient._baseline import check_baseline
from skfi.importance._gradient._feature_statistics import feature_origin, feature_scale
from skfi.importance._gradient._network import Network


class Weights(Protocol):
    """Weights of the outputs of samples, of the outputs' shape."""

    def __getitem__(self, rows: np.ndarray) -> np.ndarray: ...


class SequenceInput:
    """Sequences of numbers, as the network takes them."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.mask_value = network.mask_value
        self.real = network.real

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the attributions of a sample."""
        return self.network.inputs.shape[1:]

    @property
    def entries(self) -> dict[str, Any]:
        """What a result keeps of the samples."""
        return {}

    def check_gradients(self) -> None:
        """Raise ValueError if a part of the input moves the output where no gradient is taken."""
        layers = embeddings_of(self.network.model)
        if layers and self.network.inputs.dtype.kind == "f" and self._reads_ids():
            raise ValueError(
                f"The network {self.network.model.name!r} reads a part of its input as ids, by "
                f"{len(layers)} Embedding layer(s), which have no gradient. Give ids an input of "
                "their own; permutation_importance and lofo_importance take this network."
            )

    def _reads_ids(self) -> bool:
        """Whether ids that arrive at embeddings change with the samples."""
        inputs = self.network.inputs[:48]
        ids = arriving_ids(self.network.model, inputs)
        return bool((ids != ids[:1]).any())

    def check_can_be_masked(self) -> None:
        """Raise ValueError unless there are time steps, and features, to mask."""
        if self.network.inputs.ndim != 3:
            raise ValueError(
                "temporal_rescaling=True masks time steps, but the network takes arrays of shape "
                f"{self.network.inputs.shape}; it needs (n_samples, n_timesteps, n_features)."
            )

    def scale(self, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """The standard deviation of each feature, to be broadcast to a sample."""
        return feature_scale(self.network, sample_weight)

    def origin(self, sample_weight: np.ndarray | None = None) -> np.ndarray:
        """Where paths begin if it is not said, to be broadcast to a sample."""
        return feature_origin(self.network, sample_weight)

    def baseline(self, method: str, baseline: Any, sample_weight: np.ndarray | None) -> Any:
        """Where paths begin, of the shape of the inputs; a background of expected gradients."""
        network = self.network
        if method == "integrated_gradients" and baseline is None:
            return np.broadcast_to(self.origin(sample_weight), network.inputs.shape)
        nan = network.user_mask_value is not None and bool(np.isnan(network.user_mask_value))
        return check_baseline(method, baseline, network.shape, network.inputs.shape, nan=nan)

    def points(self, rows: np.ndarray) -> np.ndarray:
        """The samples themselves."""
        return self.network.inputs[rows]

    def gradient(self, points: np.ndarray, rows: np.ndarray, weights: Weights) -> np.ndarray:
        """Gradient at ``points`` that belong to the samples ``rows``."""
        return input_gradient(self.network.model, self._padded(points, rows), weights[rows])

    def gradient_at_samples(
        self, rows: np.ndarray, weights: Weights
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Gradient at the samples themselves and, where that takes no longer, their outputs."""
        points = self._padded(self.points(rows), rows)
        return input_gradient_and_outputs(self.network.model, points, weights[rows])

    def outputs(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The network's outputs at ``points`` that belong to the samples ``rows``."""
        return forward(self.network.model, self._padded(points, rows))

    def attributions(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """What a method found, zero for padding."""
        return values if self.real is None else np.where(self.real[rows][:, :, None], values, 0)

    def masked(self, cells: Any, values: np.ndarray) -> "SequenceInput":
        """The samples with ``values``, broadcast to them, in some ``cells`` (an index)."""
        inputs = self.network.inputs.copy()
        inputs[cells] = np.broadcast_to(values, inputs.shape)[cells]
        if self.real is not None:
            inputs = np.where(self.real[:, :, None], inputs, self.network.inputs)
        masked_input = copy(self)
        masked_input.network = replace(self.network, inputs=inputs)
        return masked_input

    def of_samples(self, rows: np.ndarray) -> "SequenceInput":
        """Some of the samples."""
        return SequenceInput(self.network.of_samples(rows))

    def start(self, baseline: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
        """The baseline of each sample, zero if it is None."""
        points = self.points(rows)
        if baseline is None:
            return np.zeros_like(points)
        return baseline[rows].astype(points.dtype)

    def background(self, samples: np.ndarray | None) -> np.ndarray:
        """Samples to draw baselines from; where one has ended, it goes on with the mean."""
        inputs = self.network.inputs
        if samples is None:
            samples, mask_value = inputs, self.mask_value
        else:
            samples, mask_value = samples.astype(inputs.dtype), self.network.user_mask_value
        if self.real is None or mask_value is None:
            return samples
        return fill_padding(samples, mask_value, samples[real_steps(samples, mask_value)].mean(0))

    def noise(self, level: float) -> np.ndarray:
        """A share of each feature's range."""
        inputs = self.network.inputs
        values = inputs.reshape(-1, inputs.shape[-1]) if self.real is None else inputs[self.real]
        return level * np.ptp(values, axis=0)

    def _padded(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        if self.real is None:
            return points
        real = self.real[rows][:, :, None]
        points = np.where(real, points, self.network.inputs[rows]).astype(points.dtype)
        masked = (points == self.mask_value).all(axis=2) & real[:, :, 0]
        if masked.any():  # such as a baseline of zeros where zeros mark padding
            points[masked, 0] += 1e-6 * max(1.0, abs(self.mask_value or 0.0))
        return points
