"""Datasets: generated ones with known relevance, and real ones."""

from skfi.datasets._exercise import fetch_exercise_motions
from skfi.datasets._generated import make_sequence_classification, make_sequence_regression
from skfi.datasets._generated_cells import make_boxes, make_rare_squares
from skfi.datasets._generated_events import make_event_windows
from skfi.datasets._generated_lag import make_lagged_sequences
from skfi.datasets._generated_states import make_hidden_markov, make_switching_feature
from skfi.datasets._generated_text import make_text_classification
from skfi.datasets._reviews import fetch_review_sentences
from skfi.datasets._river import fetch_river_flow

__all__ = [
    "fetch_exercise_motions",
    "fetch_review_sentences",
    "fetch_river_flow",
    "make_boxes",
    "make_event_windows",
    "make_hidden_markov",
    "make_lagged_sequences",
    "make_rare_squares",
    "make_sequence_classification",
    "make_sequence_regression",
    "make_switching_feature",
    "make_text_classification",
]
