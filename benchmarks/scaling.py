"""How cost grows with sequences, steps and features: the exponent of a power law.

Permutation by feature predicts once for each feature, and a prediction reads all features: next to
the recurrent product (here of 128 units) that reading is small, or the exponent would near 2.
"""

from statistics import median

import numpy as np
from _pairs import print_row, seconds, workload

from skfi import LSTMRegressor, gradient_importance, permutation_importance

START = {"n_samples": 2000, "n_timesteps": 24, "n_features": 5}


def exponent(work, axis: str, factors=(1, 2, 4)) -> None:
    times = []
    for factor in factors:
        shape = START | {axis: START[axis] * factor}
        X, y = workload(**shape)
        model = LSTMRegressor(128, epochs=1, random_state=0, importance=None)
        model.fit(X[:64], y[:64])
        work(model, X, y)  # traces and compiles
        times.append(median(seconds(lambda: work(model, X, y))[0] for _ in range(5)))  # noqa: B023
    slope = np.polyfit(np.log(factors), np.log(times), 1)[0]
    print_row(
        "scaling",
        work=work.__name__.replace("_", " "),
        grows=axis.removeprefix("n_").replace("samples", "sequences"),
        sizes=", ".join(str(START[axis] * factor) for factor in factors),
        seconds=", ".join(f"{t:.2f}" for t in times),
        exponent=f"{slope:.2f}",
    )


def permutation(model, X, y):
    permutation_importance(model, X, y, n_repeats=2, random_state=0)


def integrated_gradients(model, X, y):
    gradient_importance(model, X, method="integrated_gradients", n_steps=50)


def main() -> None:
    for axis in START:
        exponent(permutation, axis)
    for axis in ("n_samples", "n_timesteps"):
        exponent(integrated_gradients, axis)


if __name__ == "__main__":
    main()
