"""Copies of a network for another input shape."""

import copy
import inspect
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from skfi._keras._plain import plain_network
from skfi._keras._private import SafeModeScope, all_layers, decay_pattern, loss_weights_of

Fixed = Sequence[list[np.ndarray] | None]


def fixed_weights(model: keras.Model) -> Fixed:
    """For each layer the weights that training does not learn: frozen or adapted ones, or None."""
    return [
        layer.get_weights()
        if not layer.trainable or isinstance(layer, keras.layers.Normalization)
        else None
        for layer in leaves(model)
    ]


def rebuild(
    kind: type[keras.Model],
    config: dict[str, Any],
    input_shape: tuple[int | None, ...],
    fixed: Fixed,
) -> keras.Model:
    """A fresh, uncompiled network of the layers in ``config``, for rows of ``input_shape``.

    It starts from new weights but for the ``fixed`` ones, which training could not bring back.
    """
    name, config = config["name"], copy.deepcopy(config)
    first = next(x["config"] for x in config["layers"] if x["class_name"] == "InputLayer")
    old, new = tuple(first["batch_shape"]), (None, *input_shape)
    if old != new:
        _replace_input(config, old, new)
    try:
        fresh = _from_config(kind, config)
    except Exception as error:
        raise ValueError(
            f"The network {name!r} cannot be rebuilt for inputs of shape {input_shape} from its "
            f"configuration: {error!s:.500}. If it takes no other shape, lofo_importance keeps "
            "this one with leave_out='constant'. Classes and functions of your own must be "
            "registered: "
            "@keras.saving.register_keras_serializable(). Or pass an estimator with network=, a "
            "function of the input shape."
        ) from error
    if not fresh.built:
        fresh.build((None, *input_shape))
    return _with_fixed(fresh, fixed)


def rebuild_for(model: keras.Model, input_shape: tuple[int | None, ...]) -> keras.Model:
    """A fresh, uncompiled network of the layers of ``model`` for rows of ``input_shape``."""
    return rebuild(type(model), model.get_config(), input_shape, fixed_weights(model))


def rebuild_the_same(model: keras.Model) -> keras.Model:
    """A fresh, uncompiled network like ``model``, of any make, for the same inputs."""
    config = model.get_config()
    try:
        if _takes_nothing_of_keras(type(model)):
            fresh = type(model)(**{k: v for k, v in config.items() if k not in _OF_EVERY_LAYER})
        else:
            fresh = _from_config(type(model), config)
    except Exception as error:
        raise ValueError(
            f"The network {model.name!r} cannot be built again from its configuration, so it can "
            f"be explained, but not trained without a feature: {error!s:.300}. Give "
            f"{type(model).__name__} a get_config that returns the arguments of its __init__, or "
            "pass an estimator that builds it, such as KerasRegressor of SciKeras."
        ) from error
    if getattr(fresh, "inputs", None) is None:
        plain_network(model, fresh)  # which builds it
    return _with_fixed(fresh, fixed_weights(model))


_OF_EVERY_LAYER = ("name", "trainable", "dtype")


def _takes_nothing_of_keras(kind: type[keras.Model]) -> bool:
    """Whether a subclass does not take a name and the like, which every configuration has."""
    parameters = inspect.signature(kind.__init__).parameters
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    return not takes_any and not set(_OF_EVERY_LAYER) & set(parameters)


def _from_config(kind: type[keras.Model], config: dict[str, Any]) -> keras.Model:
    """A network of a configuration of one that lives in this process, with its lambdas too."""
    with SafeModeScope(safe_mode=False):
        return kind.from_config(config)


def _with_fixed(fresh: keras.Model, fixed: Fixed) -> keras.Model:
    """``fresh`` with the weights that training cannot bring back."""
    for layer, weights in zip(leaves(fresh), fixed, strict=True):
        if not weights:
            continue
        if [w.shape for w in weights] != [tuple(w.shape) for w in layer.weights]:
            raise ValueError(
                f"The layer {layer.name!r} of the network {fresh.name!r} is frozen or was adapted, "
                f"and its weights do not fit inputs of this shape: training cannot bring "
                "them back. Scale in a Pipeline in front of the network, or make it trainable; "
                "lofo_importance keeps all features with leave_out='constant'."
            )
        layer.set_weights(weights)
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return fresh


def leaves(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers of a network that hold no others."""
    return [
        layer
        for layer in all_layers(model)
        if not any(inner is not layer for inner in all_layers(layer))
    ]


def _replace_input(config: dict[str, Any], old: tuple, new: tuple) -> None:
    """Put the new shape where the old one stands, in nested networks and wrapped layers too."""
    for shapes_of_the_old_input in ("build_input_shape", "build_config"):
        config.pop(shapes_of_the_old_input, None)
    if config.get("class_name") == "InputLayer" and tuple(config["config"]["batch_shape"]) == old:
        config["config"]["batch_shape"] = new
    for inner in config.values():
        for part in inner if isinstance(inner, list) else [inner]:
            if isinstance(part, dict):
                _replace_input(part, old, new)


def fresh_optimizer(
    optimizer: keras.optimizers.Optimizer, learning_rate: float | None = None
) -> keras.optimizers.Optimizer:
    """The same optimizer without its state, perhaps with another learning rate."""
    config = optimizer.get_config()
    if learning_rate is not None:
        config["learning_rate"] = learning_rate
    fresh = type(optimizer).from_config(config)
    pattern = decay_pattern(optimizer)
    if pattern is not None:  # which no configuration tells
        getattr(fresh, "inner_optimizer", fresh).exclude_from_weight_decay(var_names=[pattern])
    return fresh


def build_optimizer(model: keras.Model) -> None:
    """Give the optimizer its variables now; Keras does in the first step of training."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def compile_like(fresh: keras.Model, model: keras.Model) -> keras.Model:
    """Compile ``fresh`` with the loss, its weights, and a fresh optimizer, of ``model``."""
    fresh.compile(
        optimizer=fresh_optimizer(model.optimizer),
        loss=model.loss,
        loss_weights=loss_weights_of(model),
    )
    return fresh
