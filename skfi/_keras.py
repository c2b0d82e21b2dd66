"""Everything that touches Keras' inner workings: seeds, compiled calls, input gradients.

Calls run in chunks of a fixed number of rows, the last chunk padded. Float rounding depends on a
row's place in the batch, so this is what makes a prediction independent of the rows around it.
"""

import random
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED
from sklearn.utils.validation import check_array
from tensorflow.python.eager import context as tf_context

# Matrix kernels take rows in packs (24 with AVX2, 48 with AVX-512) and round a left-over pack
# differently: every call has a multiple of 48 rows. Above 240 the work is split over threads at
# places that move with the number of rows. Both measured with TensorFlow 2.21.
CHUNK_SIZE = 240
_PAD_TO = 48

_seed_lock = threading.RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw everything inside from ``seed``; leave every global generator as it was found.

    Keras initialises layers from Python's generator and shuffles with TensorFlow's, both global,
    so fits in several threads take turns here: otherwise they would draw from each other's seed.
    Only TensorFlow's cache of op kernels is lost: eager random ops with a seed of their own start
    anew.
    """
    context = tf_context.context()
    keras_state = (GLOBAL_RANDOM_SEED, GLOBAL_SEED_GENERATOR)
    with _seed_lock:
        saved_python, saved_numpy = random.getstate(), np.random.get_state()
        saved_tf = (context._seed, getattr(context, "_rng", None))
        saved_keras = [global_state.get_global_attribute(name) for name in keras_state]
        try:
            keras.utils.set_random_seed(seed)
            yield
        finally:
            random.setstate(saved_python)
            np.random.set_state(saved_numpy)
            context._set_global_seed(saved_tf[0])
            if saved_tf[1] is not None:
                context._rng = saved_tf[1]
            for name, value in zip(keras_state, saved_keras, strict=True):
                global_state.set_global_attribute(name, value)


def check_network(model: keras.Model) -> None:
    """Raise ValueError unless ``model`` has one input and one output of one row per sample."""
    for kind in ("input", "output"):
        tensors = getattr(model, f"{kind}s", None)
        if tensors is None:
            raise ValueError(
                f"The network {model.name!r} has no {kind} of known shape: it is not built, or a "
                "subclass of keras.Model. Start it with a keras.Input layer, or put it into a "
                "functional model: keras.Model(inputs, network(inputs))."
            )
        if len(tensors) != 1:
            raise ValueError(
                f"The network {model.name!r} has {len(tensors)} {kind}s; exactly one is expected. "
                f"Join several {kind}s into one array with a functional model around it."
            )
    if model.inputs[0].shape[0] is not None:
        raise ValueError(
            f"The network {model.name!r} has a fixed batch size of {model.inputs[0].shape[0]}. "
            "Build it with a free one (batch_size=None, stateful=False)."
        )
    if len(model.outputs[0].shape) != 2:
        raise ValueError(
            f"The network {model.name!r} gives an output of shape {tuple(model.outputs[0].shape)}; "
            "(None, n_outputs) is expected, one row for each sequence."
        )


def check_inputs(model: keras.Model, X: Any) -> np.ndarray:
    """``X`` as an array of the type and shape that the network takes."""
    expected = tuple(model.inputs[0].shape)
    dtype = keras.backend.standardize_dtype(model.inputs[0].dtype)
    X = check_array(X, dtype=dtype, allow_nd=True, input_name="X")
    fits = X.ndim == len(expected) and all(
        e in (None, x) for e, x in zip(expected[1:], X.shape[1:], strict=True)
    )
    if not fits:
        raise ValueError(
            f"X has shape {X.shape}, but the network takes {expected}. For 2-D rows wrap the "
            "network: from_keras(model, n_timesteps=...)."
        )
    return X


def forward(model: keras.Model, X: np.ndarray, *, chunk_size: int = CHUNK_SIZE) -> np.ndarray:
    """The network's output for each row of ``X``, of shape (n_samples, n_outputs)."""
    return _in_chunks(_compiled(model, _trace_forward), [X], chunk_size)


def input_gradient(
    model: keras.Model, X: np.ndarray, weights: np.ndarray, *, chunk_size: int = CHUNK_SIZE
) -> np.ndarray:
    """Gradient with respect to ``X`` of each row's outputs, summed with that row's ``weights``.

    ``weights`` has shape (n_samples, n_outputs): a one-hot row picks one output.
    """
    return _in_chunks(_compiled(model, _trace_gradient), [X, weights], chunk_size)


def output_kind(model: keras.Model) -> str:
    """What a network was made for: ``"probabilities"`` or ``"logits"`` of classes, or ``"values"``.

    A compiled loss tells more than the last activation. Several sigmoids are several targets.
    """
    activation, loss = last_activation(model), loss_name(compiled_loss(model))
    if activation == "sigmoid" and model.outputs[0].shape[-1] > 1:
        return "values"
    if loss and "crossentropy" not in loss:
        return "values"
    if activation in ("softmax", "sigmoid"):
        return "probabilities"
    if not loss:
        return "values"
    return "logits" if getattr(compiled_loss(model), "from_logits", False) else "probabilities"


def gives_logits(model: keras.Model) -> bool:
    """Whether the outputs of a classifier's network have still to pass a sigmoid or softmax."""
    if last_activation(model) in ("softmax", "sigmoid"):
        return False
    return output_kind(model) != "probabilities"


def last_activation(model: keras.Model) -> str:
    """Name of the function that makes the network's output, such as ``"softmax"``."""
    operation = model.outputs[0]._keras_history.operation
    if isinstance(operation, keras.Model):
        return last_activation(operation)
    function = getattr(operation, "activation", None) or type(operation)
    return getattr(function, "__name__", "").lower()


def compiled_loss(model: keras.Model) -> Any:
    """The loss that a network was compiled with, out of a list or dict of one; None for none."""
    loss = model.loss if model.compiled else None
    if isinstance(loss, dict):
        loss = list(loss.values())
    if isinstance(loss, (list, tuple)):
        if len(loss) != 1:
            raise ValueError(
                f"The network {model.name!r} was compiled with {len(loss)} losses; one is expected."
            )
        loss = loss[0]
    return loss


def loss_name(loss: Any) -> str:
    """Name of a Keras loss in small letters without underscores; empty for none."""
    if loss is None:
        return ""
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    return str(name).replace("_", "").lower()


def class_probabilities(outputs: np.ndarray, *, logits: bool) -> np.ndarray:
    """Class probabilities (n_samples, n_classes) from outputs of one or of several columns."""
    outputs = np.asarray(outputs, dtype=np.float64)
    if outputs.shape[1] == 1:
        positive = 1 / (1 + np.exp(-outputs)) if logits else outputs
        return np.hstack([1 - positive, positive])
    if logits:
        outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return outputs / outputs.sum(axis=1, keepdims=True)


# One compiled function for each network and kind of call. A function refers to its network weakly,
# so that an entry ends with its network.
_functions: weakref.WeakKeyDictionary[keras.Model, dict[Callable, Any]] = (
    weakref.WeakKeyDictionary()
)


def _compiled(model: keras.Model, trace: Callable[[keras.Model], Any]) -> Any:
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
        "takes token ids, or does not use its input. Token ids are explained at an embedding's "
        "output; pass the part of the network behind it, whose input is float."
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


def _in_chunks(function: Any, arrays: list[np.ndarray], chunk_size: int) -> np.ndarray:
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
    return np.pad(rows, [(0, missing), *[(0, 0)] * (rows.ndim - 1)]) if missing else rows
