"""Permutation importance against scikit-learn's function over SciKeras' predict.

scikit-learn's function takes no 3-D array. It gets a table of row numbers, and the estimator
puts the sequences together: both shuffle the same series in the same order.
"""

import numpy as np
import pandas as pd
from _pairs import N_FEATURES, compare, largest, workload
from sklearn import inspection
from sklearn.base import BaseEstimator, RegressorMixin

from skfi import LSTMRegressor, permutation_importance


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
    model = LSTMRegressor(64, epochs=2, random_state=0, importance=None).fit(X, y)
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


if __name__ == "__main__":
    main()
