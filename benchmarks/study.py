"""Which method finds what is known to matter? Generated tasks, LSTM and GRU, five seeds.

    python benchmarks/study.py              # all tasks, about an hour
    python benchmarks/study.py boxes        # one task; its rows in study.csv are replaced

Cells: attributions of test sequences against the truth of each cell. Features: importances of the
features against those that the labels depend on.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from _truth import of_own_step

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets import (
    make_boxes,
    make_event_windows,
    make_hidden_markov,
    make_rare_squares,
    make_sequence_regression,
    make_switching_feature,
)
from skfi.metrics import relevance_score

SEEDS = range(5)
CELLS = ("lstm", "gru")
GRADIENTS = {
    "saliency": {},
    "input_x_gradient": {},
    "integrated_gradients": {"n_steps": 16},
    "smoothgrad": {"n_steps": 16},
    "expected_gradients": {"n_steps": 16},
}
HERE = Path(__file__).parent
Row = dict[str, Any]


def scores(relevance: np.ndarray, found: Any) -> Row:
    return {
        name: relevance_score(relevance, found, metric=name)
        for name in ("roc_auc", "average_precision")
    }


def of_cells(model: Any, X: np.ndarray, relevance: np.ndarray, **call: Any) -> Iterator[Row]:
    """Each gradient method; with an output at every step the attributions of its own step."""
    for method, settings in GRADIENTS.items():
        found = gradient_importance(model, X, method=method, random_state=0, **settings, **call)
        yield {"what": "cells", "method": found.method} | scores(relevance, of_result(found))


def from_the_mean(model: Any, X: np.ndarray, relevance: np.ndarray, **call: Any) -> Row:
    """Integrated gradients that begin at each feature's mean."""
    mean = np.broadcast_to(X.mean(axis=(0, 1)), X.shape[1:])
    call |= {"method": "integrated_gradients", "baseline": mean, "n_steps": 16}
    found = of_result(gradient_importance(model, X, **call))
    return {"what": "cells", "method": "integrated gradients from the mean"} | scores(
        relevance, found
    )


def of_result(found: Any) -> Any:
    return found if found.attributions.ndim == 3 else of_own_step(found.attributions)


