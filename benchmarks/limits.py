"""Where the time goes, down to the limit: the matrix products alone, in NumPy.

An LSTM step multiplies its inputs and state, (rows, 10 + 64), by the kernels, (74, 256). A gradient
of the input goes back through the same product; training also makes the kernels' gradient.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median

import numpy as np
from _pairs import N_FEATURES, N_TIMESTEPS, UNITS, print_row, seconds, workload
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from skfi import LSTMRegressor, gradient_importance, lofo_importance, permutation_importance
from skfi._keras import (
    calls_by_xla,
    fits_ahead,
    forward,
    input_gradient,
    keep_to_own_threads,
)

INNER, GATES = N_FEATURES + UNITS, 4 * UNITS


def products(n_rows: int, n_chunks: int, kinds: tuple[str, ...], n_threads: int = 2) -> None:
    """The products of ``n_chunks`` passes of ``n_rows`` over all steps, in threads."""
    shapes = {
        "forward": ((n_rows, INNER), (INNER, GATES)),
        "input gradient": ((n_rows, GATES), (GATES, INNER)),
        "kernel gradient": ((INNER, n_rows), (n_rows, GATES)),
    }
    pairs = [tuple(np.ones(shape, "float32") for shape in shapes[kind]) for kind in kinds]

    def chunk(_: int) -> None:
        for _ in range(N_TIMESTEPS):
            for left, right in pairs:
                left @ right

    with threadpool_limits(1), ThreadPoolExecutor(n_threads) as threads:
        list(threads.map(chunk, range(n_chunks)))


def profile(work: str, **parts: Callable[[], object]) -> None:
    """Seconds of each part, median of three in turn, after a warm-up."""
    times: dict[str, list[float]] = {name: [] for name in parts}
    for i in range(4):
        for name, call in parts.items():
            took, _ = seconds(call)
            times[name] += [took] if i else []
    found = {name.replace("_", " "): f"{median(took):.2f}" for name, took in times.items()}
    print_row("profile", work=work, **found)


def train(model: LSTMRegressor, X: np.ndarray, y: np.ndarray, n_fits: int) -> None:
    """A fit of many, in a process of joblib."""
    keep_to_own_threads()
    with fits_ahead(n_fits):
        model.fit(X, y)


def main() -> None:
    X, y = workload()
    model = LSTMRegressor(UNITS, epochs=1, random_state=0, importance=None).fit(X, y)
    network = model.model_
    ones = np.ones((len(X), 1))

    def calls(call: Callable[[], object], n: int = 1, *, by_xla: bool = False) -> None:
        with calls_by_xla(by_xla):
            for _ in range(n):
                call()

    profile(
        "permutation of 2,000 sequences, 51 scores",
        all=lambda: permutation_importance(
            model, X, y, scoring="neg_mean_absolute_error", n_repeats=5
        ),
        network=lambda: calls(partial(forward, network, X), 51, by_xla=True),
        matrix_products=lambda: products(112, 51 * 18, ("forward",)),
    )
    profile(
        "saliency of 2,000 sequences",
        all=lambda: gradient_importance(model, X, method="saliency"),
        network=lambda: calls(partial(input_gradient, network, X, ones)),
        matrix_products=lambda: products(240, 9, ("forward", "input gradient")),
    )
    fit = LSTMRegressor(UNITS, epochs=5, random_state=0, importance=None)
    n_train = 2 * len(X) // 3
    profile(
        "LOFO of 2,000 sequences, 33 fits of 5 epochs",
        all=lambda: lofo_importance(fit, X, y, cv=3, n_jobs=2),
        network=lambda: Parallel(2)(
            delayed(train)(fit, X[:n_train], y[:n_train], 33) for _ in range(33)
        ),
        matrix_products=lambda: products(
            32, 33 * 5 * 42, ("forward", "input gradient", "kernel gradient")
        ),
    )


if __name__ == "__main__":
    main()
