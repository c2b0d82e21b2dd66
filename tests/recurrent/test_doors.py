"""Input that NumPy would quietly turn into other numbers is refused, before any training."""

import keras
import numpy as np
import pandas as pd
import pytest

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

random = np.random.default_rng(0)
X = random.normal(size=(40, 5, 2))
Y = X[:, 0, 0]
LABELS = (Y > 0).astype(int)
IDS = random.integers(1, 9, size=(40, 6))
PARAMS = {"epochs": 1, "importance": None, "random_state": 0}
PAIRS = [("a", float), ("b", float)]


@pytest.fixture(scope="module")
def network():
    return LSTMRegressor(2, **PARAMS).fit(X, Y)


@pytest.fixture(scope="module")
def reader():
    return LSTMClassifier(2, embedding_dim=2, **PARAMS).fit(IDS, LABELS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (X.astype("datetime64[s]"), r"datetime64\[s\], which are no numbers. .* day of the year"),
        (X[:, 0].astype("timedelta64[s]"), "timedelta64"),
        (np.zeros((40, 2), dtype=PAIRS), "structured_to_unstructured"),
        (np.zeros(40, dtype=PAIRS), "structured_to_unstructured"),
        (
            pd.DataFrame({"rain": 1.0, "day": pd.date_range("2020", periods=40)}),
            "in the column 'day'",
        ),
        (pd.DataFrame({"day": pd.date_range("2020", periods=40)}), "in the column 'day'"),
    ],
    ids=["dates", "times", "structured", "records", "frame", "dates only"],
)
def test_what_is_no_number(data, message, network):
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(2, **PARAMS).fit(data, Y)
    for call in (gradient_importance, lambda model, X: model.predict(X)):
        with pytest.raises(ValueError, match="no numbers"):
            call(network, data)
    with pytest.raises(ValueError, match="no numbers"):
        gradient_importance(network.model_, data)


def test_targets_that_are_dates():
    with pytest.raises(ValueError, match="y holds values of type datetime64"):
        LSTMRegressor(2, **PARAMS).fit(X, Y.astype("datetime64[s]"))


@pytest.mark.parametrize("weight", [{0: -1, 1: 1}, {0: np.nan, 1: 1}])
def test_class_weights_that_are_no_weights(weight):
    with pytest.raises(ValueError, match=r"class_weight holds .*non-negative numbers"):
        LSTMClassifier(2, class_weight=weight, **PARAMS).fit(X, LABELS)


@pytest.mark.parametrize("change", [2**32, 2**31, -(2**32), 0.5])
def test_token_ids_that_a_cast_would_change(change, reader):
    other = IDS + change
    calls = (
        lambda form: form.predict(other),
        lambda form: gradient_importance(form, other),
        lambda form: permutation_importance(form, other, LABELS),
    )
    for call in calls:
        with pytest.raises(ValueError, match="X holds"):
            call(reader)
        with pytest.raises(ValueError, match="X holds"):
            call(from_keras(reader.model_))
    for call in calls[1:]:
        with pytest.raises(ValueError, match=r"X holds numbers from .* the network takes int32"):
            call(reader.model_)
    if change != 0.5:
        groups = {"some": [3]}
        with pytest.raises(ValueError, match="X holds token ids from"):
            lofo_importance(reader, other, LABELS, feature_groups=groups)
    if change in (2**32, 2**31):
        with pytest.raises(ValueError, match="ids are at most"):
            LSTMClassifier(2, embedding_dim=2, **PARAMS).fit(other, LABELS)


def test_a_network_of_whole_numbers_takes_them_as_floats(reader):
    found = gradient_importance(reader.model_, IDS.astype(float))
    expected = gradient_importance(reader.model_, IDS)
    assert np.array_equal(found.importances_mean, expected.importances_mean)
    assert keras.backend.standardize_dtype(reader.model_.inputs[0].dtype) == "int32"
