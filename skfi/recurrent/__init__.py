"""Recurrent networks as scikit-learn estimators."""

from skfi._keras import Pool, pool  # first, as it loads TensorFlow

# isort: split
from skfi.recurrent._classifier import LSTMClassifier
from skfi.recurrent._from_keras import from_keras
from skfi.recurrent._regressor import LSTMRegressor

__all__ = ["LSTMClassifier", "LSTMRegressor", "Pool", "from_keras", "pool"]
