"""Run the benchmarks one after the other and write their tables to RESULTS.md.

python benchmarks/run.py               # all
python benchmarks/run.py permutation   # one; the rows of the others are kept in results/
"""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROWS = HERE / "results"
SCRIPTS = (
    "imports",
    "permutation",
    "gradients",
    "lofo_fits",
    "lofo_keras",
    "fits",
    "memory",
    "growth",
    "scaling",
    "workers",
    "limits",
)
PACKAGES = (
    *("scikit-learn", "keras", "tensorflow", "scikeras", "lofo-importance", "captum", "torch"),
    "numpy",
)
ABOUT = {
    "speed": "Ratio: time of the alternative by ours, median of the pairs in one run; seconds: "
    "theirs / ours. Agreement: the largest difference of the numbers. 48 steps, 10 features, "
    "LSTM(64), 2,000 sequences unless said otherwise. From run to run on one machine ratios move "
    "by a tenth to a fifth. Scripts may have run on machines of different speed.",
    "memory": "The most that the process held during the call above what it held before.",
    "growth": "Memory of the process after a thousand fits, above that after twenty.",
    "workers": "LOFO of 1,000 features and 5 folds, 2,000 sequences, simulated from the times of a "
    "fit, a worker's start and a task, and a network of 1 Gbit/s; of ideal: against all cores busy "
    "with fits alone.",
    "profile": "Seconds of the whole call, of the calls or fits of the network alone, and of the "
    "matrix products alone in NumPy, in as many threads or processes.",
    "scaling": "Seconds, median of five, and the exponent of a power law through them.",
}


def rows_of(script: str) -> list[dict[str, str]]:
    """What a script prints as JSON."""
    done = subprocess.run(
        [sys.executable, HERE / f"{script}.py"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def table(rows: list[dict[str, str]]) -> list[str]:
    """Rows as a Markdown table."""
    columns = [column for column in rows[0] if column != "table"]
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return lines + [f"| {' | '.join(row[column] for column in columns)} |" for row in rows]


def main() -> None:
    """Run all scripts, or those that are named."""
    ROWS.mkdir(exist_ok=True)
    for script in sys.argv[1:] or SCRIPTS:
        lines = [json.dumps(row) for row in rows_of(script)]
        (ROWS / f"{script}.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    stored = [ROWS / f"{script}.jsonl" for script in SCRIPTS]
    rows = [
        json.loads(line) for path in stored if path.exists() for line in path.open(encoding="utf-8")
    ]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    lines = ["# Benchmarks", "", "`make bench` writes this page."]
    for name, about in ABOUT.items():
        of_table = [row for row in rows if row["table"] == name]
        if of_table:
            lines += ["", f"## {name.capitalize()}", "", about, "", *table(of_table)]
    text = "\n".join([*lines, "", f"{machine}; {versions}.", ""])
    print(text)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
