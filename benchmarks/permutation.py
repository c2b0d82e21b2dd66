"""Permutation importance against scikit-learn's function over SciKeras' predict.

scikit-learn's function takes no 3-D array. It gets a table of row numbers, and the estimator
puts the sequences together: both shuffle the same series in the same order.
"""

from functools import partial

import keras
import numpy as np
import pandas as pd
from _pairs import N_FEATURES, compare, largest, workload
from scikeras.wrappers import KerasRegressor
from sklearn import inspection
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import RandomForestRegressor

from skfi import LSTMRegressor, lofo_importance, permutation_importance


class OfRowNumbers(RegressorMixin, BaseEstimator):
    """Predicts for sequences whose features are taken from the rows that a table names."""

    def __init__(self, wrapper, X):
        self.wrapper = wrapper
        self.X = X

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, X, y):
        raise NotImplementedError

    def predict(self, table):
        rows = np.asarray(table)
        sequences = np.stack([self.X[rows[:, f], :, f] for f in range(N_FEATURES)], axis=2)
        return self.wrapper.predict(sequences, verbose=0)


def main() -> None:
    X, y = workload()
    model = LSTMRegressor(64, epochs=2, random_state=0).fit(X, y)
    call = {"scoring": "neg_mean_absolute_error", "n_repeats": 5, "random_state": 0}
    for n, reach, n_pairs in ((2000, "8", 3), (200, "10", 5)):
        table = pd.DataFrame(np.repeat(np.arange(n)[:, None], N_FEATURES, axis=1))
        reference = OfRowNumbers(model.wrapper_, X[:n])
        compare(
            f"permutation, 5 repeats, {n} sequences",
            "scikit-learn over SciKeras",
            reach,
            reference=lambda e=reference, t=table, n=n: (
                inspection.permutation_importance(e, t, y[:n], **call).importances
            ),
            ours=lambda n=n: permutation_importance(model, X[:n], y[:n], **call).importances,
            difference=largest,
            n_pairs=n_pairs,
        )
    of_a_wrapper(X, y, call)
    of_two_inputs(X, y, call)
    of_each_output(X, y, call)


def of_each_output(X, y, call) -> None:
    """24 outputs, each on its own, against the same call for all together."""
    several = np.column_stack([np.roll(y, hour) for hour in range(24)])
    model = LSTMRegressor(64, epochs=2, random_state=0).fit(X, several)
    forest = RandomForestRegressor(50, random_state=0)
    rows = X[:, -1]
    lofo = {"scoring": call["scoring"], "cv": 3}
    for work, function in (
        ("permutation", partial(permutation_importance, model, X, several, **call)),
        ("LOFO of a forest", partial(lofo_importance, forest, rows, several, **lofo)),
    ):
        compare(
            f"{work} of each of 24 outputs",
            "all of them together",
            "0.5",
            reference=lambda f=function: f().importances_mean,
            ours=lambda f=function: f(per_output=True).importances_mean.mean(axis=1),
            difference=largest,
            n_pairs=3,
        )


def of_a_wrapper(X, y, call) -> None:
    """A person's own KerasRegressor, handed to skfi as it is."""

    def network():
        layers = [keras.Input(X.shape[1:]), keras.layers.LSTM(64), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile("adam", "mse")
        return model

    wrapper = KerasRegressor(network, epochs=2, verbose=0).fit(X, y)
    table = pd.DataFrame(np.repeat(np.arange(len(X))[:, None], N_FEATURES, axis=1))
    reference = OfRowNumbers(wrapper, X)
    compare(
        "permutation of a SciKeras wrapper, 5 repeats, 2000 sequences",
        "scikit-learn over the same wrapper",
        "8",
        reference=lambda: (
            inspection.permutation_importance(reference, table, y, **call).importances
        ),
        ours=lambda: permutation_importance(wrapper, X, y, **call).importances,
        difference=largest,
        n_pairs=3,
    )


def of_two_inputs(X, y, call) -> None:
    """A network of a sequence and a static input, against a loop over ``model.predict``."""
    arrays = {"series": X, "static": X[:, 0, :2].copy()}
    series, static = keras.Input(X.shape[1:], name="series"), keras.Input((2,), name="static")
    joined = keras.layers.Concatenate()([keras.layers.LSTM(64)(series), static])
    model = keras.Model([series, static], keras.layers.Dense(1)(joined))
    model.compile("adam", "mse")
    model.fit(arrays, y, epochs=2, verbose=0)

    def loop():
        def error(of):
            return float(np.abs(model.predict(of, verbose=0)[:, 0] - y).mean())

        seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max + 1)
        importances, baseline = [], error(arrays)
        for name, array in arrays.items():
            for feature in range(array.shape[-1]):
                random, order = np.random.RandomState(seed), np.arange(len(y))
                importances.append([])
                shuffled = array.copy()
                for _ in range(call["n_repeats"]):  # shuffled again what was shuffled before
                    random.shuffle(order)
                    shuffled[..., feature] = shuffled[order][..., feature]
                    importances[-1].append(error(arrays | {name: shuffled}) - baseline)
        return np.array(importances)

    compare(
        "permutation of two inputs, 5 repeats, 2000 samples",
        "a loop over model.predict",
        "",
        reference=loop,
        ours=lambda: permutation_importance(model, arrays, y, **call).importances,
        difference=largest,
        n_pairs=3,
    )


if __name__ == "__main__":
    main()
