"""A fitted estimator around a network that was trained elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from sklearn.preprocessing import StandardScaler

from skfi._constraints import Whole
from skfi._given import check_values, naming
from skfi._keras import (
    OF_CLASSES,
    Fixed,
    build_optimizer,
    compiled_loss,
    find_embedding,
    fixed_weights,
    fresh_optimizer,
    has_several_outputs,
    mask_value_of,
    output_kind,
    plain_network,
    rebuild,
    refuse_legacy,
    structure,
    takes_texts,
)
from skfi._private import validate_params
from skfi.importance._inputs._adapters import model_as_estimator
from skfi.importance._inputs._wrappers import is_wrapper, network_of_wrapper
from skfi.importance._quiet import warnings_ignored
from skfi.recurrent._base import BaseRecurrent
from skfi.recurrent._check_parameters import check_architecture
from skfi.recurrent._classifier import LSTMClassifier
from skfi.recurrent._regressor import LSTMRegressor
from skfi.recurrent._training import Training


@dataclass(frozen=True)
class Rebuilt:
    """A ``network=`` function that makes fresh networks of the layers of an existing one."""

    kind: type[keras.Model]
    config: dict[str, Any]
    fixed: Fixed = field(compare=False)
    is_of_keras: bool = field(default=False, compare=False)  # no layer runs code of the user's

    @classmethod
    def of(cls, model: keras.Model) -> "Rebuilt":
        """For networks like ``model``."""
        with warnings_ignored():  # of lambdas, which Keras would not read from a file
            config = model.get_config()
        return cls(type(model), config, fixed_weights(model), structure(model) is not None)

    def __call__(self, input_shape: tuple[int | None, ...], n_outputs: int) -> keras.Model:
        return rebuild(self.kind, self.config, input_shape, self.fixed)

    def __repr__(self) -> str:
        return f"<layers of {self.config['name']!r}>"


@validate_params({"n_timesteps": [Whole(), None]}, prefer_skip_nested_validation=True)
def from_keras(
    model: Any, *, classes: Sequence[Any] | None = None, n_timesteps: int | None = None
) -> Any:
    """Make a fitted estimator of a trained Keras model, without training it.

    The estimator predicts, scores and is explained like any other. A later ``fit`` trains a fresh
    network of the same layers (or, with ``warm_start=True``, goes on training this one), so it can
    be cloned, cross-validated and given to :func:`~skfi.lofo_importance`. Optimizer and loss are
    those the model was compiled with; Keras keeps neither ``epochs`` nor ``batch_size``: set them.

    Parameters
    ----------
    model : keras.Model or fitted SciKeras wrapper
        Any network: sequential, functional or a subclass that was trained or called once. With one
        input of shape (None, n_timesteps, n_features), or (None, n_positions) of token ids with an
        Embedding layer, and one output of shape (None, n_outputs) or (None, n_timesteps,
        n_outputs), it becomes an LSTMClassifier or LSTMRegressor. Networks of several inputs, of
        frames, of several outputs or labels, with an encoder and a decoder, stateful ones and
        subclasses become an estimator that takes ``X`` as the network does (see Notes).
        ``keras.saving.load_model`` reads one from a ``.keras`` file.
    classes : array-like of shape (n_classes,), default=None
        The labels, in the order of the network's outputs, which makes it a classifier. By default
        the compiled loss decides: with a cross-entropy it is a classifier of 0, 1, ..., with any
        other a regressor; uncompiled, a network that ends in a softmax or a single sigmoid is a
        classifier; one with several sigmoids and a binary cross-entropy, or no loss, tells which of
        several labels a sample has.
    n_timesteps : int, default=None
        Take 2-D ``X`` of ``n_timesteps * n_features`` columns in place of 3-D ``X``.

    Returns
    -------
    estimator : LSTMClassifier, LSTMRegressor or another estimator
        Fitted. It has no ``feature_importances_``, as there was no data to compute them on.

    Raises
    ------
    TypeError
        If ``model`` is neither a ``keras.Model`` nor a SciKeras wrapper.
    NotFittedError
        If the wrapper is not fitted.
    ValueError
        If the network is not built, a wrapper encodes in a way of its own, or ``classes`` or
        ``n_timesteps`` do not fit.

    Notes
    -----
    The network of an :class:`~skfi.LSTMRegressor` (its ``model_``) works on the standardised
    target, so an estimator made of it predicts standardised values. To keep the units of ``y``,
    save the estimator itself, with joblib. A compiled loss function takes labels as ``loss`` of
    :class:`~skfi.LSTMClassifier` does: as class numbers if its name says "sparse".

    Of several inputs ``X`` is a mapping of their names to arrays, or a tuple in their order, which
    ``score`` takes. scikit-learn's ``cross_val_score`` splits only arrays: give it row numbers, as
    ``cross_val_score(make_pipeline(FunctionTransformer(rows_of), estimator), rows, y)`` with
    ``rows = np.arange(len(y))[:, None]`` and a function ``rows_of(rows)`` that returns
    ``{name: array[rows[:, 0]] for name, array in X.items()}``. A stateful network is used, and
    trained again, without a state from batch to batch.

    Examples
    --------
    >>> import keras, numpy as np
    >>> from skfi import from_keras, gradient_importance
    >>> network = keras.Sequential([keras.Input((12, 3)), keras.layers.GRU(4),
    ...                             keras.layers.Dense(1)])
    >>> estimator = from_keras(network)
    >>> X = np.random.default_rng(0).normal(size=(5, 12, 3))
    >>> estimator.predict(X).shape
    (5,)
    >>> gradient_importance(estimator, X).importances_mean.shape
    (3,)
    """
    if is_wrapper(model):
        model, classes = network_of_wrapper(model, classes)
    refuse_legacy(model)
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"from_keras takes a trained keras.Model or a fitted SciKeras wrapper as model; got "
            f"{type(model).__name__}. Read a file with keras.saving.load_model."
        )
    network = plain_network(model)
    if len(network.inputs) == 1 and takes_texts(network):
        raise ValueError(
            "The network takes texts (strings), and an estimator around it would take token ids. "
            "The importance functions take such a keras.Model as it is; for an estimator pass the "
            "part of the network behind the TextVectorization layer."
        )
    if network is not model or not _is_sequential(network):
        if n_timesteps is not None:
            raise ValueError(
                f"n_timesteps={n_timesteps} folds 2-D X for networks of one input (None, "
                "n_timesteps, n_features) and one output; this one takes X as it is."
            )
        if classes is not None:
            _check_classes(classes, network.outputs[0].shape[-1])
        return model_as_estimator(model, classes)
    embedding = find_embedding(model) if len(model.inputs[0].shape) == 2 else None
    steps, n_features = _input_shape(model, n_timesteps, embedding)
    params: dict[str, Any] = {
        "network": Rebuilt.of(model),
        "n_timesteps": n_timesteps,
        "return_sequences": len(model.outputs[0].shape) == 3,
    }
    if embedding is not None:
        params |= {"embedding_dim": embedding.output_dim, "n_tokens": embedding.input_dim}
    else:
        params["mask_value"] = mask_value_of(model)
    if model.compiled:
        build_optimizer(model)  # or a pickle of it cannot be read
        params |= {"optimizer": fresh_optimizer(model.optimizer), "loss": compiled_loss(model)}
    n_outputs, kind = model.outputs[0].shape[-1], output_kind(model)
    if classes is not None or kind in OF_CLASSES:
        estimator: BaseRecurrent = LSTMClassifier(**params)
        estimator.classes_ = _check_classes(classes, n_outputs)
    else:
        estimator = LSTMRegressor(**params)
        # the network was trained in the units of y: a scaler that changes nothing
        scaler = StandardScaler(with_mean=False, with_std=False).set_output(transform="default")
        estimator.target_scaler_ = scaler.fit(np.zeros((1, n_outputs)))
        estimator._multi_output = n_outputs > 1
    estimator.model_ = model
    estimator._n_dim_in = 3 if n_timesteps is None and embedding is None else 2
    estimator.n_timesteps_in_ = steps if n_timesteps is None else n_timesteps
    estimator.n_features_in_ = n_features * (n_timesteps or 1)
    if embedding is not None:
        estimator.n_features_in_ = steps
        estimator.n_tokens_ = embedding.input_dim
    estimator._architecture = check_architecture(estimator, continuing=False)
    estimator._training = Training(estimator.optimizer, estimator.learning_rate, estimator.loss)
    return estimator


def _is_sequential(network: keras.Model) -> bool:
    """Whether skfi's own estimators can be made around a network."""
    if len(network.inputs) > 1 or has_several_outputs(network):
        return False
    if output_kind(network) == "labels":
        return False
    shape, outputs = network.inputs[0].shape, network.outputs[0].shape
    if len(shape) not in (2, 3) or (len(shape) == 2 and find_embedding(network) is None):
        return False
    if len(outputs) == 2:
        return True
    same_steps = None in (shape[1], outputs[1]) or shape[1] == outputs[1]
    return same_steps and (outputs[2] == 1 or output_kind(network) in OF_CLASSES)


