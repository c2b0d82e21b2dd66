"""Recurrent networks as scikit-learn estimators."""

from skfi.recurrent._classifier import LSTMClassifier
from skfi.recurrent._from_keras import from_keras
from skfi.recurrent._pool import Pool, pool
from skfi.recurrent._regressor import LSTMRegressor

__all__ = ["LSTMClassifier", "LSTMRegressor", "Pool", "from_keras", "pool"]
