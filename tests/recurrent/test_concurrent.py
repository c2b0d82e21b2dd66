"""Fits and predictions in threads and processes, and no warnings of TensorFlow on the way."""

import logging

import numpy as np
import pytest
import tensorflow as tf
from joblib import Parallel, delayed

from skfi import LSTMClassifier, LSTMRegressor, gradient_importance

X = np.random.default_rng(0).normal(size=(90, 5, 3)).astype("float32")
Y = X[:, -1, 0] + X[:, 0, 1]


def fitted(seed):
    model = LSTMRegressor(
        4, epochs=3, dropout=0.2, early_stopping=seed % 2 == 0, random_state=seed, importance=None
    )
    model.fit(X, Y)
    gradients = gradient_importance(model, X).attributions
    return model.predict(X), gradients, model.history_["loss"]


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_at_the_same_time_is_one_after_the_other(backend):
    expected = [fitted(seed) for seed in range(4)]
    found = Parallel(2, backend=backend)(delayed(fitted)(seed) for seed in range(4))
    for one, other in zip(expected, found, strict=True):
        for mine, theirs in zip(one, other, strict=True):
            assert np.array_equal(mine, theirs)


class TestRetracing:
    """TensorFlow warns in the user's terminal when functions are traced again and again."""

    @pytest.fixture
    def messages(self):
        found = []

        class Keep(logging.Handler):
            def emit(self, record):
                found.append(record.getMessage())

        handler = Keep(level=logging.WARNING)
        tf.get_logger().addHandler(handler)
        yield found
        tf.get_logger().removeHandler(handler)

    def test_it_would_be_seen(self, messages):
        for _ in range(12):
            tf.function(lambda x: x + 1)(tf.constant(1.0))
        assert any("retracing" in message for message in messages)

    def test_none_for_any_number_of_rows_and_fits(self, messages):
        for units in range(1, 6):
            for kind, y in ((LSTMRegressor, Y), (LSTMClassifier, Y > 0)):
                model = kind(units, epochs=1, random_state=0, importance=None)
                for n in (60, 71, 90):
                    model.fit(X[:n], y[:n])
                    model.predict(X[: n // 2])
                    gradient_importance(model, X[: n // 3])
        assert not [message for message in messages if "retracing" in message]
