"""LOFO importance of a compiled keras.Model against a loop of Keras' own fits: 33 fits.

3 folds of 5 epochs, of 500 sequences. Both build and train each network from the seed that skfi
draws. First calls include all compilation.
"""

import keras
import numpy as np
from _pairs import N_FEATURES, N_TIMESTEPS, UNITS, largest, report, seconds, workload
from sklearn.model_selection import KFold

from skfi import from_keras, lofo_importance

EPOCHS, FOLDS = 5, KFold(3)
LARGEST = 2**31 - 1


def network(n_features: int) -> keras.Model:
    layers = [keras.Input((N_TIMESTEPS, n_features)), keras.layers.LSTM(UNITS)]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def by_keras(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The metric of each fold, with all features and without each, as one would write it."""
    of_estimator = np.random.RandomState(0).randint(LARGEST)
    seed = int(np.random.RandomState(of_estimator).randint(LARGEST))
    scores = []
    for left_out in (None, *range(N_FEATURES)):
        rest = X if left_out is None else np.delete(X, left_out, axis=2)
        of_folds = []
        for train, test in FOLDS.split(rest):
            keras.utils.set_random_seed(seed)
            model = network(rest.shape[2])
            model.fit(rest[train], y[train], epochs=EPOCHS, verbose=0)
            predicted = model.predict(rest[test], verbose=0)[:, 0]
            of_folds.append(-np.abs(predicted - y[test]).mean())
        scores.append(of_folds)
    return np.array(scores[0]) - np.array(scores[1:])


def main() -> None:
    X, y = workload(500, n_informative=N_FEATURES)
    model = network(N_FEATURES)
    call = {"cv": FOLDS, "scoring": "neg_mean_absolute_error"}
    estimator = from_keras(model).set_params(epochs=EPOCHS, batch_size=32, random_state=0)
    ways = {
        "keras.Model": lambda: lofo_importance(
            model, X, y, fit_params={"epochs": EPOCHS}, random_state=0, **call
        ),
        "model in from_keras": lambda: lofo_importance(estimator, X, y, **call),
    }
    times: dict[tuple, list] = {}
    agreement = {}
    for nth in ("first", "later", "later"):
        theirs = seconds(lambda: by_keras(X, y))
        for way, ours in ways.items():
            mine = seconds(ours)
            times.setdefault((way, nth), []).append((theirs[0], mine[0]))
            ranks = [np.argsort(of.mean(axis=1)) for of in (theirs[1], mine[1].importances)]
            agreement[way] = (
                largest(theirs[1], mine[1].importances)
                if way == "keras.Model"
                else f"rank correlation {np.corrcoef(ranks)[0, 1]:.2f}"
            )
    for (way, nth), pairs in times.items():
        work = f"LOFO of a {way}, 33 fits of 5 epochs, 500 sequences, {nth} call"
        report(work, "a loop of keras.Model.fit", "", pairs, agreement[way])


if __name__ == "__main__":
    main()
