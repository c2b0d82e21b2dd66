"""Which weather makes the river rise?
======================================

The main job: one LSTM and three kinds of importance.

An LSTM predicts the logarithm of the daily flow of the river Fulda from 30 days of rain and of
highest and lowest temperature; it never sees past flow. The last 30% of the days are held out.

Run it with ``python examples/river_flow.py``; the pictures go to the folder ``pictures``.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import r2_score
from sklearn.model_selection import TimeSeriesSplit
from sklearn.preprocessing import StandardScaler

from skfi import (
    ImportanceComparison,
    LSTMRegressor,
    gradient_importance,
    lofo_importance,
    make_windows,
    permutation_importance,
)
from skfi.datasets import fetch_river_flow

FEATURES = ["rain", "tmax", "tmin"]


def load(window: int = 30) -> tuple:
    """Scaled windows of weather and the log flow of their last day, split in time."""
    river = fetch_river_flow(as_frame=True).frame
    river["log_flow"] = np.log(river["flow"])
    n_train = int(0.7 * len(river))
    scaler = StandardScaler().fit(river[FEATURES].iloc[:n_train])
    river[FEATURES] = scaler.transform(river[FEATURES])
    windows = make_windows(river, target="log_flow", window=window, features=FEATURES)
    train = windows.index < river.index[n_train]
    X, y = windows.data, windows.target
    return X[train], y[train], X[~train], y[~train]


def main(epochs: int, n_seeds: int, folder: Path) -> None:
    """Train, explain, print the tables, draw the pictures."""
    X_train, y_train, X_test, y_test = load()
    print(f"{len(X_train)} windows of 30 days to train on, {len(X_test)} held out.\n")

    # The network is random too: several seeds show how far the answers agree.
    models, gradients, permutations = [], [], []
    for seed in range(n_seeds):
        model = LSTMRegressor(32, epochs=epochs, random_state=seed).fit(X_train, y_train)
        models.append(model)
        gradients.append(
            gradient_importance(
                model, X_test, method="integrated_gradients", feature_names=FEATURES
            )
        )
        permutations.append(
            permutation_importance(
                model,
                X_test,
                y_test,
                scoring="neg_mean_absolute_error",
                feature_names=FEATURES,
                sample_groups=50,  # windows of 30 days overlap: intervals over blocks of 50
                random_state=0,
            )
        )
    scores = [r2_score(y_test, model.predict(X_test)) for model in models]
    print(f"R2 on the held-out days, seeds 0 to {n_seeds - 1}: {np.round(scores, 2)}\n")

    print("1. Gradients (integrated), seed 0: what moves the prediction, in log flow")
    print(gradients[0].to_frame().round(3), end="\n\n")
    print("2. Permutation, seed 0: how much the mean absolute error grows without the feature")
    print(permutations[0].to_frame().round(3), end="\n\n")
    lofo = lofo_importance(
        LSTMRegressor(32, epochs=epochs, importance=None),
        X_train,
        y_train,
        cv=TimeSeriesSplit(3),
        scoring="neg_mean_absolute_error",
        feature_names=FEATURES,
        random_state=0,
    )
    print("3. LOFO: how much the error grows when the network is trained without the feature")
    print(lofo.to_frame().round(3), end="\n\n")

    comparison = ImportanceComparison.from_results(
        {"gradient": gradients[0], "permutation": permutations[0], "lofo": lofo},
        correlated=permutations[0].correlated,
    )
    print("Where they disagree:", *comparison.findings or ["nowhere"], sep="\n- ", end="\n\n")

    by_seed = pd.DataFrame(
        [r.importances_mean for r in permutations],
        columns=FEATURES,
        index=pd.Index(range(n_seeds), name="seed"),
    )
    tmax, tmin = X_train[:, -1, 1], X_train[:, -1, 2]
    print(
        f"Permutation by seed. tmax and tmin tell nearly the same (correlation "
        f"{np.corrcoef(tmax, tmin)[0, 1]:.2f}),\nso each network leans on them in its own way; "
        f"rain comes first for {(by_seed.idxmax(axis=1) == 'rain').sum()} of {n_seeds} seeds:"
    )
    print(by_seed.round(3), end="\n\n")

    folder.mkdir(parents=True, exist_ok=True)
    comparison.plot().figure_.savefig(folder / "river_three_methods.png", dpi=120)

    display = permutations[0].plot(kind="score")
    display.figure_.savefig(folder / "river_permutation_score.png", dpi=120)

    figure, ax = plt.subplots(figsize=(6.4, 3), layout="constrained")
    for offset, (seed, row) in zip(
        np.linspace(-0.25, 0.25, n_seeds), by_seed.iterrows(), strict=True
    ):
        error = permutations[seed].importances_std
        ax.errorbar(
            row, np.arange(3) + offset, xerr=error, fmt="o", capsize=2, label=f"seed {seed}"
        )
    ax.set_yticks(range(3), FEATURES)
    ax.invert_yaxis()
    ax.set_xlim(left=0)
    ax.set_xlabel("increase of mean absolute error when the feature is shuffled")
    ax.legend(frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "river_seeds.png", dpi=120)

    by_day = gradient_importance(
        models[0], X_test, method="integrated_gradients", by="timestep", feature_names=FEATURES
    )
    figure, ax = plt.subplots(figsize=(6.4, 3), layout="constrained")
    ax.bar(range(-29, 1), by_day.importances_mean, color="#2b6ca3")
    ax.set_xlabel("day of the window (0: the day of the flow)")
    ax.set_ylabel("mean integrated gradient")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "river_days.png", dpi=120)
    print("Pictures:", *sorted(str(p.resolve()) for p in folder.glob("river_*.png")), sep="\n  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    main(options.epochs, options.seeds, options.pictures)
