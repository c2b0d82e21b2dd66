"""The course of gradient importance: one output of all samples after the other."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
from tqdm.auto import tqdm

from skfi._keras import calls_by_xla, worth_calling
from skfi.importance._gradient._aggregate import Attributions
from skfi.importance._gradient._batches import attribute, rows_at_once
from skfi.importance._gradient._completeness import MOST_POINTS
from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._methods import Method
from skfi.importance._gradient._target import ExplainedOutput, ExplainedOutputs, joined
from skfi.importance._gradient._temporal_rescaling import n_masks, rescale

_SAMPLES_AT_ONCE = 1024


def explain(
    explained: Explained,
    method: Method,
    outputs: ExplainedOutputs,
    found: Attributions,
    *,
    unit: np.ndarray | None,
    temporal_rescaling: bool,
    verbose: int,
) -> Attributions:
    """Explain one output after the other, and let ``found`` collect what is found."""
    inputs = explained.network.inputs
    n_rows = len(inputs) * len(outputs) * (1 + temporal_rescaling * n_masks(inputs))
    n_points = 2 * n_rows * method.n_points  # there and back
    is_worth_it = worth_calling(explained.network.model, inputs.shape[1], n_points)
    with (
        calls_by_xla(is_worth_it),
        tqdm(total=n_rows, disable=not verbose, desc=method.name, unit="sample") as progress,
    ):
        if temporal_rescaling:
            for output in outputs:
                of_output = attribute(explained, method, output, progress)
                values = rescale(of_output.values, explained, method, output, progress, unit)
                found.add(output, replace(of_output, values=values))
            return found
        n_together = min(len(outputs), max(1, _SAMPLES_AT_ONCE // len(inputs)))
        at_once = min(len(inputs) * n_together, rows_at_once(explained, method, outputs.shape))
        for together in _batches(outputs, n_together):  # few samples alone would not fill a call
            rows = np.tile(np.arange(len(inputs)), len(together))
            every = explained if len(together) == 1 else explained.of_samples(rows)
            of_all = attribute(every, method.of_samples(rows), joined(together), progress, at_once)
            for i, output in enumerate(together):
                found.add(output, of_all.of_samples(slice(i * len(inputs), (i + 1) * len(inputs))))
    return found


def _batches(outputs: ExplainedOutputs, size: int) -> Iterator[list[ExplainedOutput]]:
    remaining = iter(outputs)
    while together := list(islice(remaining, size)):
        yield together


def about_incomplete(found: Attributions) -> str:
    """What a warning says of integrated gradients that miss the change of the output."""
    n_samples, n_left_out = len(found.incomplete), int(found.left_out.sum())
    left_out = ""
    if n_left_out == n_samples:
        left_out = " As all miss it by far, the means are of little worth."
    elif n_left_out:
        left_out = f" {n_left_out} that miss it by far have no part in the means."
    return (
        f"The integrated gradients of {int(found.incomplete.sum())} of {n_samples} samples miss "
        f"the change of the output by up to {np.abs(found.errors).max():.2g}, with up to "
        f"{MOST_POINTS} points each: see completeness_error.{left_out} The output turns too "
        "sharply on the way from the baseline; another baseline, or "
        "method='expected_gradients', may help."
    )
