"""The network that an estimator's parameters ask for, checked before any training."""

from numbers import Integral
from typing import Any

import keras
from sklearn.base import is_classifier

from skfi.recurrent._networks import Architecture
from skfi.recurrent._token_ids import make_embedding, reads_tokens
from skfi.recurrent._training import is_categorical, make_loss, make_optimizer
from skfi.recurrent._validation import network_mask_value


def check_architecture(estimator: Any, *, continuing: bool) -> Architecture:
    """The network to build for an estimator that has checked its ``X`` and learnt its target.

    Raises now for what would fail after minutes of work.
    """
    units = estimator.units
    units = (units,) if isinstance(units, Integral) else tuple(units)
    if not units or any(not isinstance(u, Integral) or u < 1 for u in units):
        raise ValueError(
            "units must be a positive int, or a tuple of them, one for each layer; got "
            f"{estimator.units!r}."
        )
    if estimator.network is None and estimator.network_params:
        raise ValueError("network_params are the parameters of network=, which is None.")
    for callback in estimator.callbacks or ():
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks must hold keras.callbacks.Callback instances; got {callback!r}."
            )
    make_optimizer(estimator.optimizer, estimator.learning_rate)
    if estimator.loss is not None:
        loss = make_loss(estimator.loss)
        if not is_classifier(estimator) and is_categorical(loss):
            raise ValueError(
                f"loss={estimator.loss!r} compares probabilities of classes, but "
                f"{type(estimator).__name__} predicts numbers. Use a loss such as "
                "'mean_squared_error', or LSTMClassifier for labels."
            )
    n_outputs, activation = estimator._output()
    embedding = make_embedding(estimator) if reads_tokens(estimator) else None
    architecture = Architecture(
        input_shape=_input_shape(estimator),
        n_outputs=n_outputs,
        activation=activation,
        units=units,
        cell=estimator.cell,
        bidirectional=bool(estimator.bidirectional),
        dropout=float(estimator.dropout),
        mask_value=None if embedding else network_mask_value(estimator),
        embedding=embedding,
        return_sequences=bool(estimator.return_sequences),
        network=estimator.network,
        network_params=dict(estimator.network_params or {}),
    )
    if continuing and architecture != estimator._architecture:
        raise ValueError(
            "warm_start=True goes on from the weights of the last fit, but the network's "
            "parameters have changed since. Set warm_start=False to start afresh."
        )
    return architecture


def _input_shape(estimator: Any) -> tuple[int | None, ...]:
    steps, n_features = estimator.n_timesteps_in_, estimator.n_features_in_
    if reads_tokens(estimator):
        if estimator.n_timesteps is not None or estimator.mask_value not in (None, 0):
            raise ValueError(
                "With an embedding X holds token ids, a position a column, and 0 is padding: leave "
                f"n_timesteps and mask_value at None; got {estimator.n_timesteps} and "
                f"{estimator.mask_value}."
            )
        return (steps,)
    if estimator._n_dim_in == 2:
        return (steps, n_features // steps)
    # padding may be longer in another array
    return (None if estimator.mask_value is not None else steps, n_features)