def of_features(model: Any, X: np.ndarray, y: np.ndarray, relevance: np.ndarray) -> Iterator[Row]:
    """Each method's importances of the features, on rows that the network has not seen."""
    train, test = slice(0, len(X) * 4 // 5), slice(len(X) * 4 // 5, None)
    for method, settings in GRADIENTS.items():
        found = gradient_importance(model, X[test], method=method, random_state=0, **settings)
        yield {"what": "features", "method": method} | scores(relevance, found)
    for name, conditional in (("permutation", False), ("conditional permutation", True)):
        found = permutation_importance(
            model, X[test], y[test], conditional=conditional, random_state=0
        )
        yield {"what": "features", "method": name} | scores(relevance, found)
    found = lofo_importance(model, X[train], y[train], cv=3, refit="warm", random_state=0)
    yield {"what": "features", "method": "LOFO, warm"} | scores(relevance, found)


def of_steps(make: Callable) -> Iterator[Row]:
    """A label at every step, explained from its own past; the attributions of its own step."""
    for cell in CELLS:
        for seed in SEEDS:
            task = make(600, random_state=seed)
            model = LSTMClassifier(
                32, cell=cell, return_sequences=True, epochs=20, importance=None, random_state=seed
            ).fit(task.data[:500], task.target[:500])
            about = {"network": cell, "seed": seed}
            about["score"] = model.score(task.data[500:], task.target[500:])
            explained = slice(500, 505)
            truth = task.relevance[explained]
            for row in of_cells(model, task.data[explained], truth, output_step="all"):
                yield about | row
            yield about | from_the_mean(model, task.data[explained], truth, output_step="all")


def hidden_markov() -> Iterator[Row]:
    yield from of_steps(make_hidden_markov)


def switching_feature() -> Iterator[Row]:
    yield from of_steps(make_switching_feature)


def rare_squares() -> Iterator[Row]:
    """A white box: the sum of squares of the salient cells."""
    for rare in ("feature", "time"):
        for seed in SEEDS:
            task = make_rare_squares(20, rare=rare, random_state=seed)
            salient = keras.ops.convert_to_tensor(task.relevance.astype("float32"))
            layers = [
                keras.Input(task.relevance.shape),
                keras.layers.Lambda(
                    lambda x, salient=salient: keras.ops.sum(x**2 * salient, axis=(1, 2))[:, None],
                    output_shape=(1,),
                ),
            ]
            for row in of_cells(keras.Sequential(layers), task.data, task.relevance):
                yield {"kind": f"rare {rare}", "network": "white box", "seed": seed} | row


def events() -> Iterator[Row]:
    """Windows in which a short event decides, by its sign or, for regressors, its height."""
    for event in ("pulse", "early", "pair"):
        for regression in (False, True):
            for cell in CELLS:
                for seed in SEEDS:
                    task = make_event_windows(
                        1500, event=event, regression=regression, random_state=seed
                    )
                    X, y = task.data, task.target
                    model = (LSTMRegressor if regression else LSTMClassifier)(
                        16,
                        cell=cell,
                        epochs=80 if event == "pair" else 40,
                        learning_rate=0.01,
                        importance=None,
                        random_state=seed,
                    ).fit(X[:1200], y[:1200])
                    kind = f"{event}, {'height' if regression else 'class'}"
                    about = {"kind": kind, "network": cell, "seed": seed}
                    about["score"] = model.score(X[1200:], y[1200:])
                    truth = task.relevance[1200:1250]
                    for row in of_cells(model, X[1200:1250], truth):
                        yield about | row
                    yield about | from_the_mean(model, X[1200:1250], truth)


def boxes() -> Iterator[Row]:
    """A box of shifted cells, in the centre of all sequences or at a place of its own in each."""
    for box in ("middle", "rare_time", "rare_feature"):
        for moving in (False, True):
            for cell in CELLS:
                for seed in SEEDS:
                    task = make_boxes(1000, box=box, moving=moving, random_state=seed)
                    X, y = task.data, task.target
                    model = LSTMClassifier(
                        16,
                        cell=cell,
                        epochs=30,
                        learning_rate=0.005,
                        importance=None,
                        random_state=seed,
                    ).fit(X[:800], y[:800])
                    kind = f"{box}, {'moving' if moving else 'fixed'}"
                    about = {"kind": kind, "network": cell, "seed": seed}
                    about["score"] = model.score(X[800:], y[800:])
                    truth = task.relevance[800:810]
                    for row in of_cells(model, X[800:810], truth):
                        yield about | row
                    for row in rescaled(model, X[800:810], truth):
                        yield about | row


def rescaled(model: Any, X: np.ndarray, relevance: np.ndarray) -> Iterator[Row]:
    """Temporal rescaling; of the baselines' mean, not of integrated gradients, which are slow."""
    for method in ("saliency", "input_x_gradient", "expected_gradients"):
        found = gradient_importance(
            model, X, method=method, temporal_rescaling=True, random_state=0, **GRADIENTS[method]
        )
        yield {"what": "cells", "method": found.method} | scores(relevance, found.attributions)


def linear_signal(companion: float = 0.0) -> Iterator[Row]:
    """Ten features of which three matter, over all time steps.

    Three others may be companions of these: correlated with them, and of no effect.
    """
    for cell in CELLS:
        for seed in SEEDS:
            task = make_sequence_regression(
                1000, n_features=10, n_informative=3, noise=0.5, random_state=seed
            )
            X, y = task.data, task.target
            X[:, :, 3:6] *= np.sqrt(1 - companion**2)
            X[:, :, 3:6] += companion * X[:, :, :3]
            model = LSTMRegressor(
                16, cell=cell, epochs=15, learning_rate=0.01, importance=None, random_state=seed
            ).fit(X[:800], y[:800])
            about = {"network": cell, "seed": seed, "score": model.score(X[800:], y[800:])}
            for row in of_features(model, X, y, task.relevance.any(axis=0)):
                yield about | row


def correlated_signal() -> Iterator[Row]:
    yield from linear_signal(companion=0.9)


SHOWN = """\
- **One label, of a short event** (windows): integrated gradients are the best or next to it for
  classifiers and regressors, LSTMs and GRUs; they are the default. Of regressors, which do not
  saturate, every method finds nearly every cell; of classifiers saliency and SmoothGrad do not.
- **A label at every step** (hidden Markov, switching feature): integrated gradients from zero are
  the best of both networks and tasks, input x gradient comes second; saliency and SmoothGrad,
  which do not look at the input's value, expected gradients and integrated gradients from the
  mean, where these signals are not at rest, fall behind.
- **White box**: every method finds every cell.
- **One label after 50 steps** (boxes): the networks are always right, and no method finds their
  cells well: gradients point at the last steps. Expected and integrated gradients are the best of
  the plain ones. Temporal rescaling raises saliency in eleven of twelve cases: of LSTMs by up to
  0.19, of GRUs by up to 0.05; input x gradient in eight, by up to 0.13; expected gradients most
  where the box is short and moves (0.49 to 0.65, 0.51 to 0.63), but it harms them where few
  features matter for long (0.72 to 0.60, 0.74 to 0.63). So it helps as
  its paper says, of LSTMs most, and does not make a good attribution of a poor one. The GRU never
  learns the short box in the middle: what it has not learnt no method can find.
- **Features**: all methods find three of ten. With companions of the three LOFO loses most, since
  a companion stands in for what is left out, then conditional permutation, which counts only what
  the companion does not tell; the others see what the network reads."""
TASKS = (
    hidden_markov,
    switching_feature,
    rare_squares,
    events,
    boxes,
    linear_signal,
    correlated_signal,
)


def page(found: pd.DataFrame) -> str:
    """Mean and standard deviation over seeds, a table for each task and what is ranked."""
    text = [
        "# Which method finds what is known to matter?",
        "",
        "`.venv-bench/bin/python benchmarks/study.py` writes this page, of [study.csv](study.csv).",
        "AUROC and average precision (below it), mean ± standard deviation over the seeds 0 to 4;",
        "the accuracy or R2 of the networks on test data is in the last row.",
        "",
        SHOWN,
    ]
    titles = {
        "hidden_markov": "Hidden Markov: each label's own step",
        "switching_feature": "Switching feature: each label's own step",
        "rare_squares": "Rare feature and rare time: a white box",
        "events": "Windows: a short event decides",
        "boxes": "Boxes: one label for each sequence",
        "linear_signal": "Three of ten features matter",
        "correlated_signal": "The same; each of the three has a companion (correlation 0.9)",
    }
    found = found.assign(kind=found["kind"].fillna(""))
    for (task, network), of_network in found.groupby(["task", "network"], sort=False):
        text += ["", f"## {titles[task]} ({network})", ""]
        kinds = list(dict.fromkeys(of_network["kind"]))
        by = of_network.groupby(["method", "kind"], sort=False)[["roc_auc", "average_precision"]]
        mean, spread = by.mean(), by.std()
        text += [f"| method | {' | '.join(kind or 'all' for kind in kinds)} |"]
        text += ["|" + "---|" * (1 + len(kinds))]
        for method in dict.fromkeys(of_network["method"]):
            cells = [
                "<br>".join(
                    f"{mean.loc[(method, kind), name]:.2f} ± {spread.loc[(method, kind), name]:.2f}"
                    for name in mean
                )
                for kind in kinds
            ]
            text += [f"| {method.replace('_', ' ')} | {' | '.join(cells)} |"]
        if of_network["score"].notna().any():
            scores = of_network.groupby("kind")["score"].mean()
            text += [f"| *network* | {' | '.join(f'{scores[kind]:.2f}' for kind in kinds)} |"]
    return "\n".join([*text, ""])


def main(names: list[str]) -> None:
    warnings.filterwarnings("ignore", message="The integrated gradients of", category=UserWarning)
    file = HERE / "study.csv"
    kept = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=["task"])
    for task in TASKS:
        if names and task.__name__ not in names:
            continue
        rows, begun = [], time.monotonic()
        for row in task():
            rows.append({"task": task.__name__} | row)
            print(rows[-1], f"{time.monotonic() - begun:.0f} s", flush=True)
        kept = pd.concat([kept[kept["task"] != task.__name__], pd.DataFrame(rows)])
        kept.round(4).to_csv(file, index=False)
    (HERE / "STUDY.md").write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
