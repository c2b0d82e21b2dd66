"""From tables of time-ordered rows to sequences."""

from skfi.preprocessing._sliding_window import SlidingWindow
from skfi.preprocessing._windows import make_windows

__all__ = ["SlidingWindow", "make_windows"]
