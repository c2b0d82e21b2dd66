"""Memory that gradients and permutation of 100,000 sequences take above the array itself.

Each in a process of its own; the most that it ever held (VmHWM), less what it held before the call.
"""

import subprocess
import sys
from pathlib import Path

from _pairs import N_FEATURES, N_TIMESTEPS, UNITS, print_row, workload

CALLS = ("saliency", "integrated_gradients", "permutation")


def status(name: str) -> float:
    """A value of this process in GiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 2**20


def measure(call: str) -> None:
    from skfi import LSTMRegressor, gradient_importance, permutation_importance

    X, y = workload(100_000)
    model = LSTMRegressor(UNITS, epochs=1, random_state=0, importance=None).fit(X[:500], y[:500])
    model.predict(X[:500])
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the most begins anew
    if call == "permutation":
        permutation_importance(model, X, y, n_repeats=1)
    else:
        gradient_importance(model, X, method=call, n_steps=20)
    print_row(
        "memory",
        work=f"{call}, 100,000 sequences",
        reach="1.5 GiB",
        above=f"{status('VmHWM') - before:.2f} GiB",
        array=f"{X.nbytes / 2**30:.2f} GiB of {N_TIMESTEPS} x {N_FEATURES} floats",
    )


def main() -> None:
    for call in CALLS:
        subprocess.run([sys.executable, __file__, call], check=True)


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
