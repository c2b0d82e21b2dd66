"""When to compile with XLA, which takes a second and must save more than that.

The choice depends only on the network and the amount of work, not on the machine or ``n_jobs``, as
XLA changes the last digits of a float. It also changes random draws, so a network with dropout is
trained by XLA only if the user asks for it.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import keras
import tensorflow as tf

from skfi._keras._private import all_layers, seed_generators_of
from skfi._keras._structure import structure


@dataclass
class XlaSetting:
    """The user's own choice: True, False, or None, by the work ahead."""

    jit_compile: bool | None = None


xla = XlaSetting()

# Measured for LSTM, GRU and simple cells of 8 to 128 units (docs/decisions/0008): XLA saves 30 to
# 60 us of each time step that a batch goes through in training, and compiles for a second.
_WORTH_TRAINING = 20_000  # time steps of batches
# Multiplications of forward passes, of which a core does about 1e10 a second. XLA makes predictions
# half as long again as quick, gradients twice, and compiles for half a second and for two
_WORTH_CALLING = {"outputs": 8e9, "gradients": 3e10}

# Of networks that are called: to read a configuration takes a millisecond
_checked: weakref.WeakKeyDictionary[keras.Model, bool] = weakref.WeakKeyDictionary()

_in_place_of_setting: ContextVar[XlaSetting] = ContextVar("in_place_of_setting", default=xla)
_fits_ahead: ContextVar[int] = ContextVar("fits_ahead", default=1)
_calls_by_xla: ContextVar[bool] = ContextVar("calls_by_xla", default=False)


def jit_compile() -> bool | None:
    """The user's setting in the current context."""
    return _in_place_of_setting.get().jit_compile


@contextmanager
def jit_compile_as(choice: bool | None) -> Iterator[None]:
    """Apply inside a setting that the user has made in another process."""
    token = _in_place_of_setting.set(XlaSetting(choice))
    try:
        yield
    finally:
        _in_place_of_setting.reset(token)


@contextmanager
def fits_ahead(n_fits: int) -> Iterator[None]:
    """Announce how many fits of a kind follow, which share one compilation."""
    token = _fits_ahead.set(n_fits)
    try:
        yield
    finally:
        _fits_ahead.reset(token)


@contextmanager
def calls_by_xla(on: bool) -> Iterator[None]:
    """Compute outputs and gradients by XLA inside, if ``on``."""
    token = _calls_by_xla.set(on)
    try:
        yield
    finally:
        _calls_by_xla.reset(token)


def calls_are_by_xla() -> bool:
    """Whether outputs and gradients are computed by XLA here."""
    return _calls_by_xla.get()


def worth_training(model: keras.Model, n_timesteps: int, n_batches: int) -> bool:
    """Whether to train by XLA, for so many batches in a fit."""
    choice = jit_compile()
    if choice is False or not _possible(model):
        return False
    if choice is None and any(_draws(layer) for layer in all_layers(model)):
        return False
    return n_timesteps * n_batches * _fits_ahead.get() >= _WORTH_TRAINING or bool(choice)


def worth_calling(
    model: keras.Model, n_timesteps: int, n_samples: int, *, kind: str = "outputs"
) -> bool:
    """Whether to compute "outputs" or "gradients" by XLA, of so many samples."""
    if model not in _checked:
        _checked[model] = _possible(model)
    if jit_compile() is False or not _checked[model]:
        return False
    embedded = sum(
        layer.count_params()
        for layer in all_layers(model)
        if isinstance(layer, keras.layers.Embedding)
    )
    work = n_timesteps * n_samples * (model.count_params() - embedded)
    return work >= _WORTH_CALLING[kind] or bool(jit_compile())


def _possible(model: keras.Model) -> bool:
    """Whether XLA can compile the network; on a GPU Keras' own kernels are quicker."""
    if tf.config.list_physical_devices("GPU"):
        return False
    return structure(model) is not None and all(layer.supports_jit for layer in all_layers(model))


def _draws(layer: keras.layers.Layer) -> bool:
    """Whether a layer draws at random in training; recurrent ones have a seed in any case."""
    if hasattr(layer, "recurrent_dropout"):
        return bool(layer.dropout or layer.recurrent_dropout)
    return bool(seed_generators_of(layer))
