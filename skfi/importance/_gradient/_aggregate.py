"""From attributions to the importances of features, time steps, cells and words."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._methods import Found
from skfi.importance._gradient._network import Network
from skfi.importance._gradient._target import ExplainedOutput, ExplainedOutputs
from skfi.importance._inputs._kinds import Kind
from skfi.importance._results._result import ImportanceResult

_TOO_FAR = 0.05  # a share of the output's change, or of its unit


@dataclass
class Attributions:
    """Collects attributions output by output in little memory.

    Absolute or signed values of several outputs are averaged, as ``aggregate`` says.
    """

    aggregate: str
    n_columns: int  # outputs of a step
    n_outputs: int
    by_step: bool  # keep those of each output step
    tolerance: float  # of the relative error
    total: Any = None  # (n_samples, ...): sum over outputs of what is averaged
    n_reached: Any = 0  # (n_samples,): how many outputs a sample has
    of_steps: list[np.ndarray] = field(default_factory=list)
    all_errors: list[np.ndarray] = field(default_factory=list)
    relative_errors: Any = 0.0  # (n_samples,): the largest of a sample's
    outputs: np.ndarray | None = None  # of all samples, if they were computed on the way
    n_added: int = 0
    n_gradients: int = 0

    @classmethod
    def to_collect(
        cls, outputs: ExplainedOutputs, aggregate: str, *, by_step: bool, tolerance: float
    ) -> Self:
        """An empty collection for ``outputs``."""
        return cls(aggregate, len(outputs.columns), len(outputs), by_step, tolerance)

    def add(self, output: ExplainedOutput, of_output: Found) -> None:
        """Add the attributions of an output."""
        values = np.abs(of_output.values) if self.aggregate == "mean_abs" else of_output.values
        self.total = values if self.n_added == 0 else self.total + values
        self.n_reached = self.n_reached + output.reached
        self.relative_errors = np.maximum(self.relative_errors, of_output.relative_error)
        self.all_errors.append(of_output.error)
        self.outputs = of_output.outputs if self.outputs is None else self.outputs
        self.n_gradients += of_output.n_gradients
        of_step = of_output.values if self.n_columns == 1 else values / self.n_columns
        if self.by_step and self.n_added % self.n_columns:
            self.of_steps[-1] = self.of_steps[-1] + of_step
        elif self.by_step or self.n_outputs == 1:
            self.of_steps.append(of_step)
        self.n_added += 1

    @property
    def averaged(self) -> np.ndarray:
        """What importances are means of, (n_samples, ...)."""
        if self.n_outputs == 1:
            return self.total
        n_reached = np.maximum(self.n_reached, 1)
        return self.total / n_reached.reshape(-1, *[1] * (self.total.ndim - 1))

    @property
    def incomplete(self) -> np.ndarray:
        """Which samples miss the change of an output."""
        return self.relative_errors > self.tolerance

    @property
    def left_out(self) -> np.ndarray:
        """Which samples miss it by so much that means leave them out."""
        return self.relative_errors > max(_TOO_FAR, self.tolerance)

    @property
    def errors(self) -> np.ndarray:
        """By how much each sample misses the change, (n_samples,) or one of each output."""
        return self.all_errors[0] if self.n_outputs == 1 else np.transpose(self.all_errors)

    def arranged(self, kind: Kind) -> Any:
        """Attributions of the shape of X: of the output, of each step, or the average."""
        if self.by_step:
            steps: Any = [kind.arranged(values) for values in self.of_steps]
            if isinstance(steps[0], dict):
                return {name: np.stack([x[name] for x in steps], axis=1) for name in steps[0]}
            return np.stack(steps, axis=1)
        return kind.arranged(self.of_steps[0] if self.n_outputs == 1 else self.averaged)

    def part_in_means(self) -> np.ndarray | None:
        """1 for the samples that have a part in means, else 0; None if all have.

        Samples without the output, or far from complete, have none, unless all samples are such.
        """
        known = self.n_reached > 0
        if (known & ~self.left_out).any():
            known &= ~self.left_out
        return None if known.all() else known.astype(np.float64)


def _samples(network: Network) -> Any:
    """The samples as they were passed, also their padding."""
    X, padding = network.kind.X, network.user_mask_value
    if network.real is not None and padding is not None and network.inputs.ndim == 3:
        X = np.where(network.real[:, :, None], network.inputs, padding).astype(X.dtype)
    return network.kind.arranged(X)


def gradient_result(
    explained: Explained,
    units: Any,  # of cells, or words
    attributions: Attributions,
    *,
    method: str,
    sample_weight: np.ndarray | None,
    feature_scale: np.ndarray | None,
    **entries: Any,
) -> ImportanceResult:
    """The importances of the units, averaged over the outputs that were explained."""
    network = explained.network
    part = attributions.part_in_means()
    if part is not None:
        sample_weight = part if sample_weight is None else part * sample_weight
    values = attributions.averaged
    entries["feature_scale"] = None
    if feature_scale is not None:
        values = values * feature_scale.astype(values.dtype)
        of_cells = np.broadcast_to(feature_scale, values.shape[1:])
        entries["feature_scale"] = network.kind.arranged_sample(of_cells)
    entries |= explained.entries | {
        "attributions": attributions.arranged(network.kind),
        "aggregate": attributions.aggregate,
        "n_gradients": attributions.n_gradients,
    }
    if network.classes is not None:
        entries["classes"] = network.classes
    if "tokens" not in entries:
        entries["samples"] = _samples(network)
    if attributions.by_step:
        entries["output_step"] = "all"
    named: dict[str, Any] = {"feature_names": units.names, "method": method, "by": units.by}
    importances = units.of_samples(values, network.real)
    if importances is None:  # a word is not in every sample
        mean, std = units.summarise(values, network.kind, sample_weight)
        return ImportanceResult.from_summary(mean, std, **named, **units.entries, **entries)
    entries |= {"sequence_mask": network.kind.sequence_mask, "weights": sample_weight}
    return ImportanceResult.from_values(importances, **named, **units.entries, **entries)
