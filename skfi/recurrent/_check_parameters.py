"""The network that an estimator's parameters ask for, checked before any training."""

from numbers import Integral

import keras
from sklearn.base import is_classifier

from skfi._constraints import Whole
from skfi._given import check_takes
from skfi.recurrent._architecture import Architecture
from skfi.recurrent._parameters import Parameters
from skfi.recurrent._training import is_categorical, make_loss, make_optimizer


def check_architecture(estimator: Parameters, *, continuing: bool) -> Architecture:
    """The network to build for an estimator that has checked its ``X`` and learnt its target.

    Raises now for what would fail after minutes of work.
    """
    units = estimator.units
    units = (units,) if isinstance(units, Integral) else tuple(units)
    if not units or any(not Whole().is_satisfied_by(u) for u in units):
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
    if estimator.network is not None:
        params = estimator.network_params or {}
        check_takes(estimator.network, "network", "(input_shape, n_outputs)", **params)
    if callable(estimator.importance):
        check_takes(estimator.importance, "importance", "(estimator, X, y)")
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
    reader = estimator._reader
    embedding = reader.embedding()
    architecture = Architecture(
        input_shape=reader.input_shape(),
        n_outputs=n_outputs,
        activation=activation,
        units=units,
        cell=estimator.cell,
        bidirectional=bool(estimator.bidirectional),
        dropout=float(estimator.dropout),
        mask_value=reader.network_mask_value(),
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
