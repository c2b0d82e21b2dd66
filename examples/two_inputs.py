"""A finalized network of two inputs
====================================

A month of weather is one input, the season and the flow before it are the other.

A functional Keras network predicts the logarithm of the daily flow of the river Fulda from 30 days
of rain and temperatures, and from three static numbers: the flow on the day before these 30 days,
and the day of the year, as sine and cosine. The last 30% of the days are held out.

Run it with ``python examples/two_inputs.py``; the picture goes to the folder ``pictures``.
"""

import argparse
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from skfi import gradient_importance, make_windows, permutation_importance
from skfi.datasets import fetch_river_flow

NAMES = {"weather": ["rain", "tmax", "tmin"], "state": ["flow_before", "season_sin", "season_cos"]}
SEASON = {"season": [("state", "season_sin"), ("state", "season_cos")]}
WINDOW = 30


def load() -> tuple:
    """Both inputs and the log flow, and how many rows come first in time."""
    river = fetch_river_flow(as_frame=True).frame
    river["log_flow"] = np.log(river["flow"])
    n_train = int(0.7 * len(river))
    scaled = StandardScaler().fit(river[NAMES["weather"]].iloc[:n_train])
    river[NAMES["weather"]] = scaled.transform(river[NAMES["weather"]])
    windows = make_windows(river, "log_flow", window=WINDOW, features=NAMES["weather"])
    angle = 2 * np.pi * windows.index.day_of_year / 365.25
    before = river["log_flow"].shift(WINDOW).loc[windows.index]
    state = np.column_stack([before, np.sin(angle), np.cos(angle)])
    known = ~np.isnan(state).any(axis=1)  # the first window has no day before it
    X = {"weather": windows.data[known], "state": state[known]}
    return X, windows.target[known], int((windows.index[known] < river.index[n_train]).sum())


def network() -> keras.Model:
    """An LSTM reads the weather; what it makes of it is joined by the state of the river."""
    weather = keras.Input((WINDOW, 3), name="weather")
    state = keras.Input((3,), name="state")
    joined = layers.Concatenate()([layers.LSTM(24)(weather), state])
    flow = layers.Dense(1)(layers.Dense(16, activation="tanh")(joined))
    model = keras.Model([weather, state], flow)
    model.compile(keras.optimizers.Adam(0.005), "mse")
    return model


def main(epochs: int, folder: Path) -> None:
    """Train with plain Keras, save, load, explain."""
    X, y, n_train = load()
    X_train = {name: array[:n_train] for name, array in X.items()}
    X_test = {name: array[n_train:] for name, array in X.items()}
    y_test = y[n_train:]

    keras.utils.set_random_seed(0)
    model = network()
    model.fit(X_train, y[:n_train], epochs=epochs, batch_size=32, verbose=0)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "two_inputs.keras")

    final = keras.saving.load_model(folder / "two_inputs.keras")
    r2 = r2_score(y_test, final.predict(X_test, verbose=0))
    print(f"R2 on the held-out days: {r2:.2f}\n")
    permuted = permutation_importance(
        final,
        X_test,
        y_test,
        scoring="neg_mean_absolute_error",
        feature_names=NAMES,
        feature_groups=SEASON,  # sine and cosine tell one thing
        sample_groups=50,  # windows overlap: intervals over blocks of 50
        random_state=0,
    )
    print("How much the mean absolute error grows (permutation)")
    print(permuted.to_frame().round(3), end="\n\n")
    gradients = gradient_importance(final, X_test, feature_names=NAMES, feature_groups=SEASON)
    print("What moves the prediction (integrated gradients), in log flow")
    print(gradients.to_frame().round(3), end="\n\n")
    by_input = permutation_importance(
        final, X_test, y_test, scoring="neg_mean_absolute_error", by="input", random_state=0
    )
    print(by_input.to_frame().round(3), end="\n\n")

    figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    permuted.plot(ax=axes[0])
    gradients.plot(ax=axes[1])
    figure.savefig(folder / "two_inputs.png", dpi=120)
    print("Picture:", (folder / "two_inputs.png").resolve())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    main(options.epochs, options.pictures)
