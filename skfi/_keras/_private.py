"""What skfi takes from Keras and TensorFlow that they do not promise to keep.

There is no public way to these; each was seen in Keras 3.9 to 3.15 and TensorFlow 2.18 to 2.21, but
for what says otherwise. All of skfi takes them from here, so that a version that moves one is
mended in one place.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import keras
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.random import seed_generator

# lets a configuration bring its lambdas: keras.config has only a switch for the whole process
from keras.src.saving.serialization_lib import SafeModeScope, in_safe_mode
from keras.src.utils import rng_utils
from keras.src.utils.naming import auto_name
from tensorflow.python.eager import context as tf_context

__all__ = [
    "KERAS_NAMES",
    "KERAS_RANDOM_STATE",
    "SafeModeScope",
    "TensorFlowRandom",
    "all_layers",
    "auto_name",
    "clear_kernels",
    "compile_arguments",
    "decay_pattern",
    "function_arguments",
    "has_computed",
    "in_safe_mode",
    "keras_random_module",
    "keras_state",
    "learning_rate_schedule",
    "loss_weights_of",
    "mask_of",
    "replace_keras_random_module",
    "seed_generators_of",
    "source_of",
    "with_variables",
    "without_decay",
]


def all_layers(model: keras.layers.Layer) -> list[keras.layers.Layer]:
    """A layer or network, and the layers in it at any depth, in attributes of subclasses too."""
    return list(model._flatten_layers())


def has_computed() -> bool:
    """Whether TensorFlow has started the threads that it computes in."""
    context = tf_context.context_safe()
    return context is not None and context._initialized


def compile_arguments(model: keras.Model) -> list[Any]:
    """What a network was compiled with: names, numbers and objects."""
    compiled = getattr(model, "_compile_config", None)
    return [] if compiled is None else keras.tree.flatten(compiled.config)


def function_arguments(thing: Any) -> dict[str, Any]:
    """What a loss or metric of Keras passes to its function, as it keeps it; else nothing."""
    return getattr(thing, "_fn_kwargs", {})


def clear_kernels() -> None:
    """Free the operations that TensorFlow has prepared; it prepares those again that are run."""
    tf_context.context().clear_kernel_cache()


def seed_generators_of(layer: keras.layers.Layer) -> list[Any]:
    """The generators from which a layer itself draws."""
    return list(layer._seed_generators)


def source_of(tensor: Any) -> Any:
    """Where a symbolic tensor comes from, with ``operation`` and ``tensor_index``."""
    return tensor._keras_history


def mask_of(tensor: Any) -> Any:
    """The mask that a layer has put on its output; None for none."""
    return getattr(tensor, "_keras_mask", None)


def loss_weights_of(model: keras.Model) -> Any:
    """The ``loss_weights`` that a network was compiled with; None for none."""
    return getattr(model._compile_loss, "_user_loss_weights", None)


# The names under which Keras keeps its seed (from 3.13 on; before, nothing reads it), and the
# generator of what draws without one, which are constants of Keras from 3.13 and 3.10 on. They are
# a thread's own, as all of Keras' global state.
KERAS_RANDOM_STATE = (
    getattr(rng_utils, "GLOBAL_RANDOM_SEED", "global_random_seed"),
    getattr(seed_generator, "GLOBAL_SEED_GENERATOR", "global_seed_generator"),
)


# how many layers of each kind were named, in this thread
KERAS_NAMES = "object_name_uids"


@contextmanager
def keras_state(values: Mapping[str, Any]) -> Iterator[None]:
    """Give Keras' global state, which is of this thread, other values inside; None for absent."""
    found = {name: global_state.get_global_attribute(name) for name in values}
    try:
        for name, value in values.items():
            global_state.set_global_attribute(name, value)
        yield
    finally:
        for name, value in found.items():
            global_state.set_global_attribute(name, value)


def keras_random_module() -> Any:
    """The module ``random``, or what stands in its place, from which Keras draws its seeds."""
    return getattr(seed_generator, "python_random", None)


def replace_keras_random_module(module: Any) -> None:
    """Let Keras draw the seeds of its layers from ``module``."""
    seed_generator.python_random = module


@dataclass
class TensorFlowRandom:
    """The state of TensorFlow's global generator; ``tf.random`` can set it, but not read it."""

    seed: Any
    rng: Any

    @classmethod
    def now(cls) -> Self:
        """The current one."""
        context = tf_context.context()
        return cls(context._seed, getattr(context, "_rng", None))

    def restore(self) -> None:
        """Make it the current one."""
        context = tf_context.context()
        context._seed = self.seed
        if self.rng is not None:
            context._rng = self.rng


def with_variables(function: Any, in_place_of: Iterable[tuple[tf.Variable, tf.Variable]]) -> Any:
    """A traced function that reads and changes other variables than those it was traced with.

    None if it has a state besides them.
    """
    handles = {old.handle.ref(): new.handle for old, new in in_place_of}
    captured = [handles.get(tensor.ref(), tensor) for tensor in function.captured_inputs]
    known = {handle.ref() for handle in handles.values()}
    if any(it.dtype == tf.resource and it.ref() not in known for it in captured):
        return None
    same = copy(function)
    same.set_external_captures(captured)
    return same


def decay_pattern(optimizer: keras.optimizers.Optimizer) -> str | None:
    """The pattern of names of variables that the user has excluded from weight decay."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    pattern = getattr(inner, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern


def without_decay(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether the user has excluded variables from weight decay, which no configuration tells."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(inner, name, None) for name in names)


def learning_rate_schedule(optimizer: Any) -> Any:
    """The schedule of an optimizer's learning rate; None of a number, and of another object."""
    rate = getattr(optimizer, "_learning_rate", None)
    is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
    return rate if is_schedule else None