def _input_shape(
    model: keras.Model, n_timesteps: int | None, embedding: keras.layers.Embedding | None
) -> tuple[int | None, int]:
    """Steps and features that the network takes; a position of a text is a step of one feature."""
    input_shape = tuple(model.inputs[0].shape[1:])
    if embedding is not None:
        input_shape = (*input_shape, 1)  # a position is a column
    if len(input_shape) != 2 or input_shape[1] is None:
        raise ValueError(
            f"The network takes input of shape {(None, *input_shape)}; expected "
            "(None, n_timesteps, n_features), or (None, n_positions) with one Embedding layer."
        )
    steps, n_features = input_shape
    if embedding is not None and (n_timesteps is not None or steps is None):
        raise ValueError(
            "A network of token ids takes as many positions as X has columns, so its input needs "
            "a length, such as keras.Input((40,)), and n_timesteps stays None; got an input of "
            f"length {steps}, n_timesteps={n_timesteps}. The importance functions take the network "
            "itself at any length."
        )
    if n_timesteps is not None and steps not in (None, n_timesteps):
        raise ValueError(
            f"n_timesteps={n_timesteps}, but the network takes sequences of {steps} steps."
        )
    return steps, n_features


def _check_classes(classes: Sequence[Any] | None, n_outputs: int) -> np.ndarray:
    n_classes = 2 if n_outputs == 1 else n_outputs
    if classes is None:
        return np.arange(n_classes)
    expected = f"a list of {n_classes} different labels"
    check_values(classes, "classes", expected)
    with naming("classes", classes, expected):
        labels = np.asarray(classes)
    of_str = all(isinstance(label, str) for label in labels.ravel().tolist())
    kinds = {type(label) for label in classes} if isinstance(classes, (list, tuple)) else set()
    no_labels = labels.dtype.kind not in "biufUO" or (labels.dtype.kind == "O" and not of_str)
    if no_labels or (str in kinds and len(kinds) > 1):
        raise ValueError(
            f"classes must be {n_classes} labels, all str or numbers; got {classes!r:.99}."
        )
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError(f"classes must be labels; got NaN or infinity in {classes!r:.99}.")
    if labels.shape != (n_classes,) or len(set(labels.tolist())) != n_classes:
        raise ValueError(
            f"classes must be {n_classes} different labels, one for each class of the network's "
            f"{n_outputs} output(s); got {classes!r}."
        )
    return labels
