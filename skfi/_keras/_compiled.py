"""Compiled calls of a network: its outputs, and the gradients of its input.

Calls run in chunks of a fixed number of rows, the last chunk padded. Float rounding depends on a
row's place in the batch, so this is what makes a prediction independent of the rows around it.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._structure import another, n_bytes, structure

# Matrix kernels take rows in packs (24 with AVX2, 48 with AVX-512) and round a left-over pack
# differently: every call has a multiple of 48 rows. Above 240 the work is split over threads at
# places that move with the number of rows. Both measured with TensorFlow 2.21.
CHUNK_SIZE = 240
_PAD_TO = 48


def forward(model: keras.Model, X: np.ndarray, *, chunk_size: int = CHUNK_SIZE) -> np.ndarray:
    """The network's output for each row of ``X``: (n_samples, n_outputs), or one of each step."""
    return in_chunks(compiled(model, _trace_forward), [X], chunk_size)


def input_gradient(
    model: keras.Model, X: np.ndarray, weights: np.ndarray, *, chunk_size: int = CHUNK_SIZE
) -> np.ndarray:
    """Gradient with respect to ``X`` of each row's outputs, summed with that row's ``weights``.

    ``weights`` has the shape of the outputs: a one-hot row picks one output.
    """
    return in_chunks(compiled(model, _trace_gradient), [X, weights], chunk_size)


@dataclass(frozen=True)
class Compiled:
    """A traced function of inputs, for one network."""

    function: Any
    specs: tuple[Any, ...]  # of the inputs
    variables: tuple[Any, ...] = ()  # of the network, if the trace is shared with others

    def __call__(self, *inputs: tf.Tensor) -> tf.Tensor:
        return self.function(*(tf.convert_to_tensor(v) for v in self.variables), *inputs)


# A trace makes a function of a network's inputs, and their specifications
Trace = Callable[[Any], tuple[Callable, tuple[Any, ...]]]

# The calls of each network. A function of its own refers to the network weakly, so that an entry
# ends with its network.
_calls: weakref.WeakKeyDictionary[keras.Model, dict[Trace, Compiled]] = weakref.WeakKeyDictionary()

# Traces that networks of the same layers share: their variables are arguments. They are traced on
# a network that is kept with them; the ones used last stay.
_shared: OrderedDict[tuple[str, Trace], tuple[keras.Model, Compiled]] = OrderedDict()
_MOST_SHARED, _MOST_BYTES = 32, 2**26
_lock = threading.Lock()


def compiled(model: keras.Model, trace: Trace) -> Compiled:
    """The function that ``trace`` makes of ``model``; traced once for all networks like it."""
    of_model = _calls.setdefault(model, {})
    if trace in of_model:
        return of_model[trace]
    layers = structure(model) if n_bytes(model.variables) <= _MOST_BYTES else None
    if layers is None:
        function, specs = trace(weakref.proxy(model))
        of_model[trace] = Compiled(_concrete(function, specs), specs)
        return of_model[trace]
    with _lock:
        found = _shared.get((layers, trace))
    if found is None:  # not under the lock: to trace is to wait for fits of other threads
        found = _trace_shared(model, trace)
    _, call = found
    with _lock:
        _shared[layers, trace] = found
        _shared.move_to_end((layers, trace))
        while len(_shared) > _MOST_SHARED:
            _shared.popitem(last=False)
    of_model[trace] = replace(call, variables=tuple(model.variables))
    return of_model[trace]


def clear_compiled() -> None:
    """Let go of shared traces that no network uses."""
    with _lock:
        _shared.clear()


def _trace_shared(model: keras.Model, trace: Trace) -> tuple[keras.Model, Compiled]:
    pattern = another(model)
    function, specs = trace(pattern)
    n_variables = len(pattern.variables)

    def stateless(*arguments: tf.Tensor) -> tf.Tensor:
        state = list(zip(pattern.variables, arguments[:n_variables], strict=True))
        with keras.StatelessScope(state_mapping=state):
            return function(*arguments[n_variables:])

    of_variables = tuple(tf.TensorSpec(v.shape, v.dtype) for v in pattern.variables)
    return pattern, Compiled(_concrete(stateless, (*of_variables, *specs)), specs)


def _concrete(function: Callable, specs: tuple[Any, ...]) -> Any:
    traced = tf.function(function, input_signature=specs, autograph=False)
    return traced.get_concrete_function()


def _trace_forward(model: Any) -> tuple[Callable, tuple[Any, ...]]:
    spec = tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype)
    return lambda x: model(x, training=False), (spec,)


def _trace_gradient(model: Any) -> tuple[Callable, tuple[Any, ...]]:
    inputs, outputs = model.inputs[0], model.outputs[0]
    no_gradient = ValueError(
        f"The network {model.name!r} has no gradient with respect to its {inputs.dtype} input: it "
        "does not use it, or takes token ids to several embeddings or to none. Token ids are "
        "explained at the output of one Embedding layer; pass the part of the network behind the "
        "embeddings, whose input is float."
    )
    if not tf.as_dtype(inputs.dtype).is_floating:
        raise no_gradient

    def gradient(x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(model(x, training=False) * weights)
        found = tape.gradient(total, x)
        if found is None:
            raise no_gradient
        return found

    specs = [
        tf.TensorSpec(inputs.shape, inputs.dtype),
        tf.TensorSpec(outputs.shape, outputs.dtype),
    ]
    return gradient, tuple(specs)


def in_chunks(
    function: Compiled, arrays: list[np.ndarray], chunk_size: int = CHUNK_SIZE
) -> np.ndarray:
    """Call a compiled function on blocks of rows of ``arrays``."""
    n_samples = len(arrays[0])
    chunk_size = -(-chunk_size // _PAD_TO) * _PAD_TO
    result: np.ndarray | None = None
    for start in range(0, n_samples, chunk_size):
        rows = min(chunk_size, n_samples - start)
        chunk = [
            tf.constant(_padded(array[start : start + rows]), dtype=spec.dtype)
            for array, spec in zip(arrays, function.specs, strict=True)
        ]
        part = function(*chunk).numpy()[:rows]
        if result is None:
            result = np.empty((n_samples, *part.shape[1:]), dtype=part.dtype)
        result[start : start + rows] = part
    if result is None:
        raise ValueError("Found array with 0 sample(s); at least one is expected.")
    return result


def _padded(rows: np.ndarray) -> np.ndarray:
    missing = -len(rows) % _PAD_TO
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows
