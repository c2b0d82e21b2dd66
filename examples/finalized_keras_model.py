"""Why did the trained network say that?
========================================

Gradients of a Keras model that is read from a file.

The model is a convolution and a GRU over 48 days of 7 inputs: weather, season and the flow so far;
it predicts tomorrow's flow. It is trained and saved by Keras alone. skfi reads the file and
explains it, for one window and for all, without a refit.

Run it with ``python examples/finalized_keras_model.py``; the pictures go to ``pictures``.
"""

import argparse
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import r2_score

from skfi import ImportanceDisplay, from_keras, gradient_importance, make_windows
from skfi.datasets import fetch_river_flow


def load() -> tuple:
    """48-day windows of seven standardised inputs; tomorrow's log flow."""
    frame = fetch_river_flow(as_frame=True).frame
    frame["past flow"] = np.log(frame["flow"])
    angle = 2 * np.pi * frame.index.day_of_year / 365.25
    frame["season, sine"], frame["season, cosine"] = np.sin(angle), np.cos(angle)
    target = frame["past flow"].rename("log flow")
    frame = (frame - frame[:2500].mean()) / frame[:2500].std()
    frame["log flow"] = target
    names = ["rain", "tmax", "tmin", "tmean", "past flow", "season, sine", "season, cosine"]
    return make_windows(frame, target="log flow", window=48, horizon=1, features=names), names


def train(X: np.ndarray, y: np.ndarray, epochs: int, path: Path) -> None:
    """What somebody did before: a Keras model, trained and saved."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((48, 7)),
            keras.layers.Conv1D(16, 3, activation="relu"),
            keras.layers.GRU(24),
            keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    model.fit(X, y, epochs=epochs, verbose=0)
    model.save(path)


def main(epochs: int, folder: Path) -> None:
    """Load the file, score it, explain it."""
    windows, names = load()
    X, y = windows.data, windows.target
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "final.keras"
    train(X[:2500], y[:2500], epochs, path)

    model = keras.saving.load_model(path)  # from here on it is only a file
    X, y = X[2500:], y[2500:]
    print(f"R2 on the held-out days: {r2_score(y, from_keras(model).predict(X)):.2f}\n")

    every = gradient_importance(model, X, method="integrated_gradients", feature_names=names)
    print("Mean over all windows, in log flow:")
    print(every.to_frame().round(3), end="\n\n")

    flood = int(np.argmax(y))
    one = gradient_importance(
        model,
        X[flood : flood + 1],
        method="integrated_gradients",
        aggregate="mean",
        feature_names=names,
    )
    day = windows.index[2500 + flood].date()
    print(f"The largest flood, {day}, signed:")
    print(one.to_frame()["importance_mean"].round(3), end="\n\n")

    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    ImportanceDisplay.from_result(one).plot(ax=axes[0])
    axes[0].set_title(f"the flood of {day} (red: lowers the flow)")
    axes[0].set_xlabel("signed integrated gradients, mean over 48 days")
    ImportanceDisplay.from_result(every).plot(ax=axes[1])
    axes[1].set_title("all held-out windows")
    figure.savefig(folder / "finalized_gradients.png", dpi=120)
    print("Picture:", (folder / "finalized_gradients.png").resolve())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    main(options.epochs, options.pictures)
