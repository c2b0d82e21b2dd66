"""The gradient methods: signed attributions of every input cell.

A method is an object with its settings. Integrated gradients are in ``_completeness``, the table of
all methods in ``_table``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np

from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._sequences import SequenceInput
from skfi.importance._gradient._target import ExplainedOutput

# of points, and of the number of the sample that each point belongs to
Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Found:
    """Attributions, and by how much each sample's miss the output's change, also relative to it."""

    values: np.ndarray
    error: np.ndarray
    relative_error: np.ndarray
    n_gradients: int
    outputs: np.ndarray | None = None  # of the samples, if they were computed on the way

    def of_samples(self, rows: slice) -> "Found":
        """What was found for some of the samples."""
        share = round(self.n_gradients * (rows.stop - rows.start) / len(self.error))
        outputs = None if self.outputs is None else self.outputs[rows]
        return Found(self.values[rows], self.error[rows], self.relative_error[rows], share, outputs)


@dataclass(frozen=True)
class Method:
    """A gradient method and what it takes besides the samples."""

    name: ClassVar[str]
    per_unit: ClassVar[bool] = False  # whether values are per unit of the input
    draws: ClassVar[bool] = False  # whether it draws at random

    n_points: int = 1  # gradients for each sample
    seed: int = 0
    ids: np.ndarray | None = None  # by which samples draw, if they are not their own numbers

    @classmethod
    def of(cls, explained: Explained, **settings: Any) -> Self:
        """The method with what it takes of a call's settings."""
        return cls()

    def of_samples(self, rows: np.ndarray) -> Self:
        """A copy for some of the samples, or for repeated ones."""
        return replace(self, ids=rows)

    def renumbered(self) -> Self:
        """A copy whose samples are numbered by position."""
        return replace(self, ids=None)

    def seeded(self, random: np.random.RandomState) -> Self:
        """A copy with a seed, if the method is random."""
        if not self.draws:
            return self
        return replace(self, seed=int(random.randint(np.iinfo(np.int32).max)))

    def entries(self, explained: Explained, attributions: Any, target: Any) -> dict[str, Any]:
        """Entries of a result that describe the method."""
        return {}

    def draws_of(self, row: int) -> np.random.Generator:
        """The random generator of a sample, the same for each block, output and mask."""
        sample = row if self.ids is None else int(self.ids[row])
        return np.random.default_rng([self.seed, sample])

    def attribute(
        self,
        explained: Explained,
        rows: np.ndarray,
        output: ExplainedOutput,
        points_at_once: int,
    ) -> Found:
        """The attributions of one output of the samples ``rows``."""
        gradient, outputs = self.gradient_of(explained, rows, output)
        values = explained.attributions(self.values(gradient, explained.points(rows), rows), rows)
        none = np.zeros(len(rows))
        return Found(values, none, none, self.n_points * len(rows), outputs)

    def gradient_of(
        self, explained: Explained, rows: np.ndarray, output: ExplainedOutput
    ) -> tuple[Gradient, np.ndarray | None]:
        """The gradient of one output, and the samples' outputs if they are known with it."""
        return partial(explained.gradient, weights=output), None

    def values(self, gradient: Gradient, X: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """An array like ``X``, a block of samples whose numbers are ``rows``."""
        raise NotImplementedError

    def masked_value(self, explained: SequenceInput) -> np.ndarray:
        """What cells that temporal rescaling masks hold, to be broadcast to the inputs."""
        inputs, real = explained.network.inputs, explained.real
        return inputs.mean(axis=(0, 1)) if real is None else inputs[real].mean(axis=0)


@dataclass(frozen=True)
class AtSamples(Method):
    """A method that takes gradients at the samples themselves."""

    def gradient_of(
        self, explained: Explained, rows: np.ndarray, output: ExplainedOutput
    ) -> tuple[Gradient, np.ndarray | None]:
        """The gradient at the samples, which are the only points, and their outputs."""
        gradient, outputs = explained.gradient_at_samples(rows, output)
        return lambda _, __: gradient, outputs


@dataclass(frozen=True)
class Saliency(AtSamples):
    """The gradient itself."""

    name = "saliency"

    per_unit = True

    def values(self, gradient: Gradient, X: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The gradient."""
        return gradient(X, rows)


@dataclass(frozen=True)
class InputXGradient(AtSamples):
    """The gradient times the input."""

    name = "input_x_gradient"

    def values(self, gradient: Gradient, X: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Their product."""
        return X * gradient(X, rows)


@dataclass(frozen=True)
class SmoothGrad(Method):
    """The gradient averaged over copies with Gaussian noise."""

    name = "smoothgrad"

    per_unit = True
    draws = True

    noise: Any = 0.0  # the standard deviation of each feature's

    @classmethod
    def of(cls, explained: Explained, **settings: Any) -> Self:
        """Noise is a share of each feature's range."""
        return cls(settings["n_steps"], noise=explained.noise(settings["noise_level"]))

    def values(self, gradient: Gradient, X: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Its mean over the copies."""
        shape = (self.n_points, *X.shape[1:])
        draws = np.array([self.draws_of(row).standard_normal(shape) for row in rows])
        return at_points(gradient, X[:, None] + self.noise * draws, rows).mean(axis=1)


@dataclass(frozen=True)
class ExpectedGradients(Method):
    """Integrated gradients averaged over baselines drawn from a background, by row number.

    The points on the paths are stratified: one in each nth of the way, which reduces variance.
    """

    name = "expected_gradients"

    draws = True

    background: Any = None
    share: np.ndarray | None = None  # with which each background sample is drawn

    @classmethod
    def of(cls, explained: Explained, **settings: Any) -> Self:
        """Without a baseline the background is the samples themselves, with their weights."""
        baseline, weight = settings["baseline"], settings["sample_weight"]
        if baseline is None and len(explained.network.inputs) == 1:
            raise ValueError(
                "Expected gradients compare a sample with others, and X holds a single one: pass "
                "others, such as training samples, as baseline=, or take "
                "method='integrated_gradients'."
            )
        baseline = explained.baseline("expected_gradients", baseline, weight)
        share = None if baseline is not None or weight is None else weight / weight.sum()
        background = explained.background(baseline)
        return cls(settings["n_steps"], background=background, share=share)

    def values(self, gradient: Gradient, X: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The mean over the points."""
        n_points = self.n_points

        def draw(of_row: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
            baselines = of_row.choice(len(self.background), size=n_points, p=self.share)
            return baselines, (np.arange(n_points) + of_row.random(n_points)) / n_points

        draws = [draw(self.draws_of(row)) for row in rows]
        start = self.background[np.array([index for index, _ in draws])]
        alpha = np.array([a for _, a in draws]).reshape(*start.shape[:2], *[1] * (X.ndim - 1))
        way = X[:, None] - start
        return (way * at_points(gradient, start + alpha * way, rows)).mean(axis=1)

    def masked_value(self, explained: SequenceInput) -> np.ndarray:
        """The mean of the background."""
        return self.background.mean(axis=(0, 1))


def at_points(gradient: Gradient, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Gradients at several points (n_rows, n_points, ...) for each row."""
    n_rows, n_points = points.shape[:2]
    flat = points.reshape(n_rows * n_points, *points.shape[2:])
    return gradient(flat, np.repeat(rows, n_points)).reshape(points.shape)
