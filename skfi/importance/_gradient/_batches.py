"""Attributions of all samples by one gradient method, block by block."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
from tqdm.auto import tqdm

from skfi._keras import CHUNK_SIZE, calls_are_by_xla, calls_by_xla, worth_calling
from skfi.importance._gradient._aggregate import Attributions
from skfi.importance._gradient._completeness import MOST_POINTS
from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._methods import Found, Method
from skfi.importance._gradient._target import ExplainedOutput, ExplainedOutputs, joined
from skfi.importance._gradient._temporal_rescaling import n_masks, rescale

# Numbers in the points (rows, or copies of rows) whose gradients are held at once.
_MOST_NUMBERS = 2**24


def attribute(
    explained: Explained,
    method: Method,
    output: ExplainedOutput,
    progress: tqdm,
    at_once: int | None = None,
) -> Found:
    """What ``method`` finds for one output of every sample; zero where a sample lacks it.

    Random draws are the same in each call. The last block of ``at_once`` rows is padded, as XLA
    compiles for each number of rows.
    """
    n_samples = len(explained.network.inputs)
    points_at_once = _points_at_once(explained, output.shape)
    at_once = at_once or rows_at_once(n_samples, explained, method, output.shape)
    values = np.zeros((n_samples, *explained.shape), dtype=np.float32)
    error, relative_error, n_gradients = np.zeros(n_samples), np.zeros(n_samples), 0
    outputs: np.ndarray | None = None
    reached = np.flatnonzero(output.reached)
    for start in range(0, len(reached), at_once):
        block = reached[start : start + at_once]
        rows = block
        if calls_are_by_xla():
            rows = np.concatenate([block, np.repeat(block[-1:], at_once - len(block))])
        of_block = method.attribute(explained, rows, output, points_at_once)
        error[rows], relative_error[rows] = of_block.error, of_block.relative_error
        n_gradients += of_block.n_gradients
        values = values.astype(np.result_type(values, of_block.values), copy=False)
        values[rows] = of_block.values
        if of_block.outputs is not None:
            if outputs is None:
                outputs = np.empty((n_samples, *output.shape), of_block.outputs.dtype)
            outputs[rows] = of_block.outputs
        progress.update(len(block))
    progress.update(n_samples - len(reached))
    known = outputs if len(reached) == n_samples else None
    return Found(values, error, relative_error, n_gradients, known)


def _values(
    explained: Explained, method: Method, output: ExplainedOutput, progress: tqdm
) -> np.ndarray:
    return attribute(explained, method, output, progress).values


def rows_at_once(
    n_rows: int, explained: Explained, method: Method, outputs_shape: tuple[int, ...]
) -> int:
    """How many samples make a block: all blocks are about the same, and as few as can be."""
    most = max(1, _points_at_once(explained, outputs_shape) // method.n_points)
    return -(-n_rows // -(-n_rows // most))


def _points_at_once(explained: Explained, outputs_shape: tuple[int, ...]) -> int:
    """How many points to hold: enough to keep all threads busy, if they are not very large."""
    size = max(explained.points(np.arange(1)).size, int(np.prod(outputs_shape)))
    return min(max(CHUNK_SIZE, _MOST_NUMBERS // size), 16 * CHUNK_SIZE)


_SAMPLES_AT_ONCE = 1024


def explain(
    explained: Explained,
    method: Method,
    outputs: ExplainedOutputs,
    attributions: Attributions,
    *,
    unit: np.ndarray | None,
    temporal_rescaling: bool,
    verbose: int,
) -> Attributions:
    """Collect the attributions of one output after the other."""
    inputs = explained.network.inputs
    n_times = 1 + n_masks(inputs) if temporal_rescaling else 1
    n_rows = len(inputs) * len(outputs) * n_times
    n_points = 2 * n_rows * method.n_points  # there and back
    network = explained.network
    is_worth_it = worth_calling(network.model, network.n_timesteps, n_points, kind="gradients")
    with (
        calls_by_xla(is_worth_it),
        tqdm(total=n_rows, disable=not verbose, desc=method.name, unit="sample") as progress,
    ):
        if temporal_rescaling:
            for output in outputs:
                of_output = attribute(explained, method, output, progress)
                again = partial(_values, method=method, output=output, progress=progress)
                value = method.masked_value(explained)  # type: ignore[arg-type]  # of numbers
                values = rescale(of_output.values, explained, value, again, unit)
                attributions.add(output, replace(of_output, values=values))
            return attributions
        n_together = min(len(outputs), max(1, _SAMPLES_AT_ONCE // len(inputs)))
        n_together_rows = len(inputs) * n_together
        at_once = rows_at_once(n_together_rows, explained, method, outputs.shape)
        for together in _batches(outputs, n_together):  # few samples alone would not fill a call
            rows = np.tile(np.arange(len(inputs)), len(together))
            every = explained if len(together) == 1 else explained.of_samples(rows)
            of_all = attribute(every, method.of_samples(rows), joined(together), progress, at_once)
            for i, output in enumerate(together):
                attributions.add(
                    output, of_all.of_samples(slice(i * len(inputs), (i + 1) * len(inputs)))
                )
    return attributions


def _batches(outputs: ExplainedOutputs, size: int) -> Iterator[list[ExplainedOutput]]:
    remaining = iter(outputs)
    while together := list(islice(remaining, size)):
        yield together


def about_incomplete(attributions: Attributions) -> str:
    """Text of the warning about incomplete integrated gradients."""
    n_samples, n_left_out = len(attributions.incomplete), int(attributions.left_out.sum())
    left_out = ""
    if n_left_out == n_samples:
        left_out = " As all miss it by far, the means are of little worth."
    elif n_left_out:
        left_out = f" {n_left_out} that miss it by far have no part in the means."
    return (
        f"The integrated gradients of {int(attributions.incomplete.sum())} of {n_samples} "
        f"samples miss the change of the output by up to {np.abs(attributions.errors).max():.2g}, "
        f"with up to {MOST_POINTS} points each: see completeness_error.{left_out} The output turns "
        "too sharply on the way from the baseline; another baseline, or "
        "method='expected_gradients', may help."
    )
