"""Make sequences of tables, panels and texts."""

from skfi.preprocessing._panels import stack_sequences, unstack_sequences
from skfi.preprocessing._sliding_window import SlidingWindow
from skfi.preprocessing._text_sequencer import TextSequencer
from skfi.preprocessing._windows import make_windows

__all__ = [
    "SlidingWindow",
    "TextSequencer",
    "make_windows",
    "stack_sequences",
    "unstack_sequences",
]
