"""Coverage of the intervals of each metric, of a linear model and of a small LSTM."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression

from skfi import LSTMClassifier, LSTMRegressor, permutation_importance

SIZES, N_FRESH, N_STEPS = (200, 600), 40_000, 4
WEIGHTS = np.array([1.0, 0.3, 0.0])
TRAINED = {"epochs": 30, "learning_rate": 0.02, "random_state": 0, "importance": None}


def loss_of_peaks(model: Any, X: np.ndarray, y: np.ndarray) -> float:
    """A function of a user's: errors of high values count three times."""
    return -float(np.average(np.abs(model.predict(X) - y), weights=1 + 2 * (y > 10)))


def average_precision(model: Any, X: np.ndarray, y: np.ndarray) -> float:
    """Another one."""
    return float(metrics.average_precision_score(y, model.predict_proba(X)[:, 1]))


OF_NUMBERS = {
    "R2": "r2",
    "root mean squared error": "neg_root_mean_squared_error",
    "absolute percentage error": "neg_mean_absolute_percentage_error",
    "median absolute error": "neg_median_absolute_error",
    "a function: weighted errors": loss_of_peaks,
}
OF_LABELS = {
    "accuracy": "accuracy",
    "log loss": "neg_log_loss",
    "Brier score": "neg_brier_score",
    "AUC": "roc_auc",
    "F1": "f1",
    "a function: average precision": average_precision,
}


class LastStep(BaseEstimator):
    """A linear model of the last step of sequences."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: np.ndarray, y: np.ndarray) -> "LastStep":
        self.model_ = self.model.fit(X[:, -1], y)
        self.classes_ = getattr(self.model_, "classes_", None)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.model_.predict(X[:, -1])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.model_.predict_proba(X[:, -1])

    def __sklearn_tags__(self) -> Any:
        return self.model.__sklearn_tags__()


def draw(
    random: np.random.Generator, n_rows: int, *, labels: bool
) -> tuple[np.ndarray, np.ndarray]:
    X = random.normal(size=(n_rows, N_STEPS, 3)).astype("float32")
    y = X[:, -1] @ WEIGHTS + 0.5 * random.normal(size=n_rows)
    return X, (y > 0) * 1 if labels else 10 + 2 * y


def models(labels: bool) -> Iterator[tuple[str, Any]]:
    yield "linear", LastStep(LogisticRegression() if labels else LinearRegression())
    yield "LSTM(8)", (LSTMClassifier if labels else LSTMRegressor)(8, **TRAINED)


def coverage(n_seeds: int) -> pd.DataFrame:
    """Shares of intervals with the true importance of a strong, a weak and a useless feature."""
    rows = []
    for labels, scoring in ((False, OF_NUMBERS), (True, OF_LABELS)):
        for name, model in models(labels):
            random = np.random.default_rng(0)
            model.fit(*draw(random, 400, labels=labels))
            fresh = draw(random, N_FRESH, labels=labels)
            true = {
                metric: permutation_importance(
                    model, *fresh, scoring=one, n_repeats=2, max_samples=0.9999, random_state=0
                ).importances_mean
                for metric, one in scoring.items()
            }
            for size in SIZES:
                covered: dict[str, list[np.ndarray]] = {metric: [] for metric in scoring}
                for seed in range(n_seeds):
                    random = np.random.default_rng([1, seed])
                    rows_drawn = draw(random, size, labels=labels)
                    found = permutation_importance(
                        model, *rows_drawn, scoring=scoring, random_state=seed
                    )
                    for metric, result in found.items():
                        low, high = result.confidence_intervals.T
                        covered[metric].append((low <= true[metric]) & (true[metric] <= high))
                for metric, of_metric in covered.items():
                    shares = dict(
                        zip(("strong", "weak", "none"), np.mean(of_metric, axis=0), strict=True)
                    )
                    rows.append({"metric": metric, "model": name, "rows": size} | shares)
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)
