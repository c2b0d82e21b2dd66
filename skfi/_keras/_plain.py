"""Networks of any make as functional ones with a free batch size."""

import copy
import weakref
from typing import Any

import keras
import numpy as np
import tensorflow as tf

# Subclasses of keras.Model, and whether they do the same whatever is known of the time steps
_takes_any_steps: weakref.WeakKeyDictionary[keras.Model, bool] = weakref.WeakKeyDictionary()


def plain_network(model: keras.Model, fresh: keras.Model | None = None) -> keras.Model:
    """A network of the same weights whose inputs and outputs are known; the same one if they are.

    It is of the layers of ``fresh``, one like ``model`` that is not built, if there is one.

    A subclass of ``keras.Model`` is called on symbolic inputs of the shape that it was built on. A
    network with a fixed batch size, such as a stateful one, gets a free one, and its state is reset
    for each call: the state that training left says nothing of other samples.

    Raises
    ------
    ValueError
        If a network was not built, or does not take symbolic inputs; or if one with a fixed batch
        size cannot be copied from its configuration.
    """
    if getattr(model, "inputs", None) is None or getattr(model, "outputs", None) is None:
        return _functional(model, model if fresh is None else fresh)
    if any(tensor.shape[0] is not None for tensor in model.inputs):
        return _with_free_batch(model)
    return model


def is_a_copy(model: keras.Model) -> bool:
    """Whether the plain network of a model has weights of its own."""
    inputs = getattr(model, "inputs", None)
    return inputs is not None and any(tensor.shape[0] is not None for tensor in inputs)


def _functional(model: keras.Model, layers: keras.Model) -> keras.Model:
    shapes = (model.get_build_config() or {}).get("input_shape") if model.built else None
    if shapes is None:
        raise ValueError(
            f"The network {model.name!r} is not built, so the shape of its inputs is not known. "
            "Train it first, or call it once on some samples: model(X[:2])."
        )
    try:
        return _with_free_steps(layers, shapes) or _called(layers, shapes, free_steps=False)
    except Exception as error:
        raise ValueError(
            f"The network {model.name!r}, a subclass of keras.Model, cannot be called on symbolic "
            f"inputs of shape {shapes}: {error!s:.300}. Use keras.ops in its call, in place of "
            "NumPy and Python's own loops over values."
        ) from error


def _with_free_steps(model: keras.Model, shapes: Any) -> keras.Model | None:
    """A functional network that takes any number of steps; None if the model's code needs it."""
    try:
        free = _called(model, shapes, free_steps=True)
        if model not in _takes_any_steps:
            _takes_any_steps[model] = _computes_the_same(free, model, shapes)
    except Exception:  # whatever that code raises
        return None
    return free if _takes_any_steps[model] else None


def _computes_the_same(network: keras.Model, model: keras.Model, shapes: Any) -> bool:
    """Whether a functional network, once traced, does what the model does.

    Its code may ask for the number of steps, and do another thing where that is not known.
    """

    def ones(shape: Any) -> Any:
        return tf.ones([2, *(1 if size is None else size for size in shape[1:])])

    if isinstance(shapes, dict):
        sample: Any = {name: ones(shape) for name, shape in shapes.items()}
    elif shapes and isinstance(shapes[0], (tuple, list)):
        sample = [ones(shape) for shape in shapes]
    else:
        sample = ones(shapes)
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in network.inputs]
    traced = tf.function(
        lambda *inputs: keras.tree.flatten(network(list(inputs), training=False)),
        input_signature=specs,
        autograph=False,
    )
    ours = traced(*keras.tree.flatten(sample))
    theirs = keras.tree.flatten(model(sample, training=False))
    return all(
        one.shape == other.shape and np.allclose(one, other, rtol=1e-3, atol=1e-5, equal_nan=True)
        for one, other in zip(ours, theirs, strict=True)
    )


def _called(model: keras.Model, shapes: Any, *, free_steps: bool) -> keras.Model:
    """A functional network of a single call of ``model``."""

    def tensor(shape: Any, name: str | None = None) -> Any:
        steps = shape[1:2] if len(shape) != 3 or not free_steps else (None,)
        return keras.Input((*steps, *shape[2:]), name=name)

    if isinstance(shapes, dict):
        inputs: Any = {name: tensor(shape, name) for name, shape in shapes.items()}
    elif shapes and isinstance(shapes[0], (tuple, list)):
        inputs = [tensor(shape, f"input_{i}") for i, shape in enumerate(shapes)]
    else:
        inputs = tensor(shapes)
    network = keras.Model(inputs, model(inputs), name=model.name)
    if not free_steps and any(None in tensor.shape[1:] for tensor in network.outputs):
        raise ValueError("the shape of its outputs is not known")
    if model.compiled:
        network.compile(optimizer=model.optimizer, loss=model.loss)
    return network


def _with_free_batch(model: keras.Model) -> keras.Model:
    config = copy.deepcopy(model.get_config())
    _free(config)
    try:
        free = type(model).from_config(config)
        free.set_weights(model.get_weights())
    except Exception as error:
        raise ValueError(
            f"The network {model.name!r} has a fixed batch size of {model.inputs[0].shape[0]}, and "
            f"cannot be copied with a free one: {error!s:.300}. Build it with keras.Input(shape), "
            "and copy the weights: free.set_weights(model.get_weights())."
        ) from error
    if model.compiled:
        free.compile(optimizer=model.optimizer, loss=model.loss)
    return free


def _free(config: Any) -> None:
    """Let batches of all sizes in, and keep no state from one to the next, in all nested layers."""
    if isinstance(config, (list, tuple)):
        for inner in config:
            _free(inner)
    if not isinstance(config, dict):
        return
    for shapes_of_the_old_input in ("build_input_shape", "build_config"):
        config.pop(shapes_of_the_old_input, None)
    if config.get("stateful"):
        config["stateful"] = False
    for key, value in config.items():
        is_shape = key in ("batch_shape", "batch_input_shape") and isinstance(value, (tuple, list))
        if is_shape:
            config[key] = (None, *value[1:])
        else:
            _free(value)
