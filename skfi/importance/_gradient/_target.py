"""Which of a network's outputs are explained, of each sample, one after the other.

Several outputs are never explained by their mean: what moves one up and another down would cancel.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from skfi._given import naming
from skfi._keras import Head, forward
from skfi.importance._gradient._network import Network


@dataclass(frozen=True)
class ExplainedOutput:
    """One output of each sample; indexing by samples gives the weights of all their outputs."""

    place: np.ndarray  # (n_samples,): which one, among a sample's outputs in a row
    factor: np.ndarray  # (n_samples,): what it is multiplied by; 0 where a sample does not have it
    shape: tuple[int, ...]  # of a sample's outputs

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        weights = np.zeros((len(rows), int(np.prod(self.shape))))
        weights[np.arange(len(rows)), self.place[rows]] = self.factor[rows]
        return weights.reshape(len(rows), *self.shape)

    @property
    def reached(self) -> np.ndarray:
        """Which samples have this output."""
        return self.factor != 0


def joined(outputs: list[ExplainedOutput]) -> ExplainedOutput:
    """Several outputs of the same samples as one output of repeated samples."""
    place = np.concatenate([output.place for output in outputs])
    factor = np.concatenate([output.factor for output in outputs])
    return ExplainedOutput(place, factor, outputs[0].shape)


@dataclass(frozen=True)
class ExplainedOutputs:
    """The outputs to explain, by time step and by column of the output."""

    steps: np.ndarray  # (n_steps, n_samples): the output step of each sample; -1 if it has none
    columns: np.ndarray  # (n_columns, n_samples, n_output_steps): the column of each
    factors: np.ndarray  # of the same shape: what it is multiplied by
    shape: tuple[int, ...]
    drawn: np.ndarray | None = None  # (n_drawn, n_samples): of each sample these ones only

    def __len__(self) -> int:
        return len(self.steps) * len(self.columns) if self.drawn is None else len(self.drawn)

    def __iter__(self) -> Iterator[ExplainedOutput]:
        if self.drawn is not None:
            n_columns = len(self.columns)
            for numbers in self.drawn:
                yield self._one(numbers // n_columns, numbers % n_columns, numbers >= 0)
            return
        n_samples = self.steps.shape[1]
        for step, column in product(range(len(self.steps)), range(len(self.columns))):
            yield self._one(np.full(n_samples, step), np.full(n_samples, column), True)

    def by_step(self) -> Iterator[list[ExplainedOutput]]:
        """The outputs of one step after the other."""
        outputs = iter(self)
        for _ in self.steps:
            yield [next(outputs) for _ in self.columns]

    def _one(self, step: np.ndarray, column: np.ndarray, exists: Any) -> ExplainedOutput:
        samples = np.arange(self.steps.shape[1])
        at = self.steps[step, samples]
        reached = (at >= 0) & exists
        place = np.where(reached, at, 0) * self.shape[-1] + self.columns[column, samples, at]
        factor = np.where(reached, self.factors[column, samples, at], 0.0)
        return ExplainedOutput(place, factor, self.shape)

    def at_most(self, n_outputs: int, random: np.random.RandomState) -> "ExplainedOutputs":
        """At most ``n_outputs`` random outputs of each sample."""
        if n_outputs >= len(self):
            return self
        n_columns, n_samples = len(self.columns), self.steps.shape[1]
        drawn = np.full((n_outputs, n_samples), -1)
        for sample in range(n_samples):
            steps = np.flatnonzero(self.steps[:, sample] >= 0)
            picks = random.permutation(len(steps) * n_columns)[:n_outputs]
            drawn[: len(picks), sample] = steps[picks // n_columns] * n_columns + picks % n_columns
        return ExplainedOutputs(self.steps, self.columns, self.factors, self.shape, drawn)


def explained_outputs(network: Network, target: Any, output_step: Any) -> ExplainedOutputs:
    """The outputs that ``target`` and ``output_step`` name; all of them if these are None."""
    shape = _outputs_shape(network)
    if network.heads:
        columns, factors = _of_heads(network, target)
    elif network.classes is None:
        columns, factors = _of_values(network, target)
    else:
        columns, factors = _of_classes(network, target)
    whole = (len(columns), len(network.inputs), shape[0] if network.per_step else 1)
    columns, factors = np.broadcast_to(columns, whole), np.broadcast_to(factors, whole)
    return ExplainedOutputs(_steps(network, shape, output_step), columns, factors, shape)


def _of_values(network: Network, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Columns of a regressor's output, in units of y.

    Several are averaged, each in units of its own standard deviation: that of the training, in
    which an estimator's network predicts. Otherwise the target with the largest unit would decide.
    """
    several = target is None and network.n_outputs > 1
    columns = np.arange(network.n_outputs) if target is None else np.array([target])
    factors = np.ones(len(columns))
    if network.output_scale is not None and not several:
        factors = network.output_scale[columns]
    return columns[:, None, None], factors[:, None, None]


