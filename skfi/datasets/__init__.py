"""Data to try importances on: generated, with the truth known, and real."""

from skfi.datasets._exercise import fetch_exercise_motions
from skfi.datasets._generated import make_sequence_classification, make_sequence_regression
from skfi.datasets._generated_lag import make_lagged_sequences
from skfi.datasets._generated_text import make_text_classification
from skfi.datasets._reviews import fetch_review_sentences
from skfi.datasets._river import fetch_river_flow

__all__ = [
    "fetch_exercise_motions",
    "fetch_review_sentences",
    "fetch_river_flow",
    "make_lagged_sequences",
    "make_sequence_classification",
    "make_sequence_regression",
    "make_text_classification",
]
