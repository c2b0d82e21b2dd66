"""Data to try importances on: generated, with the truth known, and real."""

from skfi.datasets._generated import make_sequence_classification, make_sequence_regression
from skfi.datasets._river import fetch_river_flow

__all__ = ["fetch_river_flow", "make_sequence_classification", "make_sequence_regression"]
