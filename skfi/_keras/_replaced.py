"""Other functions in the place of layers' calls, while a network is called or traced."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

_lock = threading.RLock()


@contextmanager
def calls_replaced(*replaced: tuple[Any, Callable]) -> Iterator[None]:
    """Pairs of a layer and a function in place of its ``call``; the mask of the layer stays."""
    with _lock, ExitStack() as stack:
        for layer, call in replaced:
            layer.call = call
            stack.callback(delattr, layer, "call")
        yield
