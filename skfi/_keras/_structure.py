"""Which networks have the same layers, so that they can share a compiled graph."""

import json
from collections.abc import Iterable
from typing import Any

import keras

from skfi._keras._private import all_layers
from skfi._keras._seeds import seeded


def structure(model: keras.Model) -> str | None:
    """A key shared by all networks with the same layers; None if there is no such key.

    There is none for layers with user code, or with state that is not a variable.
    """
    layers = all_layers(model)
    if not all(is_keras(layer) and _is_all_in_its_configuration(layer) for layer in layers):
        return None
    try:
        config = model.get_config()
    except (ValueError, NotImplementedError, TypeError):  # of something that cannot be saved
        return None
    if not only_keras(config):
        return None
    return _in_json(model, config, None)


def description(model: keras.Model, other: Any) -> str:
    """The layers of any network as a text, the same of each network that is built alike.

    ``other`` says what stands for what JSON does not have, such as functions.
    """
    return _in_json(model, model.get_config(), other)


def _in_json(model: keras.Model, config: Any, other: Any) -> str:
    layers = all_layers(model)
    names = {layer.name: i for i, layer in enumerate(layers)}
    settings = [keras.config.dtype_policy().name, keras.config.floatx(), keras.config.epsilon()]
    flags = [layer.trainable for layer in layers]
    described = [type(model).__name__, _renamed(config, names), flags, settings]
    return json.dumps(described, default=other)


def another(model: keras.Model, seed: int = 0) -> keras.Model:
    """A network of the same layers, with weights of its own."""
    with seeded(seed, only_keras=True):  # does not change any random generator
        fresh = type(model).from_config(model.get_config())
        if not fresh.built:
            fresh.build(model.input_shape)
    return fresh


def n_bytes(variables: Iterable[keras.Variable]) -> int:
    """Bytes that variables take."""
    return sum(int(v.value.dtype.size) * v.value.shape.num_elements() for v in variables)


def is_keras(thing: Any) -> bool:
    """Whether a layer, loss or optimizer is of a class of Keras' own."""
    return type(thing).__module__.split(".")[0] == "keras"


def is_own_code(thing: Any) -> bool:
    """Whether something can be called and is not of Keras' own."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return callable(thing) and module.split(".")[0] != "keras"


def only_keras(config: Any) -> bool:
    """Whether a configuration names nothing but Keras' own classes and functions."""
    if isinstance(config, dict):
        own = config.get("registered_name") or (config.get("module") or "keras").split(".")[0]
        is_lambda = config.get("class_name") == "__lambda__"
        return own == "keras" and not is_lambda and all(map(only_keras, config.values()))
    return not isinstance(config, (list, tuple)) or all(only_keras(value) for value in config)


def _is_all_in_its_configuration(layer: keras.layers.Layer) -> bool:
    """Whether a layer of Keras holds nothing but its configuration and variables."""
    # tables of words, adapted means, functions of the user, saved programs
    if "preprocessing" in type(layer).__module__.split(".") or isinstance(
        layer, (keras.layers.Lambda, keras.layers.TFSMLayer)
    ):
        return False
    if isinstance(layer, keras.Model):  # which keeps what Keras has traced of it
        return True
    # an activation of the user's stands in the configuration by its name alone
    return not any(map(is_own_code, vars(layer).values()))


def _renamed(config: Any, names: dict[str, int], key: str = "") -> Any:
    """The configuration with layers called by number: Keras counts names up."""
    if isinstance(config, dict):
        return {k: _renamed(value, names, k) for k, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [_renamed(value, names, key) for value in config]
    is_name = key in ("name", "keras_history", "input_layers", "output_layers")
    return names.get(config, config) if is_name and isinstance(config, str) else config
