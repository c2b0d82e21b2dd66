"""From which days' weather does a day's flow come?
===================================================

A network that predicts at every step.

Ten years of a river are cut into quarters of 90 to 92 days, padded at the end to equal length. The
network reads a quarter's weather and predicts the flow of every day. Asked for the flow of one
day, its gradients show how many days of weather it looks back on: no day ahead has any.

Run it with ``python examples/flow_every_day.py``; the picture goes to the folder ``pictures``.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.preprocessing import StandardScaler

from skfi import (
    LSTMRegressor,
    TemporalImportanceDisplay,
    gradient_importance,
    permutation_importance,
    stack_sequences,
)
from skfi.datasets import fetch_river_flow

DAY = 60


def main(epochs: int, folder: Path) -> None:
    """Train, explain, print the tables, draw the picture."""
    river = fetch_river_flow(as_frame=True).frame
    inputs = ["rain", "tmax", "tmin"]
    river["flow"] = np.log(river["flow"])
    river["quarter"] = river.index.to_period("Q")
    known = river["quarter"] < "1986Q1"
    river[inputs] = StandardScaler().fit(river.loc[known, inputs]).transform(river[inputs])
    panel = stack_sequences(
        river, by="quarter", target="flow", features=inputs, return_sequences=True
    )
    print(f"{len(panel.data)} quarters of {panel.lengths.min()} to {panel.lengths.max()} days.")
    train = panel.index < "1986Q1"
    X, y = panel.data[~train], panel.target[~train]

    model = LSTMRegressor(
        16,
        return_sequences=True,
        mask_value=np.nan,
        epochs=epochs,
        batch_size=8,
        learning_rate=0.02,
        random_state=0,
    )
    model.fit(panel.data[train], panel.target[train])
    print(f"R2 of each day's log flow, three later years: {model.score(X, y):.2f}\n")

    print("Permutation: R2 lost when a feature comes from the same days of another quarter")
    permuted = permutation_importance(model, X, y, feature_names=inputs, random_state=0)
    print(permuted.to_frame().round(3), end="\n\n")

    result = gradient_importance(model, X, output_step=DAY, aggregate="mean", feature_names=inputs)
    by_day = gradient_importance(model, X, output_step=DAY, by="timestep").importances_mean
    share = by_day[DAY - 6 : DAY + 1].sum() / by_day.sum()
    print(f"Share of the last seven days in the gradients of day {DAY}: {share:.2f}")
    print(f"Days after it: {by_day[DAY + 1 :].sum():.2f}\n")

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "flow_one_day.png"
    display = TemporalImportanceDisplay.from_result(result).plot()
    display.ax_.set(title=f"log flow of day {DAY}", xlabel="day of the quarter")
    display.figure_.savefig(path, dpi=120)
    print("Picture:", path.resolve())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    main(options.epochs, options.pictures)
