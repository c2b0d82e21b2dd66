"""What compare_importances finds where the truth is known: hits and false alarms.

    python benchmarks/findings.py                           # all, about half an hour
    python benchmarks/findings.py "a turned relation (b)"   # one; the others are kept

Five tasks, each with 20 seeds: LSTMs of six units, trained on 300 sequences of three steps and
explained on 300 others; LOFO over five folds of these.
"""

import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from _truth import markdown

from skfi import LSTMRegressor, compare_importances

N_SEEDS, N_ROWS, N_STEPS = 20, 300, 3
NAMES = ["a", "b", "c", "d"]
HERE = Path(__file__).parent
STORED = HERE / "findings.csv"
Task = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def drawn(random: np.random.Generator, n_rows: int = N_ROWS) -> np.ndarray:
    return random.normal(size=(n_rows, N_STEPS, len(NAMES))).astype("float32")


def target(
    random: np.random.Generator, X: np.ndarray, weights: list[float], noise: float = 0.3
) -> np.ndarray:
    return X[:, -1] @ np.array(weights) + noise * random.normal(size=len(X))


def equal(random: np.random.Generator) -> Task:
    train, test = drawn(random), drawn(random)
    weights = [1.0, 1.0, 1.0, 1.0]
    return train, target(random, train, weights), test, target(random, test, weights)


def correlated(random: np.random.Generator) -> Task:
    """b tells what a tells: their correlation is 0.95, and both have an effect."""
    train, test = drawn(random), drawn(random)
    for X in (train, test):
        X[..., 1] = 0.95 * X[..., 0] + (1 - 0.95**2) ** 0.5 * X[..., 1]
    weights = [0.5, 0.5, 1.0, 0.5]
    return train, target(random, train, weights), test, target(random, test, weights)


def leak(random: np.random.Generator) -> Task:
    """In training, and only there, d tells much of the target."""
    train, test = drawn(random), drawn(random, 1000)
    weights = [1.0, 0.7, 0.0, 0.0]
    y = target(random, train, weights, noise=1.0)
    train[:, -1, 3] = 0.9 * y / y.std() + 0.19**0.5 * train[:, -1, 3]
    return train, y, test, target(random, test, weights, noise=1.0)


def saturated(random: np.random.Generator) -> Task:
    """a has two values far apart, between which the output of a given network changes."""
    X = drawn(random)
    X[..., 0] = np.sign(X[..., 0]) * (2 + 0.3 * np.abs(X[..., 0]))
    last = X[:, -1]
    y = np.tanh(3 * last[:, 0]) + 0.5 * last[:, 1] + 0.5 * last[:, 2]
    return X, y, X, y + 0.3 * random.normal(size=len(y))


def saturated_network() -> keras.Model:
    inputs = keras.Input((N_STEPS, len(NAMES)))
    last = keras.layers.Lambda(lambda x: x[:, -1], output_shape=(len(NAMES),))(inputs)
    steep = keras.layers.Dense(3, activation="tanh", use_bias=False)
    small = keras.layers.Dense(1, use_bias=False)
    network = keras.Model(inputs, small(steep(last)))
    # of 0.01 times b and c the tanh is linear
    steep.set_weights([np.array([[3.0, 0, 0], [0, 0.01, 0], [0, 0, 0.01], [0, 0, 0]])])
    small.set_weights([np.array([[1.0], [50.0], [50.0]])])
    network.compile(loss="mse")
    return network


def turned(random: np.random.Generator) -> Task:
    """What b told in training it tells the other way round in the samples to explain."""
    train, test = drawn(random), drawn(random)
    y = target(random, train, [1.0, 0.6, 0.5, 0])
    return train, y, test, target(random, test, [1.0, -0.6, 0.5, 0])


TASKS: dict[str, tuple[Callable[..., Task], list[str], str]] = {
    "equal importance": (equal, [], ""),
    "correlation 0.95 (a, b)": (correlated, ["a", "b"], "one trained without it does nearly"),
    "leak in training only (d)": (leak, ["d"], "moves the output, but the score is not seen"),
    "saturation (a), saliency": (saturated, ["a"], "rests on it more than gradients tell"),
    "a turned relation (b)": (turned, ["b"], "the score is better when it is shuffled"),
}


def findings(task: Callable[..., Task], seed: int) -> list[str]:
    X, y, X_test, y_test = task(np.random.default_rng(seed))
    call: dict[str, Any] = {"feature_names": NAMES, "random_state": seed, "cv": 5}
    if task in (leak, saturated):
        call["methods"] = ["gradient", "permutation"]
    if task is saturated:
        call |= {"gradient_params": {"method": "saliency"}}
        return compare_importances(saturated_network(), X_test, y_test, **call).findings
    model = LSTMRegressor(6, epochs=40, learning_rate=0.02, importance=None, random_state=seed)
    return compare_importances(model.fit(X, y), X_test, y_test, **call).findings


def main(names: list[str]) -> None:
    kept = pd.read_csv(STORED).set_index("task", drop=False).to_dict("index")
    for name in names or TASKS:
        kept[name] = row_of(name)
        table = pd.DataFrame([kept[name] for name in TASKS if name in kept])
        table.to_csv(STORED, index=False)
        page = "\n".join([PAGE, *markdown(table), ""])
        (HERE / "FINDINGS.md").write_text(page, encoding="utf-8")


def row_of(name: str) -> dict[str, Any]:
    task, about, words = TASKS[name]
    hits, alarms, undecided = [], [], []
    for seed in range(N_SEEDS):
        found = findings(task, seed)
        claims = [one for one in found if "too few to tell" not in one]
        undecided.append(len(found) > len(claims))
        right = [one for one in claims if words and words in one and one[0] in about]
        hits.append(bool(right))
        alarms.append([one for one in claims if one not in right])
    row = _row(name, hits if words else None, alarms, undecided)
    print(row, *chain.from_iterable(alarms), sep="\n", flush=True)
    return row


def _row(name: str, hits: Any, alarms: list[list[str]], undecided: list[bool]) -> dict[str, Any]:
    return {
        "task": name,
        "runs with the finding": "none is expected"
        if hits is None
        else f"{sum(hits)} of {N_SEEDS}",
        "runs with a false one": f"{sum(map(bool, alarms))} of {N_SEEDS}",
        "folds too few to tell of a feature": f"{sum(undecided)} of {N_SEEDS}",
    }


PAGE = """# Findings of comparisons

`.venv-bench/bin/python benchmarks/findings.py` writes this page. Five tasks of known truth: LSTMs
of six units, trained on 300 sequences of three steps and four features and explained on 300 others,
LOFO over five folds of these. The leak is looked for with 1,000 samples, saturation in a given
network, both without LOFO. A finding is false if it is of another feature, or another one, than the
task was made for. That folds are too few to tell is no finding of a feature.
"""


if __name__ == "__main__":
    main(sys.argv[1:])
