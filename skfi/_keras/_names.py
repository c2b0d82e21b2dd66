"""Names of layers, which Keras counts up from one network to the next."""

from collections.abc import Iterator
from contextlib import contextmanager

from skfi._keras._private import KERAS_NAMES, keras_state


@contextmanager
def names_from_the_start() -> Iterator[None]:
    """Name layers inside as in a new process.

    TensorFlow prepares an operation for each name of a variable, and keeps it. Where names come
    again, a fit takes two thirds of the time besides training, and leaves nothing behind.
    """
    with keras_state({KERAS_NAMES: None}):
        yield
