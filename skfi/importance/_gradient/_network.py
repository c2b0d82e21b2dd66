"""Find the Keras network inside whatever was fitted, and the array that it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skfi._keras import check_inputs, check_network, gives_logits, mask_value_of, output_kind
from skfi._padding import real_steps
from skfi.importance._inputs._pipeline import input_names
from skfi.importance._inputs._tokens import (
    Tokens,
    behind_sequencer,
    find_sequencer,
    find_tokens,
    network_of,
    steps_of,
)


@dataclass(frozen=True)
class Network:
    """A trained network, its input, and what its outputs mean."""

    model: keras.Model
    inputs: np.ndarray  # as the network takes them
    shape: tuple[int, ...]  # of X as it reached the network's estimator
    n_timesteps: int | None  # that 2-D X folds into
    feature_names: list[str] | None
    classes: np.ndarray | None  # None for regression
    probabilities: bool  # of a classifier: whether outputs are probabilities, not logits
    output_scale: np.ndarray | None  # units of y for one unit of output
    output_mean: np.ndarray | None  # y for an output of zero
    real: np.ndarray | None  # bool (n_samples, n_timesteps): False for padding; None if all is real
    tokens: Tokens | None  # what token ids stand for; None if the network takes numbers
    user_mask_value: float | None  # what padded steps hold in the user's arrays

    def of_samples(self, rows: np.ndarray) -> "Network":
        """The same network with some of the samples."""
        return replace(
            self,
            inputs=self.inputs[rows],
            shape=(len(rows), *self.shape[1:]),
            real=None if self.real is None else self.real[rows],
            tokens=None if self.tokens is None else self.tokens.of_samples(rows),
        )

    @property
    def n_outputs(self) -> int:
        """Width of the network's output."""
        return self.model.outputs[0].shape[-1]

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
    sequencer, texts = None, None
    if find_sequencer(estimator) is not None:
        _check_fitted(estimator)
        estimator, X, sequencer, texts = behind_sequencer(estimator, X)
    while not isinstance(estimator, keras.Model):
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
            continue
        if isinstance(estimator, Pipeline):
            before, estimator = estimator[:-1], estimator[-1]
            if len(before.steps):
                X, names = before.transform(X), _names_after(before, names)
            continue
        if hasattr(estimator, "fit"):
            check_is_fitted(estimator)
        if not hasattr(estimator, "best_estimator_"):  # of a fitted search
            break
        estimator = estimator.best_estimator_
    model = network_of(estimator)
    if model is None:
        raise TypeError(
            "Gradients need a neural network: a skfi estimator, a fitted SciKeras wrapper, a "
            f"keras.Model, or a Pipeline ending in one of these; got {type(estimator).__name__}. "
            "permutation_importance and lofo_importance take any scikit-learn estimator."
        )
    check_network(model)
    is_skfi = hasattr(estimator, "to_sequences")
    if names is None or hasattr(X, "columns"):
        names = input_names(estimator, np.asarray(X) if not hasattr(X, "shape") else X)
    tokens = find_tokens(estimator, X, feature_names, sequencer)
    if tokens is not None and texts is not None:
        tokens = replace(tokens, texts=texts)
    inputs = estimator.to_sequences(X) if is_skfi else check_inputs(model, X)
    scaler = getattr(estimator, "target_scaler_", None)
    shape = tuple(X.shape) if hasattr(X, "shape") else np.asarray(X).shape
    return Network(
        model=model,
        inputs=inputs,
        shape=shape if tokens is None else tokens.ids.shape,
        n_timesteps=getattr(estimator, "n_timesteps_in_", None) if is_skfi else None,
        feature_names=names,
        classes=_classes(estimator, model),
        probabilities=not gives_logits(model),
        output_scale=getattr(scaler, "scale_", None),
        output_mean=getattr(scaler, "mean_", None),
        real=_real_steps(model, inputs) if tokens is None else tokens.real,
        tokens=tokens,
        user_mask_value=getattr(estimator, "mask_value", mask_value_of(model)),
    )


def _check_fitted(estimator: Any) -> None:
    for step in steps_of(estimator):
        if hasattr(step, "fit") and not isinstance(step, keras.Model):
            check_is_fitted(step)


def _real_steps(model: keras.Model, inputs: np.ndarray) -> np.ndarray | None:
    """Which steps are not padding; None if nothing is said to be padding."""
    mask_value = mask_value_of(model)
    if mask_value is None or inputs.ndim != 3:
        return None
    return real_steps(inputs, mask_value)


def _names_after(steps: Pipeline, names: list[str] | None) -> list[str] | None:
    try:
        return steps.get_feature_names_out(names).tolist()
    except AttributeError:  # a step that names nothing: units are x0, x1, ...
        return None


def _classes(estimator: Any, model: keras.Model) -> np.ndarray | None:
    classes = getattr(estimator, "classes_", None)
    if classes is None and output_kind(model) != "values":
        n_outputs = model.outputs[0].shape[-1]
        classes = np.arange(2 if n_outputs == 1 else n_outputs)
    return None if classes is None else np.asarray(classes)
