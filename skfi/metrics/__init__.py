"""Metrics for sequences and for importances with known relevance."""

from skfi.metrics._relevance import relevance_score
from skfi.metrics._step_scorer import step_scorer

__all__ = ["relevance_score", "step_scorer"]
