"""Seed everything that Keras and TensorFlow draw."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from skfi._keras._private import (
    KERAS_RANDOM_STATE,
    TensorFlowRandom,
    keras_random_module,
    keras_state,
    replace_keras_random_module,
)
from skfi._keras._threads import check_not_forked

_seed_lock = threading.RLock()


class _ThreadRandom:
    """What Keras takes for Python's module ``random``: a thread may have a generator of its own.

    Keras draws the seeds of its layers from Python's global generator, from which other threads
    draw too: they would change each other's numbers.
    """

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.generator or random, name)

    @property
    def generator(self) -> random.Random | None:
        """This thread's own; None if it takes the global one."""
        return getattr(self._of_thread, "generator", None)

    @generator.setter
    def generator(self, generator: random.Random | None) -> None:
        self._of_thread.generator = generator


_keras_random = _ThreadRandom()
if keras_random_module() is not random:
    raise ImportError(
        "This version of Keras draws its seeds in another way than skfi knows, and random_state "
        "would not hold. Install the versions of Keras that skfi asks for."
    )
replace_keras_random_module(_keras_random)


_turns = threading.local()  # of each thread: what it found, once for each block that it is in


@contextmanager
def seeded(seed: int, *, only_keras: bool = False) -> Iterator[None]:
    """Draw what Keras and TensorFlow draw inside from ``seed``, in this thread.

    The generators of Python and NumPy, which are global, are neither seeded nor drawn from, and
    those of TensorFlow are left as they were found. As these are global too, threads take turns
    here; see ``while_others_draw``.

    TensorFlow's ops that draw at random keep a state in a cache of all ops, which has to be cleared
    for them to start anew; compiled functions are then prepared again, for a fifth of a second.
    Keras' own layers have no such ops: with ``only_keras`` the cache stays.
    """
    check_not_forked()
    with _seed_lock:
        saved_python = _keras_random.generator
        found = TensorFlowRandom.now()
        turns = _turns.__dict__.setdefault("found", [])
        turns.append(found)
        try:
            _keras_random.generator = random.Random(seed)
            if only_keras:
                TensorFlowRandom(seed, random.Random(seed)).restore()
            else:
                tf.random.set_seed(seed)
            with keras_state(dict(zip(KERAS_RANDOM_STATE, (seed, None), strict=True))):
                yield
        finally:
            turns.pop()
            _keras_random.generator = saved_python
            found.restore()


@contextmanager
def while_others_draw() -> Iterator[None]:
    """Let other threads take their turn in ``seeded``, in the middle of this thread's.

    Nothing inside may draw from TensorFlow's global generator, which has another state there.
    """
    turns = _turns.__dict__.get("found", [])
    if len(turns) != 1:  # not seeded, or inside of a fit that still draws
        yield
        return
    own = TensorFlowRandom.now()
    turns[0].restore()
    _seed_lock.release()
    try:
        yield
    finally:
        _seed_lock.acquire()
        found = TensorFlowRandom.now()
        turns[0].seed, turns[0].rng = found.seed, found.rng
        own.restore()
