"""Compiled calls of a network: its outputs, and the gradients of its input.

Calls run in chunks of a fixed number of rows, the last chunk padded, side by side in threads. Float
rounding depends on a row's place in the batch, so this is what makes a prediction independent of
the rows around it.
"""

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._marks import Marks, are_same, marks_of
from skfi._keras._structure import another, n_bytes, structure
from skfi._keras._threads import check_not_forked
from skfi._keras._xla import calls_are_by_xla
from skfi._private import _openmp_effective_n_threads

# Matrix kernels take rows in packs (24 with AVX2, 48 with AVX-512) and round a left-over pack
# differently: every call has a multiple of 48 rows. Above 240 the work is split over threads at
# places that move with the number of rows. Both measured with TensorFlow 2.21.
CHUNK_SIZE = 240
_PAD_TO = 48
# A GPU is busy with thousands of rows. Not measured: no GPU was at hand.
_CHUNKS_ON_GPU = 16
# By XLA about so many: few enough that a matrix product stays in one thread, while the threads take
# calls of several chunks each.
_XLA_ROWS = {"outputs": 112, "gradients": 240}
_XLA_CHUNKS_A_CALL = 16


def forward(model: keras.Model, X: np.ndarray, *, chunk_size: int = CHUNK_SIZE) -> np.ndarray:
    """The network's output for each row of ``X``: (n_samples, n_outputs), or one of each step."""
    return call_in_chunks(model, _trace_forward, [X], chunk_size=chunk_size)


def input_gradient(
    model: keras.Model, X: np.ndarray, weights: np.ndarray, *, chunk_size: int = CHUNK_SIZE
) -> np.ndarray:
    """Gradient with respect to ``X`` of each row's outputs, summed with that row's ``weights``.

    ``weights`` has the shape of the outputs: a one-hot row picks one output.
    """
    return call_in_chunks(
        model, _trace_gradient, [X, weights], chunk_size=chunk_size, kind="gradients"
    )


