"""Which input matters for which day of a forecast?
===================================================

One result for each of seven days.

An LSTM predicts the logarithm of the flow of the river Fulda on each of the next 7 days, from the
last 30 days of weather and of the flow itself. The last 30% of the days are held out.

Run it with ``python examples/flow_next_week.py``; the picture goes to the folder ``pictures``.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, gradient_importance, make_windows, permutation_importance
from skfi.datasets import fetch_river_flow

FEATURES = ["rain", "tmax", "tmin", "flow"]


def load(window: int = 30, days: int = 7) -> tuple:
    """Scaled windows of weather and log flow, and the log flow of the days that follow."""
    river = fetch_river_flow(as_frame=True).frame
    river["flow"] = np.log(river["flow"])
    n_train = int(0.7 * len(river))
    scaler = StandardScaler().fit(river[FEATURES].iloc[:n_train])
    river[FEATURES] = scaler.transform(river[FEATURES])
    windows = make_windows(river, "flow", window, horizon=range(1, days + 1), features=FEATURES)
    train = windows.index < river.index[n_train - days]
    test = windows.index >= river.index[n_train + window]
    X, Y = windows.data, windows.target
    return X[train], Y[train], X[test], Y[test]


def main(epochs: int, folder: Path) -> None:
    """Train, explain each day of the forecast, draw."""
    X_train, Y_train, X_test, Y_test = load()
    model = LSTMRegressor(
        32, epochs=epochs, early_stopping=True, validation="last", random_state=0
    ).fit(X_train, Y_train)
    r2 = r2_score(Y_test, model.predict(X_test), multioutput="raw_values")
    print(f"R2 on the held-out days: {r2[0]:.2f} a day ahead, {r2[-1]:.2f} seven days ahead.\n")

    permuted = permutation_importance(
        model,
        X_test,
        Y_test,
        scoring="neg_mean_absolute_error",
        per_output=True,
        feature_names=FEATURES,
        sample_groups=50,  # windows of 30 days overlap
        random_state=0,
    )
    print(permuted, "\n")
    gradients = gradient_importance(
        model, X_test, per_output=True, feature_names=FEATURES, max_samples=300, random_state=0
    )
    print(gradients, "\n")

    table = permuted.to_frame()
    print(f"A day ahead {table['flow+1'].idxmax()} comes first. From one day ahead to seven:")
    for name, (soon, late) in table[["flow+1", "flow+7"]].iterrows():
        print(f"  {name}: {soon:.2f} to {late:.2f}")
    last = permuted["flow+7"].to_frame()
    print("\nSeven days ahead, with intervals:\n", last.round(3), sep="")

    figure, axes = plt.subplots(1, 2, figsize=(11, 3.2), layout="constrained")
    permuted.plot(ax=axes[0])
    gradients.plot(ax=axes[1])
    folder.mkdir(exist_ok=True)
    figure.savefig(folder / "flow_next_week.png", dpi=120)
    print(f"\nThe picture is {folder / 'flow_next_week.png'}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    arguments = parser.parse_args()
    main(arguments.epochs, arguments.pictures)
