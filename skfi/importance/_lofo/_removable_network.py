"""Whether a network is built of layers that take any number of features and time steps."""

from typing import Any

import keras

from skfi._keras import check_steps, leaves, only_keras, seeded
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._quiet import warnings_ignored

# Keras' own that treat all features alike, or learn anew what to make of each. Not those that cut
# out, reorder or name places (Cropping1D, Permute, Reshape, Lambda), nor those that were adapted.
_NAMES = (
    *("InputLayer", "Masking", "Embedding", "Flatten", "RepeatVector", "Identity"),
    *("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "Dense"),
    *("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout"),
    *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "ActivityRegularization"),
    *("LayerNormalization", "BatchNormalization", "UnitNormalization", "RMSNormalization"),
    *("Conv1D", "SeparableConv1D", "MaxPooling1D", "AveragePooling1D"),
    *("GlobalMaxPooling1D", "GlobalAveragePooling1D"),
    *("Concatenate", "Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"),
    *("Attention", "AdditiveAttention", "MultiHeadAttention"),
)
_CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells")
_LAYERS = tuple(
    getattr(keras.layers, name) for name in (*_NAMES, *_CELLS) if hasattr(keras.layers, name)
)
_INNER = ("layer", "cell", "cells", "forward_layer", "backward_layer")


def network_takes_fewer(
    last: LastStep,
    whole: tuple[int | None, ...],
    left: tuple[int | None, ...],
    *,
    n_outputs: int,
) -> bool:
    """Whether an estimator's network can be trained on samples of the shape ``left`` too.

    It can if the networks for both shapes are of layers that take any number of features, and what
    is frozen in them does not depend on that number. They are built from a seed of their own, which
    leaves every random state as it was.
    """
    with warnings_ignored():  # such as Keras' of a lambda whose configuration is asked for
        try:
            with seeded(0):
                models = [check_steps(_built(last, shape, n_outputs)) for shape in (whole, left)]
        except Exception:  # whatever a user's function raises for a shape that it does not take
            return False
        return all(map(_takes_any_number, models)) and _frozen(models[0]) == _frozen(models[1])


def _built(last: LastStep, shape: tuple[int | None, ...], n_outputs: int) -> Any:
    estimator = last.estimator
    if last.is_bare:  # of which a fit trains a likeness
        return estimator.rebuilt(shape)
    return estimator.network(shape, n_outputs, **(estimator.network_params or {}))


def _frozen(model: keras.Model) -> list[list[tuple]]:
    """Shapes of the weights that training does not change."""
    return [
        [tuple(weight.shape) for weight in layer.weights]
        for layer in leaves(model)
        if not layer.trainable
    ]


def _takes_any_number(layer: Any) -> bool:
    if isinstance(layer, keras.Model):
        if not type(layer).__module__.startswith("keras."):
            return False
        inner = getattr(layer, "operations", layer.layers)  # with such as come from x[:, :, 0]
        return all(map(_takes_any_number, inner))
    if type(layer) not in _LAYERS or not _is_plain(layer):
        return False
    inner = [getattr(layer, name, None) for name in _INNER]
    flat = [c for part in inner for c in (part if isinstance(part, (list, tuple)) else [part])]
    return all(_takes_any_number(c) for c in flat if c is not None)


def _is_plain(layer: keras.layers.Layer) -> bool:
    """Whether a layer's settings neither single out places nor come from the user's code."""
    try:
        config = layer.get_config()
    except (ValueError, NotImplementedError, TypeError, OSError):  # of what cannot be saved
        return False
    axes = config.get("axis", -1)
    if "normalization" in type(layer).__name__.lower() or isinstance(layer, keras.layers.Softmax):
        of_features = {-1, _n_dim(layer) - 1}
        if not set(axes if isinstance(axes, (list, tuple)) else [axes]) <= of_features:
            return False
    return (
        only_keras(config)
        and not _holds_array_or_lambda(config)
        and config.get("groups", 1) == 1
        and config.get("data_format") in (None, "channels_last")
        and config.get("noise_shape") is None
    )


def _n_dim(layer: keras.layers.Layer) -> int:
    """Dimensions of what enters a layer; 0 if that is not known."""
    try:
        return len(layer.input.shape)
    except (AttributeError, ValueError):
        return 0


def _holds_array_or_lambda(config: Any) -> bool:
    """Whether something in a configuration has a shape of its own, or is code of the user."""
    if isinstance(config, dict):
        is_one = config.get("class_name") in ("__numpy__", "__tensor__", "__lambda__")
        return is_one or any(map(_holds_array_or_lambda, config.values()))
    return isinstance(config, (list, tuple)) and any(map(_holds_array_or_lambda, config))