def input_gradient_and_outputs(
    model: keras.Model, X: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gradient, and the outputs at ``X``, which are computed on the way to it."""
    both = call_in_chunks(model, _trace_gradient_and_outputs, [X, weights], kind="gradients")
    n_cells = int(np.prod(X.shape[1:]))
    gradient = both[:, :n_cells].reshape(X.shape).astype(X.dtype, copy=False)
    return gradient, both[:, n_cells:].reshape(weights.shape)


@dataclass(frozen=True)
class Compiled:
    """A traced function of inputs, for one network."""

    function: Any
    specs: tuple[Any, ...]  # of the inputs
    variables: tuple[Any, ...] = ()  # of the network, if the trace is shared with others

    def now(self) -> Callable[..., tf.Tensor]:
        """The function of inputs, with the current values of the variables."""
        return partial(self.function, *map(tf.convert_to_tensor, self.variables))


# A trace makes a function of a network's inputs, and their specifications
Trace = Callable[[Any], tuple[Callable, tuple[Any, ...]]]

# The calls of each network as it was. A function of its own refers to the network weakly, so that
# an entry ends with its network.
_calls: weakref.WeakKeyDictionary[keras.Model, dict[tuple[Trace, bool], tuple[Marks, Compiled]]] = (
    weakref.WeakKeyDictionary()
)

# Traces that networks of the same layers share: their variables are arguments. They are traced on
# a network that is kept with them; the ones used last stay.
_shared: OrderedDict[tuple[str, Trace, bool], tuple[keras.Model, Compiled]] = OrderedDict()
_MOST_SHARED, _MOST_BYTES = 32, 2**26
_lock = threading.Lock()


def compiled(model: keras.Model, trace: Trace, *, by_xla: bool = False) -> Compiled:
    """The function that ``trace`` makes of ``model`` as it is; traced once for all like it."""
    check_not_forked()
    of_model, kind = _calls.setdefault(model, {}), (trace, by_xla)
    before, call = of_model.get(kind, (None, None))
    if before is None or call is None or not are_same(before, marks_of(model)):
        call = _compiled_anew(model, trace, by_xla)
        of_model[kind] = marks_of(model), call  # with what its own code sets when it is traced
    return call


def _compiled_anew(model: keras.Model, trace: Trace, by_xla: bool) -> Compiled:
    layers = structure(model) if n_bytes(model.variables) <= _MOST_BYTES else None
    if layers is None:
        function, specs = _traceable(trace, weakref.proxy(model), by_xla)
        return Compiled(_concrete(function, specs, by_xla), specs)
    kind = layers, trace, by_xla
    with _lock:
        shared = _shared.get(kind)
    if shared is None:  # not under the lock: tracing waits for fits in other threads
        shared = _trace_shared(model, trace, by_xla)
    with _lock:
        _shared[kind] = shared
        _shared.move_to_end(kind)
        while len(_shared) > _MOST_SHARED:
            _shared.popitem(last=False)
    return replace(shared[1], variables=tuple(model.variables))


def clear_compiled() -> None:
    """Drop shared traces that no network uses."""
    with _lock:
        _shared.clear()


def _trace_shared(model: keras.Model, trace: Trace, by_xla: bool) -> tuple[keras.Model, Compiled]:
    pattern = another(model)
    function, specs = _traceable(trace, pattern, by_xla)
    n_variables = len(pattern.variables)

    def stateless(*arguments: tf.Tensor) -> tf.Tensor:
        state = list(zip(pattern.variables, arguments[:n_variables], strict=True))
        with keras.StatelessScope(state_mapping=state):
            return function(*arguments[n_variables:])

    of_variables = tuple(tf.TensorSpec(v.shape, v.dtype) for v in pattern.variables)
    return pattern, Compiled(_concrete(stateless, (*of_variables, *specs), by_xla), specs)


def _traceable(trace: Trace, model: Any, by_xla: bool) -> tuple[Callable, tuple[Any, ...]]:
    """The function and specifications of ``trace``; by XLA of inputs with an axis of chunks."""
    function, specs = trace(model)
    if not by_xla:
        return function, specs
    floatx = keras.config.floatx()

    def of_chunks(*inputs: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(
            lambda chunk: tf.cast(function(*chunk), floatx), inputs, fn_output_signature=floatx
        )

    return of_chunks, tuple(tf.TensorSpec((None, *spec.shape), spec.dtype) for spec in specs)


def _concrete(function: Callable, specs: tuple[Any, ...], by_xla: bool) -> Any:
    traced = tf.function(
        function, input_signature=specs, autograph=False, jit_compile=by_xla or None
    )
    return traced.get_concrete_function()


def _trace_forward(model: Any) -> tuple[Callable, tuple[Any, ...]]:
    spec = tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype)
    return lambda x: model(x, training=False), (spec,)


def _trace_gradient(model: Any) -> tuple[Callable, tuple[Any, ...]]:
    both, specs = _gradient_and_outputs(model)
    return lambda x, weights: both(x, weights)[0], specs


def _trace_gradient_and_outputs(model: Any) -> tuple[Callable, tuple[Any, ...]]:
    both, specs = _gradient_and_outputs(model)

    def in_a_row(x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        parts = [tf.cast(part, tf.float64) for part in both(x, weights)]
        if all(spec.dtype.size <= 4 for spec in specs):
            parts = [tf.cast(part, tf.float32) for part in parts]
        return tf.concat([tf.reshape(part, (tf.shape(x)[0], -1)) for part in parts], axis=1)

    return in_a_row, specs


def _gradient_and_outputs(model: Any) -> tuple[Callable, tuple[Any, ...]]:
    inputs, outputs = model.inputs[0], model.outputs[0]
    no_gradient = ValueError(
        f"The network {model.name!r} has no gradient with respect to its {inputs.dtype} input: it "
        "does not use it, or takes token ids to several embeddings or to none. Token ids are "
        "explained at the output of one Embedding layer; pass the part of the network behind the "
        "embeddings, whose input is float."
    )
    if not tf.as_dtype(inputs.dtype).is_floating:
        raise no_gradient

    def both(x: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs_of_x = model(x, training=False)
            total = tf.reduce_sum(outputs_of_x * weights)
        result = tape.gradient(total, x)
        if result is None:
            raise no_gradient
        return result, outputs_of_x

    specs = [
        tf.TensorSpec(inputs.shape, inputs.dtype),
        tf.TensorSpec(outputs.shape, outputs.dtype),
    ]
    return both, tuple(specs)


def call_in_chunks(
    model: keras.Model,
    trace: Trace,
    arrays: list[np.ndarray],
    *,
    chunk_size: int = CHUNK_SIZE,
    kind: str = "outputs",
) -> np.ndarray:
    """Call the function that ``trace`` makes of ``model`` on blocks of rows of ``arrays``."""
    by_xla = calls_are_by_xla()
    n_samples = len(arrays[0])
    if not n_samples:
        raise ValueError("Found array with 0 sample(s); at least one is expected.")
    traced = compiled(model, trace, by_xla=by_xla)
    function = traced.now()
    n_threads = _openmp_effective_n_threads()  # joblib's workers have a share
    if by_xla:
        chunk_size, n_chunks = _xla_chunks(n_samples, _XLA_ROWS[kind])
        chunks_a_call = min(-(-n_chunks // n_threads), _XLA_CHUNKS_A_CALL)
        rows_a_call = pad_to = chunk_size * chunks_a_call
    else:
        if on_gpu():
            chunk_size, n_threads = chunk_size * _CHUNKS_ON_GPU, 1  # it works on one call at a time
        rows_a_call, pad_to = -(-chunk_size // _PAD_TO) * _PAD_TO, _PAD_TO

    def call(start: int) -> np.ndarray:
        rows = min(rows_a_call, n_samples - start)
        inputs = []
        for array, spec in zip(arrays, traced.specs, strict=True):
            values = _padded(array[start : start + rows], pad_to)
            if by_xla:
                values = values.reshape(-1, chunk_size, *array.shape[1:])
            inputs.append(tf.constant(values, dtype=spec.dtype))
        outputs = function(*inputs).numpy()
        return (outputs.reshape(-1, *outputs.shape[2:]) if by_xla else outputs)[:rows]

    starts = range(0, n_samples, rows_a_call)
    n_threads = min(n_threads, len(starts))
    if n_threads == 1:
        return np.concatenate([call(start) for start in starts])
    return np.concatenate(list(_threads(n_threads).map(call, starts)))


@cache
def on_gpu() -> bool:
    """Whether TensorFlow computes on a GPU, where Keras takes cuDNN's kernels."""
    return bool(tf.config.list_physical_devices("GPU"))


@cache
def _threads(n_threads: int) -> ThreadPoolExecutor:
    """Threads that stay: to start them for each call takes a tenth of a small prediction's time."""
    return ThreadPoolExecutor(n_threads, thread_name_prefix="skfi")


if hasattr(os, "register_at_fork"):  # threads do not live on in a forked process
    os.register_at_fork(after_in_child=_threads.cache_clear)


def _xla_chunks(n_samples: int, about: int) -> tuple[int, int]:
    """Rows of a chunk, and the number of chunks, an even one.

    The rows must not depend on the number of threads, or results would.
    """
    n_chunks = 2 * -(-n_samples // (2 * about))
    return -(-n_samples // (16 * n_chunks)) * 16, n_chunks


def _padded(rows: np.ndarray, pad_to: int) -> np.ndarray:
    missing = -len(rows) % pad_to
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows
