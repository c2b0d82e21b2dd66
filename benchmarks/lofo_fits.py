"""LOFO importance against the lofo package over SciKeras: 3 folds, 5 epochs, 33 fits.

Both start from the same weights and shuffle in the same order: SciKeras' network is built from
the seed that our estimator draws, and its target is standardised, as ours is. The features weigh
from 10 down to 1. The first pair includes the start of joblib's processes and all compilation.
"""

import keras
import numpy as np
import pandas as pd
from _pairs import N_FEATURES, N_TIMESTEPS, UNITS, largest, report, seconds, workload
from lofo import Dataset, LOFOImportance
from scikeras.wrappers import KerasRegressor
from scipy.stats import spearmanr
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skfi import LSTMRegressor, lofo_importance

SEED = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))
CALL = {"cv": KFold(3), "scoring": "neg_mean_absolute_error"}


def network(meta):
    keras.utils.set_random_seed(SEED)
    layers = [keras.Input(meta["X_shape_"][1:]), keras.layers.LSTM(UNITS), keras.layers.Dense(1)]
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
    X, y = workload(n_informative=N_FEATURES)
    estimator = LSTMRegressor(UNITS, epochs=5, random_state=0, importance=None)
    cold, warm = [], []
    for _ in range(2):
        of_lofo, expected = seconds(lambda: by_lofo(X, y))
        for refit, times in (("cold", cold), ("warm", warm)):
            of_ours, found = seconds(
                lambda refit=refit: (
                    lofo_importance(estimator, X, y, refit=refit, n_jobs=2, **CALL).importances
                )
            )
            times.append((of_lofo, of_ours))
            if refit == "cold":
                difference = largest(expected, found)
    correlation = spearmanr(expected.mean(axis=1), found.mean(axis=1)).statistic
    against = "lofo-importance over SciKeras"
    report("LOFO, 33 fits of 5 epochs", against, "4", cold, difference)
    report("LOFO, warm refits", against, "12", warm, f"rank correlation {correlation:.2f}")


if __name__ == "__main__":
    main()
