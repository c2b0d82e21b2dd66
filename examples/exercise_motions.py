"""Which sensor of a smartwatch tells exercises apart?
======================================================

Ten people did seven exercises each; the recordings, of unequal length, are cut into windows of two
seconds. A network is trained on seven people and explained on the three that it has never seen;
LOFO leaves out sensors, with people as groups of the cross-validation.

Run it with ``python examples/exercise_motions.py``; the pictures go to the folder ``pictures``.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GroupKFold

from skfi import (
    ImportanceDisplay,
    LSTMClassifier,
    TemporalImportanceDisplay,
    gradient_importance,
    lofo_importance,
    make_windows,
    permutation_importance,
)
from skfi.datasets import fetch_exercise_motions

SENSORS = ["acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z"]
GROUPS = {"accelerometer": SENSORS[:3], "gyroscope": SENSORS[3:]}


def load() -> tuple:
    """Windows of 2 s at 25 Hz, the exercise and the person of each."""
    motions = fetch_exercise_motions(as_frame=True)
    windows = make_windows(
        motions.frame, target="exercise", window=100, step=100, by="recording", features=SENSORS
    )
    X = windows.data[:, ::2]
    person = motions.person[windows.groups]
    return X, windows.target, person


def main(epochs: int, n_repeats: int, folder: Path) -> None:
    """Train, explain, print the tables, draw the pictures."""
    X, y, person = load()
    known = person <= 7
    X = (X - X[known].mean(axis=(0, 1))) / X[known].std(axis=(0, 1))
    X_test, y_test = X[~known], y[~known]
    print(f"{known.sum()} windows of 7 people to train on, {len(X_test)} of 3 others held out.\n")

    network = LSTMClassifier(32, cell="gru", epochs=epochs, learning_rate=0.005, importance=None)
    model = network.set_params(random_state=0).fit(X[known], y[known])
    print(f"Accuracy on unseen people: {model.score(X_test, y_test):.2f}\n")

    print("Permutation: accuracy lost when a sensor's series comes from another window")
    call = {"feature_names": SENSORS, "n_repeats": n_repeats, "random_state": 0}
    sensors = permutation_importance(model, X_test, y_test, **call)
    print(sensors.to_frame().round(3), end="\n\n")
    groups = permutation_importance(model, X_test, y_test, feature_groups=GROUPS, **call)
    print(groups.to_frame().round(3), end="\n\n")

    print("LOFO: accuracy lost when the network is trained without them, on unseen people")
    lofo = lofo_importance(
        network,
        X,
        y,
        cv=GroupKFold(3),
        cv_groups=person,
        feature_names=SENSORS,
        feature_groups=GROUPS,
        random_state=0,
    )
    print(lofo.to_frame().round(3), end="\n\n")
    first = "accelerometer" if lofo.importances_mean[0] > lofo.importances_mean[1] else "gyroscope"
    print(f"The {first} says more than the other.\n")

    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(1, 2, figsize=(10, 2.8), layout="constrained")
    ImportanceDisplay.from_result(sensors).plot(ax=axes[0])
    axes[0].set_title("permutation")
    ImportanceDisplay.from_result(lofo).plot(ax=axes[1])
    axes[1].set_title("LOFO")
    figure.savefig(folder / "exercise_sensors.png", dpi=120)

    # one window of each of three exercises, rightly recognised
    right = model.predict(X_test) == y_test
    chosen = [
        int(np.flatnonzero(right & (y_test == name))[0]) for name in np.unique(y_test[right])[:3]
    ]
    moments = gradient_importance(
        model, X_test[chosen], method="integrated_gradients", feature_names=SENSORS
    )
    display = TemporalImportanceDisplay.from_result(moments)
    display.plot(samples=range(len(chosen)), X=X_test[chosen])
    for ax, i in zip(np.atleast_1d(display.ax_), chosen, strict=True):
        ax.set_title(y_test[i], fontsize="small", loc="left")
    display.figure_.savefig(folder / "exercise_moments.png", dpi=120)
    print("Pictures:", *sorted(str(p.resolve()) for p in folder.glob("exercise_*.png")), sep="\n  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    main(options.epochs, options.repeats, options.pictures)
