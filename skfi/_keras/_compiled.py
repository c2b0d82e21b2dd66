"""Compiled calls of a network: its outputs, and the gradients of its input.

Calls run in chunks of a fixed number of rows, the last chunk padded. Float rounding depends on a
row's place in the batch, so this is what makes a prediction independent of the rows around it.
"""

import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

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


# One compiled function for each network and kind of call. A function refers to its network weakly,
# so that an entry ends with its network.
_functions: weakref.WeakKeyDictionary[keras.Model, dict[Callable, Any]] = (
    weakref.WeakKeyDictionary()
)


def compiled(model: keras.Model, trace: Callable[[keras.Model], Any]) -> Any:
    """The function that ``trace`` makes of ``model``, made once."""
    of_model = _functions.setdefault(model, {})
    if trace not in of_model:
        of_model[trace] = trace(model)
    return of_model[trace]


def _trace_forward(model: keras.Model) -> Any:
    spec = tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype)
    network = weakref.proxy(model)
    call = tf.function(
        lambda x: network(x, training=False), input_signature=[spec], autograph=False
    )
    return call.get_concrete_function()


def _trace_gradient(model: keras.Model) -> Any:
    inputs, outputs = model.inputs[0], model.outputs[0]
    no_gradient = ValueError(
        f"The network {model.name!r} has no gradient with respect to its {inputs.dtype} input: it "
        "does not use it, or takes token ids to several embeddings or to none. Token ids are "
        "explained at the output of one Embedding layer; pass the part of the network behind the "
        "embeddings, whose input is float."
    )
    if not tf.as_dtype(inputs.dtype).is_floating:
        raise no_gradient
    network = weakref.proxy(model)

    def gradient(x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(network(x, training=False) * weights)
        found = tape.gradient(total, x)
        if found is None:
            raise no_gradient
        return found

    specs = [
        tf.TensorSpec(inputs.shape, inputs.dtype),
        tf.TensorSpec(outputs.shape, outputs.dtype),
    ]
    traced = tf.function(gradient, input_signature=specs, autograph=False)
    return traced.get_concrete_function()


def in_chunks(function: Any, arrays: list[np.ndarray], chunk_size: int = CHUNK_SIZE) -> np.ndarray:
    """Call a compiled function on blocks of rows of ``arrays``."""
    specs = function.structured_input_signature[0]
    n_samples = len(arrays[0])
    chunk_size = -(-chunk_size // _PAD_TO) * _PAD_TO
    result: np.ndarray | None = None
    for start in range(0, n_samples, chunk_size):
        rows = min(chunk_size, n_samples - start)
        chunk = [
            tf.constant(_padded(array[start : start + rows]), dtype=spec.dtype)
            for array, spec in zip(arrays, specs, strict=True)
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
