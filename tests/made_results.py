"""Results of all kinds, for the tests of pages."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    TextSequencer,
    check_importances,
    compare_importances,
    gradient_importance,
    permutation_importance,
)

NAMES = ["rain", "<b>tmax</b>", "a & b", "$x$"]


@pytest.fixture(scope="session")
def river():
    """600 rows of four columns, the first two of which make the target; by month."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2020-01-01", periods=600)
    X = pd.DataFrame(rng.normal(size=(600, 4)), columns=NAMES, index=days)
    y = pd.Series(3 * X["rain"] + X["<b>tmax</b>"], index=days, name="flow")
    return X, y + 0.3 * rng.normal(size=600)


@pytest.fixture(scope="session")
def results(river):
    """One of each kind."""
    X, y = river
    model = LinearRegression().fit(X, y)
    months = X.index.to_period("M").astype(str).to_numpy()
    permuted = permutation_importance(
        model, X, y, scoring="neg_mean_absolute_error", random_state=0, sample_groups=months
    )
    both = pd.DataFrame({"flow": y, "level": X["a & b"]})
    joint = LinearRegression().fit(X, both)
    comparison = compare_importances(
        model, X, y, methods=["permutation", "lofo"], random_state=0, cv=3
    )
    return {
        "permutation": permuted,
        "comparison": comparison,
        "outputs": permutation_importance(joint, X, both, per_output=True, random_state=0),
        "checks": check_importances(model, X, y, permuted, random_state=0),
        "runs": {
            "before": permuted,
            "after": permutation_importance(
                LinearRegression().fit(X, X["a & b"]),
                X,
                X["a & b"],
                scoring="neg_mean_absolute_error",
                random_state=0,
            ),
        },
    }


@pytest.fixture(scope="session")
def sequences():
    """Gradients of a small LSTM, of 30 sequences of six steps."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 6, 4))
    model = LSTMRegressor(3, epochs=2, random_state=0, importance=None)
    model.fit(X, X[:, -1, 0])
    return gradient_importance(model, X, feature_names=NAMES)


@pytest.fixture(scope="session")
def words():
    """Gradients of texts, one with markup."""
    texts = ["good <script>alert(1)</script> film", "bad film", "so good", "so bad"] * 5
    network = LSTMClassifier(2, embedding_dim=2, epochs=1, importance=None, random_state=0)
    reader = make_pipeline(TextSequencer(token_pattern=r"\S+"), network)
    return gradient_importance(reader.fit(texts, ["+", "-"] * 10), texts)
