"""Ignore the warnings of many fits in any thread."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

filters_lock = threading.Lock()  # for every change of the filters that threads may make
_n_inside = 0
_filters: warnings.catch_warnings | None = None


@contextmanager
def warnings_ignored() -> Iterator[None]:
    """Ignore all warnings inside, and restore the filters after.

    Filters are global, and overlapping ``warnings.catch_warnings`` of two threads would not restore
    them. Here the first thread to enter saves the filters and the last to leave restores them.
    """
    global _n_inside, _filters
    with filters_lock:
        if _n_inside == 0:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.simplefilter("ignore")
        _n_inside += 1
    try:
        yield
    finally:
        with filters_lock:
            _n_inside -= 1
            if _n_inside == 0 and _filters is not None:
                _filters.__exit__(None, None, None)
                _filters = None
