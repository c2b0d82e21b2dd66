"""Memory that a process keeps of many fits of one network, as LOFO in one process makes them."""

import gc
from pathlib import Path

from _pairs import print_row, workload

from skfi import LSTMRegressor

N_FITS, BEFORE = 1000, 20  # the first ones load and compile


def resident() -> float:
    """Memory of this process in MiB."""
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 2**10


def main() -> None:
    X, y = workload(64)
    most = start = 0.0
    for i in range(BEFORE + N_FITS):
        if i == BEFORE:
            start = resident()
        LSTMRegressor(8, epochs=1, random_state=i, importance=None).fit(X, y)
        if i > BEFORE and i % 50 == 0:
            most = max(most, resident() - start)
    print_row(
        "growth",
        work=f"{N_FITS:,} fits of one network",
        reach="200 MiB",
        grown=f"{resident() - start:.0f} MiB",
        most=f"{most:.0f} MiB",
    )


if __name__ == "__main__":
    main()
