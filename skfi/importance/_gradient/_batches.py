"""Attributions of all samples by one gradient method, block by block."""

import numpy as np
from tqdm.auto import tqdm

from skfi._keras import CHUNK_SIZE, calls_are_by_xla
from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._methods import Found, Method
from skfi.importance._gradient._target import ExplainedOutput

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

    It draws the same at each call, so that calls can be compared. XLA compiles for each number of
    rows: of blocks of ``at_once`` the last is filled up.
    """
    n_samples = len(explained.network.inputs)
    points_at_once = _points_at_once(explained, output.shape)
    at_once = at_once or min(n_samples, rows_at_once(explained, method, output.shape))
    values = np.zeros((n_samples, *explained.shape), dtype=np.float32)
    error, relative_error, n_gradients = np.zeros(n_samples), np.zeros(n_samples), 0
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
        progress.update(len(block))
    progress.update(n_samples - len(reached))
    return Found(values, error, relative_error, n_gradients)


def rows_at_once(explained: Explained, method: Method, outputs_shape: tuple[int, ...]) -> int:
    """How many samples make a block."""
    return max(1, _points_at_once(explained, outputs_shape) // method.n_points)


def _points_at_once(explained: Explained, outputs_shape: tuple[int, ...]) -> int:
    """How many points to hold: enough to keep all threads busy, if they are not very large."""
    size = max(explained.points(np.arange(1)).size, int(np.prod(outputs_shape)))
    return min(max(CHUNK_SIZE, _MOST_NUMBERS // size), 16 * CHUNK_SIZE)
