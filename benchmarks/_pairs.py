"""What the benchmarks share: the workload, timing in pairs, and the rows of the tables."""

import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from skfi.datasets import make_sequence_regression

N_TIMESTEPS, N_FEATURES, UNITS = 48, 10, 64


def workload(n_samples: int = 2000, **kwargs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of 48 steps and 10 features, and a target of mean 0 and variance 1."""
    shape = {"n_timesteps": N_TIMESTEPS, "n_features": N_FEATURES} | kwargs
    X, y = make_sequence_regression(n_samples, **shape, random_state=0, return_X_y=True)
    return X.astype("float32"), (y - y.mean()) / y.std()


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """How long a call takes, and what it returns."""
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def compare(
    work: str,
    against: str,
    reach: str,
    *,
    reference: Callable[[], Any],
    ours: Callable[[], Any],
    difference: Callable[[Any, Any], str],
    n_pairs: int = 5,
    warm_up: bool = True,
) -> None:
    """Run both in turn, and print a row of the table."""
    if warm_up:
        reference(), ours()
    times: list[tuple[float, float]] = []
    for _ in range(n_pairs):
        of_theirs, theirs = seconds(reference)
        of_mine, mine = seconds(ours)
        times.append((of_theirs, of_mine))
    report(work, against, reach, times, difference(theirs, mine))


def report(
    work: str, against: str, reach: str, times: list[tuple[float, float]], agreement: str
) -> None:
    """Print a row of the table as JSON, of pairs of seconds: theirs, ours.

    The ratio is the median of the ratios of the pairs: what disturbs a machine disturbs both.
    """
    ratios = sorted(theirs / ours for theirs, ours in times)
    print_row(
        "speed",
        work=work,
        against=against,
        ratio=f"{median(ratios):.2f}",
        reach=reach,
        spread=f"{ratios[0]:.2f} to {ratios[-1]:.2f}",
        seconds=f"{median(t for t, _ in times):.2f} / {median(t for _, t in times):.2f}",
        agreement=agreement,
    )


def print_row(table: str, **row: str) -> None:
    """Print a row for run.py to read."""
    print(json.dumps({"table": table, **row}), flush=True)


def largest(theirs: np.ndarray, mine: np.ndarray) -> str:
    """The largest difference of two arrays."""
    return f"{np.abs(np.asarray(theirs) - np.asarray(mine)).max():.0e}"
