"""``import skfi`` against ``import sklearn``, each in a fresh process."""

import subprocess
import sys

from _pairs import compare


def imported(package: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {package}"], check=True)


def main() -> None:
    compare(
        "import skfi",
        "import sklearn",
        "at most 0.3 s more",
        reference=lambda: imported("sklearn"),
        ours=lambda: imported("skfi"),
        difference=lambda theirs, mine: "",
    )


if __name__ == "__main__":
    main()
