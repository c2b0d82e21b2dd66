"""The hidden Markov task with a large GRU, five folds.

A GRU of 200 units is trained for 50 epochs on four fifths of 800 sequences. Each label is explained
from its own past, and of each explanation the attributions of the last step are kept: those of the
step that the label belongs to. So one sequence of 200 steps is explained 200 times; we explain 20
of the 200 test sequences in each fold, others in each. A fold that has ended is kept in `results/`:
the same command goes on after it. Without that file all are computed.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _truth import markdown, of_own_step
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from skfi import LSTMClassifier, gradient_importance
from skfi.datasets import make_hidden_markov
from skfi.metrics import relevance_score

N_EXPLAINED = 20
METHODS = {
    "saliency": {},
    "input_x_gradient": {},
    "integrated_gradients": {"n_steps": 8},
    "expected_gradients": {"n_steps": 8},
}
METRICS = ("roc_auc", "average_precision", "aup", "aur")
HERE = Path(__file__).parent
FOLDS = HERE / "results" / "hidden_markov.csv"


def _baseline(method: str, training: np.ndarray) -> Any:
    return {"integrated_gradients": 0, "expected_gradients": training}.get(method)


def main() -> None:
    task = make_hidden_markov(1000, random_state=42)
    X, y, relevance = task.data, task.target, task.relevance
    rows = pd.read_csv(FOLDS).to_dict("records") if FOLDS.exists() else []
    for fold, (train, _) in enumerate(KFold(5, shuffle=True, random_state=0).split(X[:800])):
        if any(row["fold"] == fold for row in rows):
            continue
        begun = time.monotonic()
        model = LSTMClassifier(
            200,
            cell="gru",
            return_sequences=True,
            epochs=50,
            importance=None,
            random_state=fold,
        ).fit(X[train], y[train])
        labels = roc_auc_score(y[800:].ravel(), model.predict_proba(X[800:])[..., 1].ravel())
        test = np.arange(800 + N_EXPLAINED * fold, 800 + N_EXPLAINED * (fold + 1))
        for method, settings in METHODS.items():
            found = gradient_importance(
                model,
                X[test],
                method=method,
                baseline=_baseline(method, X[train]),
                output_step="all",
                random_state=0,
                **settings,
            )
            own = of_own_step(found.attributions)
            row = {name: relevance_score(relevance[test], own, metric=name) for name in METRICS}
            rows.append({"method": method, "fold": fold, "labels": labels} | row)
            print(rows[-1], f"{time.monotonic() - begun:.0f} s", flush=True)
        pd.DataFrame(rows).to_csv(FOLDS, index=False)
    found = pd.DataFrame(rows)
    by_method = found.drop(columns=["fold", "labels"]).groupby("method", sort=False)
    mean, spread = by_method.mean(), by_method.std()
    table = mean.round(3).astype(str) + " ± " + spread.round(3).astype(str)
    table = table.reset_index(names="method")
    text = [
        "# The hidden Markov task with a large network",
        "",
        "`.venv-bench/bin/python benchmarks/hidden_markov.py` writes this page. A GRU of 200",
        "units, 50 epochs; each label is explained from its own past, from a baseline of zero, and",
        "the attributions of the last step are kept. Mean and standard deviation over five folds",
        f"of training data, {N_EXPLAINED} test sequences explained in each. The networks tell",
        f"the labels of the test sequences with an AUROC of {found['labels'].mean():.3f}.",
        "",
        "It is neither the network nor the protocol of the published figures: these are of another",
        "head (batch normalisation, ReLU, dropout, two logits), another training (one random step",
        "of each batch, learning rate 1e-4, weight decay), the predicted class's logit and all 200",
        "test sequences of a fold. The network decides the score, so they cannot be compared.",
        "",
        *markdown(table),
        "",
    ]
    print("\n".join(text))
    (HERE / "HIDDEN_MARKOV.md").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
