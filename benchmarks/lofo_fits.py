"""LOFO importance against the lofo package over SciKeras: 3 folds, 5 epochs, 33 fits.

Both start from the same weights and shuffle in the same order: SciKeras' network is built from the
seed that our estimator draws, and its target is standardised, as ours is.
"""

import keras
import numpy as np
import pandas as pd
from _pairs import N_FEATURES, N_TIMESTEPS, UNITS, compare, largest, workload
from lofo import Dataset, LOFOImportance
from scikeras.wrappers import KerasRegressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skfi import LSTMRegressor, lofo_importance

SEED = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))
CALL = {"cv": KFold(3), "scoring": "neg_mean_absolute_error"}


def network(meta):
    keras.utils.set_random_seed(SEED)
    layers = [
        keras.Input(meta["X_shape_"][1:]),
        keras.layers.LSTM(UNITS),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model


def unfold(columns):
    """The groups that lofo has put side by side, (n_samples, F * T), as sequences."""
    return columns.reshape(len(columns), -1, N_TIMESTEPS).transpose(0, 2, 1)


def by_lofo(X, y):
    groups = {f"x{f}": X[:, :, f] for f in range(N_FEATURES)}
    data = Dataset(pd.DataFrame({"y": y}), target="y", features=[], feature_groups=groups)
    estimator = KerasRegressor(network, epochs=5, verbose=0)
    model = make_pipeline(
        FunctionTransformer(unfold),
        TransformedTargetRegressor(estimator, transformer=StandardScaler()),
    )
    found = LOFOImportance(data, model=model, **CALL).get_importance().set_index("feature")
    return found.filter(like="val_imp").loc[list(groups)].to_numpy()


def main() -> None:
    X, y = workload()
    estimator = LSTMRegressor(UNITS, epochs=5, random_state=0, importance=None)
    compare(
        "LOFO, 3 folds, 5 epochs, trained anew",
        "lofo-importance over SciKeras",
        "4",
        reference=lambda: by_lofo(X, y),
        ours=lambda: lofo_importance(estimator, X, y, n_jobs=2, **CALL).importances,
        difference=largest,
        n_pairs=1,
        warm_up=False,
    )


if __name__ == "__main__":
    main()
