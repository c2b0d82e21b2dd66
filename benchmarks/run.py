"""Run the benchmarks one after the other, print their table and write it to RESULTS.md."""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = ("imports", "permutation", "gradients", "fits")
COLUMNS = ("work", "against", "ratio", "reach", "spread", "seconds", "agreement")
PACKAGES = ("scikit-learn", "keras", "tensorflow", "scikeras", "numpy")


def main() -> None:
    """Collect the rows that the scripts print as JSON."""
    rows = []
    for script in SCRIPTS:
        done = subprocess.run(
            [sys.executable, HERE / f"{script}.py"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        new = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        rows += new
        for row in new:
            print(row, flush=True)
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    lines += [f"| {' | '.join(row[column] for column in COLUMNS)} |" for row in rows]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    text = "\n".join(
        [
            "# Benchmarks",
            "",
            "`make bench` writes this page. Ratio: time of the alternative by ours, median of the",
            "pairs in one run; seconds: theirs / ours. Agreement: the largest difference of the",
            "numbers. 48 steps, 10 features, LSTM(64), 2,000 sequences unless said otherwise.",
            "",
            *lines,
            "",
            f"{machine}; {versions}.",
            "",
        ]
    )
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
