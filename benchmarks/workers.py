"""LOFO of 1,000 features and 5 folds on 1, 10 and 100 workers, simulated from measured times.

Measured here: a fit, the start of a worker up to its first fit, and what a task costs the process
that sends it. Assumed: workers of one core as quick as this one, with a network of 1 Gbit/s through
which the data is sent to one worker after the other.
"""

import heapq
import pickle
import subprocess
import sys
from statistics import median

import joblib
from _pairs import N_TIMESTEPS, UNITS, print_row, seconds, workload

from skfi import LSTMRegressor

N_FEATURES, N_FOLDS = 1000, 5
BYTES_A_SECOND = 1e9 / 8
SHARE_OF_WARM = 0.2  # of the epochs, as refit="warm" has by default
START = """
import numpy as np
from skfi import LSTMRegressor
X = np.zeros((64, 48, 10), "float32")
LSTMRegressor(64, epochs=1, importance=None).fit(X, X[:, 0, 0])
"""


def simulated(fits: list[float], ready: list[float], task: float) -> float:
    """Seconds until all fits are done: each goes to the worker that is free first.

    ``ready`` says from when on each worker has its data.
    """
    free = sorted(ready)
    sent = 0.0  # tasks leave one after the other
    end = 0.0
    for fit in fits:
        sent += task
        done = max(heapq.heappop(free), sent) + fit
        end = max(end, done)
        heapq.heappush(free, done)
    return end


def nothing(_: int) -> None:
    """What costs nothing but to be sent."""


def main() -> None:
    X, y = workload(2000, n_features=N_FEATURES)
    model = LSTMRegressor(UNITS, epochs=5, random_state=0, importance=None)
    model.fit(X, y)
    fit = median(seconds(lambda: model.fit(X, y))[0] for _ in range(3))
    size = len(pickle.dumps(X))
    start, _ = seconds(lambda: subprocess.run([sys.executable, "-c", START], check=True))
    parallel = joblib.Parallel(n_jobs=2)
    parallel(joblib.delayed(nothing)(i) for i in range(10))
    tasks, _ = seconds(lambda: parallel(joblib.delayed(nothing)(i) for i in range(2000)))
    send, n_fits = size / BYTES_A_SECOND, (1 + N_FEATURES) * N_FOLDS
    for refit in ("cold", "warm"):
        units = [fit if refit == "cold" else SHARE_OF_WARM * fit] * n_fits
        for n_workers in (1, 10, 100):
            ready = [start + send * (i + 1) for i in range(n_workers)]
            if refit == "warm":  # the networks that the others start from come first
                begun = simulated([fit] * N_FOLDS, ready, tasks / 2000)
                ready = [max(one, begun) for one in ready]
            whole = simulated(units, ready, tasks / 2000)
            alone = sum(units) + (N_FOLDS * fit if refit == "warm" else 0)
            print_row(
                "workers",
                refit=refit,
                workers=str(n_workers),
                hours=f"{whole / 3600:.2f}",
                of_ideal=f"{alone / n_workers / whole:.0%}",
                fit=f"{units[0]:.2f} s",
                start=f"{start:.0f} s",
                data=f"{size / 2**20:.0f} MiB of {N_TIMESTEPS} steps, {send:.1f} s a worker",
                task=f"{1000 * tasks / 2000:.2f} ms",
            )


if __name__ == "__main__":
    main()
