"""Cross-validation against SciKeras, one fit against keras.Model.fit itself, and what the
importances of a fit cost."""

import joblib
import keras
import numpy as np
from _pairs import N_FEATURES, N_TIMESTEPS, UNITS, compare, workload
from scikeras.wrappers import KerasRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_score

from skfi import LSTMRegressor


def network():
    layers = [
        keras.Input((N_TIMESTEPS, N_FEATURES)),
        keras.layers.LSTM(UNITS),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model


def scores_differ(theirs, mine) -> str:
    return f"R2 {np.mean(theirs):.2f} / {np.mean(mine):.2f}"  # each has weights of its own


def importances_of_a_fit(what: str, X: np.ndarray, y: np.ndarray, **params) -> None:
    """A fit of 20 epochs, as it is by default, against the same without importances."""
    model = LSTMRegressor(UNITS, random_state=0, **params)
    without = LSTMRegressor(UNITS, random_state=0, importance=None, **params)
    compare(
        f"a fit with its importances, {what}",
        "the same fit without",
        "0.9",
        reference=lambda: without.fit(X, y).score(X, y),
        ours=lambda: model.fit(X, y).score(X, y),
        difference=lambda theirs, mine: f"R2 {theirs:.2f} / {mine:.2f}",
        n_pairs=3,
    )


def main() -> None:
    X, y = workload()
    several = np.column_stack([np.roll(y, hour) for hour in range(24)])
    importances_of_a_fit("one output", X, y)
    importances_of_a_fit("24 outputs", X, several)
    steps = np.cumsum(X[:, :, 0], axis=1)
    importances_of_a_fit("an output at every step", X, steps, return_sequences=True)
    for n_jobs, how in ((1, ""), (2, ", ours in two threads of joblib")):
        with joblib.parallel_config(backend="threading", n_jobs=n_jobs):
            compare(
                f"cross_val_score, 5 folds, 3 epochs{how}",
                "SciKeras",
                "2" if n_jobs == 1 else "3",
                reference=lambda: cross_val_score(
                    KerasRegressor(network, epochs=3, verbose=0),
                    X,
                    y,
                    cv=KFold(5),
                    scoring="r2",
                    n_jobs=1,
                ),
                ours=lambda: cross_val_score(LSTMRegressor(UNITS, epochs=3), X, y, cv=KFold(5)),
                difference=scores_differ,
                n_pairs=3,
                warm_up=False,
            )

    def bare():
        keras.utils.set_random_seed(0)
        model = network()
        model.fit(X, y, epochs=10, batch_size=32, verbose=0)
        return r2_score(y, model.predict(X, verbose=0))

    def ours():
        model = LSTMRegressor(UNITS, epochs=10, random_state=0).fit(X, y)
        return model.score(X, y)

    compare(
        "one fit, 10 epochs, and its score",
        "keras.Model.fit",
        "0.95",
        reference=bare,
        ours=ours,
        difference=scores_differ,
        n_pairs=3,
        warm_up=False,
    )


if __name__ == "__main__":
    main()
