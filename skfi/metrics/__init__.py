"""Metrics for sequences."""

from skfi.metrics._step_scorer import step_scorer

__all__ = ["step_scorer"]
