"""Find the Keras network inside whatever was fitted, and the array that it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from skfi._keras import (
    OF_CLASSES,
    Head,
    gives_logits,
    has_several_outputs,
    heads_of,
    in_a_row,
    is_decoder,
    mask_value_of,
    output_kind,
)
from skfi._padding import real_steps
from skfi._pipelines import Chain
from skfi.importance._inputs._arrays import real_output_steps
from skfi.importance._inputs._kinds import Kind, Numbers
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._numbers import input_names
from skfi.importance._inputs._read import behind_sequencer
from skfi.importance._inputs._several import read_several
from skfi.importance._inputs._tokens import find_tokens


@dataclass(frozen=True)
class Network:
    """A trained network, its input, and what its outputs mean."""

    model: keras.Model
    inputs: np.ndarray  # as the network takes them
    kind: Kind  # of the samples as they reached the network's estimator
    classes: np.ndarray | None  # None for regression
    probabilities: bool  # of a classifier: whether outputs are probabilities, not logits
    output_scale: np.ndarray | None  # units of y for one unit of output
    output_mean: np.ndarray | None  # y for an output of zero
    target_names: Any  # of the columns of y, if the estimator knows them
    user_mask_value: float | None  # what padded steps hold in the user's arrays
    mask_value: float | None = None  # what they hold in the inputs
    heads: tuple[Head, ...] = ()  # of several outputs, which are in a row
    plain: keras.Model | None = None  # the network of several inputs or outputs, not in a row

    def of_samples(self, rows: np.ndarray) -> "Network":
        """The same network with some of the samples."""
        return replace(self, inputs=self.inputs[rows], kind=self.kind.of_samples(rows))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the samples as they reached the network's estimator."""
        return self.kind.shape

    @property
    def real(self) -> np.ndarray | None:
        """Which steps are not padding, (n_samples, n_timesteps); None if all are."""
        return self.kind.real

    @property
    def real_outputs(self) -> np.ndarray | None:
        """Which steps of the output are not padding, (n_samples, n_steps); None if all are."""
        network, given = self.own
        if isinstance(given, dict):
            return real_output_steps(network, self.model, given, self.inputs)
        return None if self.real is None or is_decoder(self.model) else self.real

    @property
    def n_outputs(self) -> int:
        """Width of the network's output."""
        return self.model.outputs[0].shape[-1]

    @property
    def n_timesteps(self) -> int:
        """Of the longest input."""
        return self.kind.longest

    @property
    def own(self) -> tuple[keras.Model, Any]:
        """The network that takes inputs as they were given, and these."""
        given = self.inputs if self.plain is None else self.kind.given(self.inputs)
        return self.plain or self.model, given

    @property
    def per_step(self) -> bool:
        """Whether the network has an output at every step."""
        return len(self.model.outputs[0].shape) == 3


def find_network(estimator: Any, X: Any, feature_names: Sequence[str] | None = None) -> Network:
    """The network in ``estimator``, after any pipeline steps have transformed ``X``.

    Raises
    ------
    TypeError
        If there is no Keras network in ``estimator``.
    NotFittedError
        If it was not fitted.
    """
    names = input_names(estimator, X) if hasattr(X, "shape") else None
    estimator, X, sequencer, texts = behind_sequencer(estimator, X)
    chain = Chain(estimator)
    chain.check_is_fitted()
    last, X, names = LastStep.of(chain.last), chain.transform(X), chain.names_behind(names)
    model = last.network
    if model is None:
        raise TypeError(
            "Gradients need a neural network: a skfi estimator, a fitted SciKeras wrapper, a "
            f"keras.Model, or a Pipeline ending in one of these; got {type(chain.last).__name__}. "
            "permutation_importance and lofo_importance take any scikit-learn estimator."
        )
    if last.takes_several_inputs:
        return _of_several_inputs(last, model, last.inputs_of(X), feature_names)
    plain, heads, model = _outputs_in_a_row(model)
    X = X if hasattr(X, "shape") else np.asarray(X)
    if names is None or hasattr(X, "columns"):
        names = input_names(chain.last, X)
    kind: Kind | None = find_tokens(last, X, feature_names, sequencer, texts)
    inputs = last.network_input(X)
    if kind is None:
        n_timesteps = None if last.sequences is None else last.n_timesteps
        real = _real_steps(model, inputs)
        samples = inputs.reshape(X.shape)  # numbers of the type that the network computes in
        kind = Numbers(samples, n_timesteps, names, real, real is not None)
    return Network(
        model=model,
        inputs=inputs,
        kind=kind,
        classes=None if heads else _classes(last, model),
        probabilities=bool(heads) or not gives_logits(model),
        output_scale=getattr(last.target_scaler, "scale_", None),
        output_mean=getattr(last.target_scaler, "mean_", None),
        target_names=last.target_names,
        user_mask_value=getattr(chain.last, "mask_value", mask_value_of(model)),
        mask_value=None if kind.real is None else mask_value_of(model),
        heads=heads,
        plain=plain,
    )


def _of_several_inputs(last: LastStep, model: keras.Model, X: Any, feature_names: Any) -> Network:
    kind = read_several(model, last.of_rows, X, feature_names)
    several_outputs = has_several_outputs(model)
    return Network(
        model=last.of_rows(kind.layout),
        inputs=kind.X,
        kind=kind,
        classes=None if several_outputs else _classes(last, model),
        probabilities=several_outputs or not gives_logits(model),
        output_scale=getattr(last.target_scaler, "scale_", None),
        output_mean=getattr(last.target_scaler, "mean_", None),
        target_names=last.target_names,
        user_mask_value=None,
        heads=tuple(heads_of(model)) if several_outputs else (),
        plain=model,
    )


def _outputs_in_a_row(
    model: keras.Model,
) -> tuple[keras.Model | None, tuple[Head, ...], keras.Model]:
    """The network itself and its heads, if it has several outputs, and one of them in a row."""
    if not has_several_outputs(model):
        return None, (), model
    return model, tuple(heads_of(model)), in_a_row(model)


def _real_steps(model: keras.Model, inputs: np.ndarray) -> np.ndarray | None:
    """Which steps are not padding; None if nothing is said to be padding."""
    mask_value = mask_value_of(model)
    if mask_value is None or inputs.ndim != 3:
        return None
    return real_steps(inputs, mask_value)


def _classes(last: LastStep, model: keras.Model) -> np.ndarray | None:
    classes = last.classes
    if classes is None and output_kind(model) in OF_CLASSES:
        n_outputs = model.outputs[0].shape[-1]
        classes = np.arange(2 if n_outputs == 1 else n_outputs)
    return None if classes is None else np.asarray(classes)
