"""Free what TensorFlow keeps of operations that were run once."""

import threading
from itertools import count

from skfi._keras._private import clear_kernels

# A fit leaves 0.7 MB of prepared operations, which are never used again; to prepare those that are
# takes a fifth of a second after each time that all are freed
_FITS_BETWEEN = 32

_fits = count(1)
_lock = threading.Lock()


def free_kernels_now_and_then() -> None:
    """After a fit: free TensorFlow's cache of operations, once in so many fits of the process."""
    with _lock:
        is_turn = next(_fits) % _FITS_BETWEEN == 0
    if is_turn:
        clear_kernels()
