"""Free what TensorFlow keeps of operations for names that do not come again."""

import threading
from itertools import count

from skfi._keras._private import clear_kernels

# Keras counts up the names of a user's layers, and TensorFlow prepares operations for each name of
# a variable: 0.7 MB at each fit, which are never used again. To prepare those that are takes a
# fifth of a second after each time that all are freed.
_FITS_BETWEEN = 32

_fits = count(1)
_lock = threading.Lock()


def free_kernels_now_and_then() -> None:
    """After a fit of a user's network: free all prepared operations, once in so many such fits."""
    with _lock:
        is_turn = next(_fits) % _FITS_BETWEEN == 0
    if is_turn:
        clear_kernels()
