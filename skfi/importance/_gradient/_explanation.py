"""What a call of ``gradient_importance`` explains, of one output or of several averaged."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Self

import numpy as np

from skfi._given import described, naming
from skfi.importance._gradient._aggregate import Attributions, gradient_result
from skfi.importance._gradient._batches import about_incomplete, explain
from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._methods import Method
from skfi.importance._gradient._network import Network
from skfi.importance._gradient._predictions import predictions
from skfi.importance._gradient._target import ExplainedOutputs, class_numbers, explained_outputs
from skfi.importance._outputs import names_of_columns, without_rows
from skfi.importance._results._by_output import ImportancesByOutput
from skfi.importance._results._result import ImportanceResult
from skfi.importance._units._of_input import units_of

_UP_TO_THE_CALLER = 6  # through gradient_importance, its record and its check of parameters


@dataclass(frozen=True)
class Explanation:
    """Samples, the method, and how its attributions become importances."""

    explained: Explained
    method: Method
    name: str
    unit: np.ndarray | None  # what values are multiplied by for the importances
    units: dict[str, Any]  # what the importances are for
    aggregate: str
    temporal_rescaling: bool
    sample_weight: np.ndarray | None
    verbose: int
    tolerance: float
    rows: np.ndarray | None = None  # of X, if these are some of its samples

    def of_samples(self, rows: np.ndarray) -> Self:
        """The same for some of the samples."""
        return replace(
            self,
            explained=self.explained.of_samples(rows),
            method=self.method.of_samples(rows),
            sample_weight=None if self.sample_weight is None else self.sample_weight[rows],
            rows=rows if self.rows is None else self.rows[rows],
        )

    def result(self, outputs: ExplainedOutputs, target: Any, *, by_step: bool) -> ImportanceResult:
        """The importances of outputs, averaged over them."""
        explained, rescales = self.explained, self.temporal_rescaling
        attributions = explain(
            explained,
            self.method,
            outputs,
            Attributions.to_collect(
                outputs, self.aggregate, by_step=by_step, tolerance=self.tolerance
            ),
            unit=self.unit if rescales else None,
            temporal_rescaling=rescales,
            verbose=self.verbose,
        )
        if attributions.incomplete.any():
            warnings.warn(about_incomplete(attributions), UserWarning, stacklevel=_UP_TO_THE_CALLER)
        outputs_of_samples = attributions.outputs
        if outputs_of_samples is None:
            every = np.arange(len(explained.network.inputs))
            outputs_of_samples = explained.outputs(explained.points(every), every)
        return gradient_result(
            explained,
            units_of(explained.network.kind, **self.units),
            attributions,
            method=f"{self.name}_rescaled" if rescales else self.name,
            sample_weight=self.sample_weight,
            scale="std" if self.unit is not None else None,
            feature_scale=None if rescales else self.unit,
            predictions=_at_step(
                predictions(explained.network, outputs_of_samples), explained.network, outputs
            ),
            **({} if self.rows is None else {"sample_indices": self.rows}),
            **_explained_column(explained.network, outputs),
            **self._entries(attributions, outputs, target),
        )

    def _entries(
        self, attributions: Attributions, outputs: ExplainedOutputs, target: Any
    ) -> dict[str, Any]:
        """Of the method; what is predicted at a baseline is of the same outputs as predictions."""
        entries = self.method.entries(self.explained, attributions, target)
        if "baseline_output" in entries:
            network = self.explained.network
            entries["baseline_output"] = _at_step(entries["baseline_output"], network, outputs)
        return entries

    def by_output(self, y: Any) -> ImportancesByOutput:
        """The importances of each output on its own."""
        names, results = [], []
        for name, rows, target, step in self._outputs(y):
            part = self if rows is None else self.of_samples(rows)
            outputs = explained_outputs(part.explained.network, target, step)
            names.append(name)
            result = part.result(outputs, target, by_step=False)
            for entry in ("predictions", "baseline_output"):
                if entry in result:
                    result[entry] = _of_output(result[entry], part.explained.network, target)
            if part.explained.network.classes is None and "explained_output" in result:
                result["explained_output"] = np.zeros_like(result["explained_output"])
            results.append(result)
        return ImportancesByOutput.from_results(names, results)

    def _outputs(self, y: Any) -> Iterator[tuple[Any, np.ndarray | None, Any, int | None]]:
        """The name, the samples (None: all), the target and the output step of each output."""
        network = self.explained.network
        if network.heads:
            yield from ((head.name, None, head.name, None) for head in network.heads)
        elif network.per_step:
            steps = explained_outputs(network, None, None).steps
            yield from ((t, None, None, t) for t in range(len(steps)) if (steps[t] >= 0).any())
        elif network.classes is not None:
            yield from self._classes(y)
        else:
            names: list[Any] = list(range(network.n_outputs))
            if y is not None and len(names_of_columns(y)) == len(names):
                names = names_of_columns(y)
            elif y is None and network.target_names is not None:
                names = list(network.target_names)
            yield from ((name, None, i, None) for i, name in enumerate(names))

    def _classes(self, y: Any) -> Iterator[tuple[Any, np.ndarray, Any, None]]:
        network = self.explained.network
        labels = np.asarray(network.classes).tolist()
        if y is None:
            numbers = class_numbers(network).ravel()
            of_class = [numbers == number for number in range(len(labels))]
        else:
            with naming("y", y, "a label for each sample"):
                y = np.asarray(y)
            if y.ndim < 1 or y.size != len(y) or y.dtype.kind == "V":
                raise ValueError(f"y must hold a label for each sample; got {described(y)}.")
            y = y.reshape(len(y)) if self.rows is None else y.reshape(len(y))[self.rows]
            of_class = [y == label for label in labels]
        for label in without_rows(labels, of_class, "predicted" if y is None else "in y"):
            of_class.pop(labels.index(label))
            labels.remove(label)
        for label, rows in zip(labels, of_class, strict=True):
            yield label, np.flatnonzero(rows), label, None


def _explained_column(network: Network, outputs: ExplainedOutputs) -> dict[str, np.ndarray]:
    """Which column of its predictions is explained of each sample, if it is one."""
    if len(outputs) != 1:
        return {}
    samples, at = np.arange(outputs.steps.shape[1]), np.maximum(outputs.steps[0], 0)
    if network.classes is not None and network.n_outputs == 1:  # the probability of the second one
        return {"explained_output": (outputs.factors[0, samples, at] > 0).astype(np.int64)}
    return {"explained_output": outputs.columns[0, samples, at].astype(np.int64)}


def _of_output(values: Any, network: Network, target: Any) -> Any:
    """The part of predictions that is of one output; of a classifier each class stays."""
    if network.heads:
        return {target: values[target]}
    return values[..., [target]] if isinstance(target, int) and network.classes is None else values


def _at_step(values: Any, network: Network, outputs: ExplainedOutputs) -> Any:
    """Predictions of the one step that is explained, or of all; NaN where a sequence has ended."""
    if not network.per_step or isinstance(values, dict):
        return values
    if len(outputs.steps) == 1:
        at = outputs.steps[0]
        of_step = values[np.arange(len(values)), np.maximum(at, 0)]
        return np.where(at[:, None] >= 0, of_step, np.nan)
    real = network.real_outputs
    if real is None or real.shape != values.shape[:2]:
        return values
    return np.where(real[:, :, None], values, np.nan)


def drawn_rows(
    n_samples: int, max_samples: int | float, random: np.random.RandomState
) -> np.ndarray | None:
    """The samples to explain, in their order; None for all."""
    whole = isinstance(max_samples, Integral)
    n_drawn = int(max_samples) if whole else max(1, int(max_samples * n_samples))
    if n_drawn >= n_samples:
        return None
    return np.sort(random.choice(n_samples, size=n_drawn, replace=False))
