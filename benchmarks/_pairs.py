"""What the benchmarks share: the workload, timing in pairs, and a row of the table."""

import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from skfi.datasets import make_sequence_regression

N_TIMESTEPS, N_FEATURES, UNITS = 48, 10, 64


def workload(n_samples: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of 48 steps and 10 features, and a target of mean 0 and variance 1."""
    X, y = make_sequence_regression(
        n_samples, n_timesteps=N_TIMESTEPS, n_features=N_FEATURES, random_state=0, return_X_y=True
    )
    return X.astype("float32"), (y - y.mean()) / y.std()


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
    """Run both in turn, and print a row of the table as JSON.

    The ratio is the median of the ratios of the pairs: what disturbs a machine disturbs both.
    """
    if warm_up:
        reference(), ours()
    times: list[tuple[float, float]] = []
    for _ in range(n_pairs):
        start = time.perf_counter()
        theirs = reference()
        middle = time.perf_counter()
        mine = ours()
        times.append((middle - start, time.perf_counter() - middle))
    ratios = sorted(reference / ours for reference, ours in times)
    row = {
        "work": work,
        "against": against,
        "reach": reach,
        "ratio": f"{median(ratios):.1f}",
        "spread": f"{ratios[0]:.1f} to {ratios[-1]:.1f}",
        "seconds": f"{median(t for t, _ in times):.2f} / {median(t for _, t in times):.2f}",
        "agreement": difference(theirs, mine),
    }
    print(json.dumps(row), flush=True)


def largest(theirs: np.ndarray, mine: np.ndarray) -> str:
    """The largest difference of two arrays."""
    return f"{np.abs(np.asarray(theirs) - np.asarray(mine)).max():.0e}"
