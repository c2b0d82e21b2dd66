"""Feature selection for sequences."""

from skfi.feature_selection._select import SelectSequenceFeatures

__all__ = ["SelectSequenceFeatures"]
