"""Plots of importances, as scikit-learn Display objects."""

from skfi.display._comparison import ComparisonDisplay
from skfi.display._deletion import DeletionCurveDisplay
from skfi.display._importance import ImportanceDisplay
from skfi.display._outputs import OutputImportanceDisplay
from skfi.display._temporal import TemporalImportanceDisplay
from skfi.display._tokens import TokenImportanceDisplay

__all__ = [
    "ComparisonDisplay",
    "DeletionCurveDisplay",
    "ImportanceDisplay",
    "OutputImportanceDisplay",
    "TemporalImportanceDisplay",
    "TokenImportanceDisplay",
]
