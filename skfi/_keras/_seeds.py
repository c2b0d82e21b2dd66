"""Seeds: everything that Keras and TensorFlow draw, from one number."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED
from tensorflow.python.eager import context as tf_context

_seed_lock = threading.RLock()


@contextmanager
def seeded(seed: int, *, only_keras: bool = False) -> Iterator[None]:
    """Draw everything inside from ``seed``; leave every global generator as it was found.

    Keras initialises layers from Python's generator and shuffles with TensorFlow's, both global,
    so fits in several threads take turns here: otherwise they would draw from each other's seed.

    TensorFlow's ops that draw at random keep a state in a cache of all ops, which has to be cleared
    for them to start anew; compiled functions are then prepared again, for a fifth of a second.
    Keras' own layers have no such ops: with ``only_keras`` the cache stays.
    """
    context = tf_context.context()
    keras_state = (GLOBAL_RANDOM_SEED, GLOBAL_SEED_GENERATOR)
    with _seed_lock:
        saved_python, saved_numpy = random.getstate(), np.random.get_state()
        saved_tf = (context._seed, getattr(context, "_rng", None))
        saved_keras = [global_state.get_global_attribute(name) for name in keras_state]
        try:
            if only_keras:
                random.seed(seed)
                np.random.seed(seed)
                context._seed, context._rng = seed, random.Random(seed)
                for name, value in zip(keras_state, (seed, None), strict=True):
                    global_state.set_global_attribute(name, value)
            else:
                keras.utils.set_random_seed(seed)
            yield
        finally:
            random.setstate(saved_python)
            np.random.set_state(saved_numpy)
            context._seed = saved_tf[0]
            if saved_tf[1] is not None:
                context._rng = saved_tf[1]
            for name, value in zip(keras_state, saved_keras, strict=True):
                global_state.set_global_attribute(name, value)
