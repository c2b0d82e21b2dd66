"""What Masking layers read, and which steps of the output are masked."""

import weakref
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._compiled import call_in_chunks
from skfi._keras._private import all_layers, mask_of, source_of
from skfi._keras._replaced import calls_replaced

_known: weakref.WeakKeyDictionary[keras.Model, list[float | None]] = weakref.WeakKeyDictionary()


def mask_value_of(model: keras.Model) -> float | None:
    """The value of the Masking layer that reads the network's only input; None if there is none."""
    layers = [x for x in all_layers(model) if isinstance(x, keras.layers.Masking)]
    try:
        return next((float(x.mask_value) for x in layers if _reads_input(x)), None)
    except AttributeError:  # in a subclass, whose layers are not part of a graph
        return mask_values_of(model)[0]


def _reads_input(layer: keras.layers.Layer) -> bool:
    source = source_of(layer.input).operation
    return isinstance(source, keras.layers.InputLayer)


def mask_values_of(model: keras.Model) -> list[float | None]:
    """The value of the Masking layer that reads each input; None where there is none.

    Also of layers in nested networks, in subclasses, and of one that reads several inputs: the
    network is called on random numbers, and what reaches each layer is compared with the inputs.
    """
    if model not in _known:
        _known[model] = _probed(model)
    return _known[model]


def _probed(model: keras.Model) -> list[float | None]:
    layers = [x for x in all_layers(model) if isinstance(x, keras.layers.Masking)]
    values: list[float | None] = [None] * len(model.inputs)
    dtypes = [keras.backend.standardize_dtype(tensor.dtype) for tensor in model.inputs]
    if not layers or "string" in dtypes:
        return values
    random = np.random.default_rng(0)
    shapes = [(2, *(size or 3 for size in tensor.shape[1:])) for tensor in model.inputs]
    inputs = [
        tf.constant(random.random(shape) + 0.5, dtype=dtype)
        if np.dtype(dtype).kind == "f" or dtype == "bfloat16"
        else tf.ones(shape, dtype=dtype)
        for shape, dtype in zip(shapes, dtypes, strict=True)
    ]
    seen: list[tuple[float, Any]] = []

    def remember(layer: Any) -> Any:
        call = layer.call

        def called(x: Any) -> Any:
            seen.append((float(layer.mask_value), x))
            return call(x)

        return called

    with calls_replaced(*((layer, remember(layer)) for layer in layers)):
        keras.Model(list(model.inputs), list(model.outputs))(inputs, training=False)
    for value, x in seen:
        for i, given in enumerate(inputs):
            same = tuple(x.shape) == tuple(given.shape) and x.dtype == given.dtype
            if same and np.array_equal(np.asarray(x), np.asarray(given)):
                values[i] = value
    return values


def is_decoder(model: keras.Model) -> bool:
    """Whether the steps of the output are not those of an input: one vector is repeated for all."""
    return any(isinstance(x, keras.layers.RepeatVector) for x in all_layers(model))


def output_steps(model: keras.Model, inputs: np.ndarray) -> np.ndarray | None:
    """Which steps of the output are not masked, (n_samples, n_steps); None if it has no mask."""
    mask = call_in_chunks(model, _trace_mask, [inputs])
    return None if mask.shape[1] == 0 else mask.astype(bool)


def _trace_mask(model: Any) -> Any:
    def mask(x: tf.Tensor) -> tf.Tensor:
        of_output = mask_of(model(x, training=False))
        return tf.zeros((tf.shape(x)[0], 0)) if of_output is None else tf.cast(of_output, "float32")

    return mask, (tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype),)
