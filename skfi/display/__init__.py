"""Pictures of importances, as scikit-learn Display objects."""

from skfi.display._importance import ImportanceDisplay

__all__ = ["ImportanceDisplay"]
