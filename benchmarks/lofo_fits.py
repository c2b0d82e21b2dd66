"""LOFO importance against the lofo package over SciKeras, and a loop in PyTorch: 33 fits.

3 folds of 5 epochs, with the defaults that a user has. Ours and SciKeras' start from the same
weights and shuffle in the same order: SciKeras' network is built from the seed that our estimator
draws, and its target is standardised, as ours is. The features weigh from 10 down to 1. The loop in
PyTorch trains the same network in two processes. First calls include all compilation, and the start
of processes.
"""

import joblib
import keras
import numpy as np
import pandas as pd
import torch
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


class TorchNetwork(torch.nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.lstm = torch.nn.LSTM(n_features, UNITS, batch_first=True)
        self.dense = torch.nn.Linear(UNITS, 1)

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])[:, 0]


def score_in_torch(X, y, train, test):
    """The negative mean absolute error of a network that is trained as Keras does."""
    torch.set_num_threads(1)  # in each of two processes
    torch.manual_seed(0)
    mean, std = y[train].mean(), y[train].std()
    inputs = torch.tensor(X[train], dtype=torch.float32)
    target = torch.tensor((y[train] - mean) / std, dtype=torch.float32)
    network = TorchNetwork(X.shape[2])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7)
    for _ in range(5):
        for rows in torch.randperm(len(inputs)).split(32):
            optimizer.zero_grad()
            loss = ((network(inputs[rows]) - target[rows]) ** 2).mean()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        predicted = network(torch.tensor(X[test], dtype=torch.float32)).numpy() * std + mean
    return -np.abs(predicted - y[test]).mean()


def by_torch(X, y):
    folds = list(KFold(3).split(X))
    units = [None, *range(N_FEATURES)]
    scores = joblib.Parallel(n_jobs=2)(
        joblib.delayed(score_in_torch)(
            X if unit is None else np.delete(X, unit, axis=2), y, train, test
        )
        for unit in units
        for train, test in folds
    )
    scores = np.reshape(scores, (len(units), len(folds)))
    return scores[0] - scores[1:]


def main() -> None:
    X, y = workload(n_informative=N_FEATURES)
    estimator = LSTMRegressor(UNITS, epochs=5, random_state=0)
    peers = {"lofo-importance over SciKeras": by_lofo, "a loop in PyTorch": by_torch}
    times: dict[tuple, list] = {}
    for call in ("first", "later", "later"):
        found = {}
        for refit in ("cold", "warm"):
            found[refit] = seconds(
                lambda refit=refit: (
                    lofo_importance(estimator, X, y, refit=refit, **CALL).importances
                )
            )
        for peer, function in peers.items():
            expected = seconds(lambda function=function: function(X, y))
            for refit in found:
                pair = (expected[0], found[refit][0])
                times.setdefault((peer, refit, call), []).append(pair)
                if peer.startswith("lofo") and refit == "cold":
                    difference = largest(expected[1], found[refit][1])
                    of_lofo = expected[1].mean(axis=1)
    ranks = {
        refit: f"rank correlation {spearmanr(of_lofo, of[1].mean(axis=1)).statistic:.2f}"
        for refit, of in found.items()
    }
    reach = {"cold": ("6", "1"), "warm": ("20", "")}
    for (peer, refit, call), pairs in times.items():
        of_package = peer.startswith("lofo")
        agreement = difference if of_package and refit == "cold" else ranks[refit]
        work = f"LOFO, 33 fits of 5 epochs, {refit}, {call} call"
        report(work, peer, reach[refit][0 if of_package else 1], pairs, agreement)


if __name__ == "__main__":
    main()