def _of_classes(network: Network, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """The column of the class that is explained, of each sample or of each of its steps."""
    if network.classes is None:
        raise TypeError("The network has no classes.")
    if target is None:
        numbers = class_numbers(network)
    else:
        number = {label: i for i, label in enumerate(network.classes.tolist())}
        labels = np.atleast_1d(target).tolist()
        numbers = np.array([number[label] for label in labels])[:, None]
    if network.n_outputs == 1:  # one output for the second class; the first is its complement
        return np.zeros((1, 1, 1), dtype=int), np.where(numbers == 1, 1.0, -1.0)[None]
    return numbers[None], np.ones((1, *numbers.shape))


def class_numbers(network: Network) -> np.ndarray:
    """The number of the class that each sample is taken for, or each of its steps (n, n_steps)."""
    outputs = forward(network.model, network.inputs)
    threshold = 0.5 if network.probabilities else 0.0
    of_one = (outputs[..., 0] > threshold).astype(int)
    numbers = of_one if network.n_outputs == 1 else outputs.argmax(axis=-1)
    return numbers.reshape(len(outputs), -1)


def _of_heads(network: Network, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """The columns that are explained of several outputs in a row.

    Of an output that tells classes it is the column of the class that a sample is taken for.
    """
    name, of_head = target if isinstance(target, tuple) else (target, None)
    n_samples = len(network.inputs)
    columns, factors = [], []

    def add(column: Any, factor: Any = 1.0) -> None:
        columns.append(np.broadcast_to(column, n_samples))
        factors.append(np.broadcast_to(factor, n_samples))

    outputs: np.ndarray | None = None
    for head in network.heads:
        if name is not None and head.name != name:
            continue
        every = np.arange(head.columns.start, head.columns.stop)
        if not head.of_classes:
            for column in every if of_head is None else every[[of_head]]:
                add(column)
            continue
        if outputs is None:
            outputs = forward(network.model, network.inputs)
        steps = head.take(outputs).reshape(n_samples, -1, head.shape[-1])
        threshold = 0.0 if head.kind == "logits" else 0.5
        for step in range(steps.shape[1]):
            one = steps.shape[2] == 1
            predicted = steps[:, step, 0] > threshold if one else steps[:, step].argmax(axis=-1)
            number = predicted.astype(int) if of_head is None else np.full(n_samples, of_head)
            first = every[0] + step * steps.shape[2]
            add(first + (0 if one else number), np.where(number == 1, 1.0, -1.0) if one else 1.0)
    return np.array(columns)[:, :, None], np.array(factors)[:, :, None]


def _outputs_shape(network: Network) -> tuple[int, ...]:
    if not network.per_step:
        return (network.n_outputs,)
    steps = network.model.outputs[0].shape[1]
    if steps is None:
        steps = forward(network.model, network.inputs[:1]).shape[1]
    return (steps, network.n_outputs)


def _steps(network: Network, shape: tuple[int, ...], output_step: Any) -> np.ndarray:
    """The output steps to explain, (n_steps, n_samples); -1 where a sample has no such step."""
    n_samples = len(network.inputs)
    if not network.per_step:
        if output_step is not None:
            raise ValueError(
                f"output_step={output_step!r} is for networks with an output at every step "
                "(return_sequences=True); this one has a single output for each sequence."
            )
        return np.zeros((1, n_samples), dtype=int)
    n_steps = shape[0]
    real, known = np.ones((n_samples, n_steps), dtype=bool), network.real_outputs
    if known is not None and known.shape[1] == n_steps:
        real = known
    if output_step is None or output_step == "all":
        return np.where(real, np.arange(n_steps), -1).T
    if not -n_steps <= output_step < n_steps:
        raise ValueError(f"output_step={output_step}, but the network has {n_steps} output steps.")
    if output_step >= 0:
        at = np.full(n_samples, output_step)
    else:  # counted back from the end of each sequence
        at = _nth_from_the_end(real, -output_step)
    steps = np.where((at >= 0) & real[np.arange(n_samples), at], at, -1)
    if (steps < 0).all():
        raise ValueError(
            f"output_step={output_step}, but the longest of these sequences has "
            f"{real.sum(axis=1).max()} steps."
        )
    return steps[None]


def _nth_from_the_end(real: np.ndarray, n: int) -> np.ndarray:
    """The place of each sequence's nth real step from its end; -1 if it has fewer."""
    remaining = real[:, ::-1].cumsum(axis=1)[:, ::-1]
    chosen = real & (remaining == n)
    return np.where(chosen.any(axis=1), chosen.argmax(axis=1), -1)


def check_each_output(target: Any, output_step: Any, max_outputs: int | None) -> None:
    """Raise ValueError for parameters that choose some of the outputs."""
    chosen = {"target": target, "output_step": output_step, "max_outputs": max_outputs}
    for name, value in chosen.items():
        if value is not None:
            raise ValueError(
                f"per_output=True explains each output, and {name}={value!r} chooses some; leave "
                "one of them out."
            )


def check_head(target: Any, heads: Sequence[Head]) -> None:
    """Raise ValueError unless ``target`` names one of several outputs, and perhaps its column."""
    if target is None:
        return
    name, column = target if isinstance(target, tuple) and len(target) == 2 else (target, None)
    widths = {
        head.name: head.n_classes if head.of_classes else head.columns.stop - head.columns.start
        for head in heads
    }
    is_int = isinstance(column, (int, np.integer)) and not isinstance(column, bool)
    known = isinstance(name, str) and name in widths
    if not known or (column is not None and not (is_int and 0 <= column < widths[name])):
        raise ValueError(
            f"target={target!r} is none of the network's outputs {widths} (their columns, or "
            "classes); pass a name, or a pair of the name and the number of a column."
        )


def check_target(target: Any, n_samples: int, classes: np.ndarray | None, n_outputs: int) -> None:
    """Raise ValueError unless ``target`` names classes or an output."""
    if classes is None:
        is_int = isinstance(target, (int, np.integer)) and not isinstance(target, bool)
        if target is not None and not (is_int and 0 <= target < n_outputs):
            raise ValueError(
                f"target={target!r} is not an output of this network; pass an int in "
                f"[0, {n_outputs - 1}]."
            )
    elif target is not None:
        expected = f"one of the classes {classes}, or one for each sample"
        with naming("target", target, expected):
            labels = np.asarray(target)
            hash(tuple(labels.ravel().tolist()))
            is_bool = labels.dtype.kind == "b" and np.asarray(classes).dtype.kind != "b"
            if is_bool or (labels.dtype == object and np.ndim(target) == 0):
                raise TypeError("It is no label.")
        if labels.ndim > 1 or (labels.ndim == 1 and len(labels) != n_samples):
            raise ValueError(
                f"target must be one label, or one for each of the {n_samples} samples; got shape "
                f"{labels.shape}."
            )
        known = set(classes.tolist())
        unknown = sorted({str(x) for x in labels.ravel().tolist() if x not in known})
        if unknown:
            raise ValueError(f"target {', '.join(unknown)} is not among the classes {classes}.")
