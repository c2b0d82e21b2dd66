"""Cross-validation against SciKeras, and one fit against keras.Model.fit itself."""

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


def main() -> None:
    X, y = workload()
    compare(
        "cross_val_score, 5 folds, 3 epochs",
        "SciKeras",
        "2",
        reference=lambda: cross_val_score(
            KerasRegressor(network, epochs=3, verbose=0), X, y, cv=KFold(5), scoring="r2"
        ),
        ours=lambda: cross_val_score(
            LSTMRegressor(UNITS, epochs=3, importance=None), X, y, cv=KFold(5)
        ),
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
        model = LSTMRegressor(UNITS, epochs=10, random_state=0, importance=None).fit(X, y)
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
