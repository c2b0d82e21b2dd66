"""The layers of an estimator's network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from skfi._keras import (
    auto_name,
    check_network,
    find_embedding,
    last_activation,
    mask_value_of,
    names_from_the_start,
    refuse_legacy,
)
from skfi._padding import NAN_STAND_IN
from skfi.recurrent._embedding import TokenEmbedding

CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


@dataclass(frozen=True)
class Architecture:
    """All that decides the network's layers; equal architectures can share trained weights."""

    input_shape: tuple[int | None, ...]
    n_outputs: int
    activation: str
    units: tuple[int, ...]
    cell: str
    bidirectional: bool
    dropout: float
    mask_value: float | None = None
    embedding: TokenEmbedding | None = None
    return_sequences: bool = False
    network: Callable[..., keras.Model] | None = None
    network_params: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> keras.Model:
        """A fresh network, not compiled unless the user's own function compiles it."""
        if self.network is None:
            with names_from_the_start():
                model = self._recurrent_layers()
            for layer in (model, *model.layers):  # those of two fits may stand in one network
                layer.name = auto_name(type(layer).__name__)
            return model
        model = self.network(self.input_shape, self.n_outputs, **self.network_params)
        refuse_legacy(model)
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
        self._check_reading(model)
        if self.embedding is not None:
            self.embedding.put_into(find_embedding(model))
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

    def _check_reading(self, model: keras.Model) -> None:
        """That the user's network masks, embeds and answers as the parameters say."""
        if self.mask_value is not None and not _same_number(mask_value_of(model), self.mask_value):
            raise ValueError(
                f"mask_value is set, but network returned a model without a layer "
                f"keras.layers.Masking(mask_value={self.mask_value})"
                + (", the number that stands for NaN." if self.mask_value == NAN_STAND_IN else ".")
            )
        if self.embedding is not None:
            layer = find_embedding(model)
            if layer is None or layer.input_dim < self.embedding.n_tokens:
                raise ValueError(
                    "embedding_dim says that X holds token ids, so the model that network returns "
                    f"needs one Embedding layer of at least {self.embedding.n_tokens} tokens; it "
                    f"has {'no or several' if layer is None else f'one of {layer.input_dim}'}."
                )
        ndim = len(model.outputs[0].shape)
        if ndim != (3 if self.return_sequences else 2):
            raise ValueError(
                f"network returned a model with output of shape {tuple(model.outputs[0].shape)}; "
                + (
                    "with return_sequences=True (None, n_timesteps, n_outputs) is expected."
                    if self.return_sequences
                    else "(None, n_outputs) is expected. For an output at every step set "
                    "return_sequences=True."
                )
            )

    def _recurrent_layers(self) -> keras.Model:
        plain = self.mask_value is None and self.embedding is None
        layers: list[keras.layers.Layer] = [
            keras.Input(self.input_shape, dtype="int32" if self.embedding else None)
        ]
        if self.embedding is not None:
            layers.append(self.embedding.layer())
        elif self.mask_value is not None:
            layers.append(keras.layers.Masking(self.mask_value))
        for i, units in enumerate(self.units):
            layer = CELLS[self.cell](
                units,
                return_sequences=self.return_sequences or i + 1 < len(self.units),
                unroll=plain and self.input_shape[0] == 1,  # a single step needs no loop
            )
            layers.append(keras.layers.Bidirectional(layer) if self.bidirectional else layer)
            if self.dropout:
                layers.append(keras.layers.Dropout(self.dropout))
        layers.append(keras.layers.Dense(self.n_outputs, activation=self.activation))
        model = keras.Sequential(layers)
        if self.embedding is not None:
            self.embedding.put_into(model.layers[0])
        return model


def _same_number(x: float | None, y: float) -> bool:
    """Whether the numbers are equal in the type that networks compute in."""
    dtype = keras.config.floatx()
    return x is not None and bool(np.asarray(x).astype(dtype) == np.asarray(y).astype(dtype))
