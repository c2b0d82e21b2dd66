"""The Keras side of an estimator: its architecture, loss and optimizer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from skfi._keras import check_network, last_activation
from skfi._rebuild import rebuild

CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


@dataclass(frozen=True)
class Architecture:
    """All that decides the network's layers; equal architectures can share trained weights."""

    input_shape: tuple[int, int]
    n_outputs: int
    activation: str
    units: tuple[int, ...]
    cell: str
    bidirectional: bool
    dropout: float
    network: Callable[..., keras.Model] | None = None
    network_params: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> keras.Model:
        """A fresh network, not compiled unless the user's own function compiles it."""
        if self.network is None:
            return self._recurrent_layers()
        model = self.network(self.input_shape, self.n_outputs, **self.network_params)
        if not isinstance(model, keras.Model):
            raise TypeError(
                "network must return a keras.Model, called as network(input_shape, n_outputs, "
                f"**network_params); it returned {type(model).__name__}."
            )
        check_network(model)
        if model.compiled and int(model.optimizer.iterations) > 0:
            raise ValueError(
                "network must make a new model each time it is called; it returned one that was "
                "trained before. For a trained model use from_keras."
            )
        expected, got = (None, *self.input_shape), tuple(model.inputs[0].shape)
        fits = len(expected) == len(got) and all(
            g is None or g == e for e, g in zip(expected, got, strict=True)
        )
        if not fits:
            raise ValueError(
                f"network returned a model for input of shape {got}, but was asked for "
                f"{expected}: use the input_shape it is called with."
            )
        n_outputs = model.outputs[0].shape[-1]
        softmax_of_two = self.activation == "sigmoid" and n_outputs == 2
        if n_outputs != self.n_outputs and not softmax_of_two:
            raise ValueError(
                f"network returned a model with {n_outputs} output(s), but was asked for "
                f"n_outputs={self.n_outputs} (one sigmoid or a softmax of two for two classes, a "
                "softmax for more; one output for each regression target)."
            )
        if n_outputs == 1 and last_activation(model) == "softmax":
            raise ValueError(
                "network returned a softmax over a single output, which is always 1. For two "
                "classes n_outputs is 1: use a sigmoid there, or a softmax of two."
            )
        return model

    def _recurrent_layers(self) -> keras.Model:
        layers: list[keras.layers.Layer] = [keras.Input(self.input_shape)]
        for i, units in enumerate(self.units):
            layer = CELLS[self.cell](
                units,
                return_sequences=i + 1 < len(self.units),
                unroll=self.input_shape[0] == 1,  # a single step needs no loop
            )
            layers.append(keras.layers.Bidirectional(layer) if self.bidirectional else layer)
            if self.dropout:
                layers.append(keras.layers.Dropout(self.dropout))
        layers.append(keras.layers.Dense(self.n_outputs, activation=self.activation))
        return keras.Sequential(layers)


@dataclass(frozen=True)
class Rebuilt:
    """A ``network=`` function that makes fresh networks of the layers of an existing one."""

    kind: type[keras.Model]
    config: dict[str, Any]

    def __call__(self, input_shape: tuple[int, int], n_outputs: int) -> keras.Model:
        return rebuild(self.kind, self.config, input_shape)

    def __repr__(self) -> str:
        return f"<layers of {self.config['name']!r}>"
