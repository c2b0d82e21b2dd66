"""Do the checks of importances tell right ones from wrong ones?

    python benchmarks/checks.py         # writes CHECKS.md, about half an hour

Ten networks, each an LSTM of eight units on eight features, of which three matter. Right
importances are those of the network; wrong ones are the same in random order, turned upside down,
and those of a network that was not trained.
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from _truth import markdown

from skfi import (
    ImportanceResult,
    LSTMRegressor,
    check_importances,
    gradient_importance,
    permutation_importance,
)

N_SEEDS, N_ROWS, N_STEPS, N_FEATURES = 10, 300, 4, 8
WEIGHTS = np.array([2.0, -1.5, 1.0, 0, 0, 0, 0, 0])
TRAINED = {"epochs": 25, "learning_rate": 0.02, "importance": None}
HERE = Path(__file__).parent


def explain(kind: str, model: LSTMRegressor, X: np.ndarray, y: np.ndarray) -> ImportanceResult:
    if kind == "permutation":
        return permutation_importance(model, X, y, random_state=0)
    return gradient_importance(model, X, by=kind.split()[-1])


def cases(kind: str, seed: int) -> tuple[tuple, dict[str, ImportanceResult]]:
    """A network with its data, and right and wrong importances of it."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(2 * N_ROWS, N_STEPS, N_FEATURES)).astype("float32")
    y = X[:, -1] @ WEIGHTS + 0.3 * random.normal(size=len(X))
    model = LSTMRegressor(8, random_state=seed, **TRAINED).fit(X[:N_ROWS], y[:N_ROWS])
    given = model, X[N_ROWS:], y[N_ROWS:]
    untrained = LSTMRegressor(
        8, random_state=100 + seed, **TRAINED | {"epochs": 1, "learning_rate": 1e-9}
    )
    right = explain(kind, *given)
    order = random.permutation(len(right.importances))
    found = {
        "right": right,
        "random": changed(right, lambda values: values[order], order),
        "reversed": changed(right, lambda values: values.max() - values, None),
        "untrained": explain(kind, untrained.fit(X[:N_ROWS], y[:N_ROWS]), *given[1:]),
    }
    return given, found


def changed(result: ImportanceResult, change, order) -> ImportanceResult:
    """The same result with its units, and what it keeps of samples, in another order."""
    found = ImportanceResult(**result)
    for name in ("importances", "sample_importances"):
        if result.get(name) is not None:
            found[name] = change(result[name])
    found.importances_mean = change(result.importances_mean)
    if result.attributions is not None:
        flat = result.attributions.reshape(len(result.attributions), -1)
        if order is None:
            flat = np.abs(flat).max() - np.abs(flat)
        elif len(order) == flat.shape[1]:
            flat = flat[:, order]
        else:
            flat = result.attributions[:, :, order]
        found.attributions = flat.reshape(result.attributions.shape)
    return found


def main() -> None:
    warnings.filterwarnings("ignore", message="The integrated gradients of", category=UserWarning)
    text = [PAGE]
    for kind in ("integrated gradients by feature", "integrated gradients by cell", "permutation"):
        passed: dict[str, list[pd.Series]] = {}
        for seed in range(N_SEEDS):
            (model, X, y), results = cases(kind, seed)
            for case, result in results.items():
                report = check_importances(model, X, y, result, n_refits=1, random_state=seed)
                of_case = report.checks["passed"].astype(int)
                of_case["*all*"] = int(report.passed)
                passed.setdefault(case, []).append(of_case)
            of_all = {case: rows[-1]["*all*"] for case, rows in passed.items()}
            print(kind, seed, of_all, flush=True)
        table = pd.DataFrame({case: pd.DataFrame(rows).sum() for case, rows in passed.items()})
        lines = markdown(table.rename_axis("check").reset_index())
        text += ["", f"## {kind.capitalize()}", "", *lines]
    (HERE / "CHECKS.md").write_text("\n".join([*text, ""]), encoding="utf-8")


PAGE = f"""# Checks of importances

`.venv-bench/bin/python benchmarks/checks.py` writes this page. How many of {N_SEEDS} results pass
each check of `check_importances`: right ones, the same in random order, turned upside down, and
those of a network that was not trained. LSTMs of eight units on eight features, of which three
matter, explained on held-out samples.

Stability under rows asks how far the samples determine importances, whatever these are: wrong ones
can pass it. Of cells the random order of all samples is one and the same."""


if __name__ == "__main__":
    main()
