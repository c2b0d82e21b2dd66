"""Find the Keras network inside whatever was fitted, and the array that it takes."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_array, check_is_fitted

from skfi._keras import check_network, output_kind


@dataclass(frozen=True)
class Network:
    """A trained network, its input, and what its outputs mean."""

    model: keras.Model
    inputs: np.ndarray  # as the network takes them
    shape: tuple[int, ...]  # of X as it reached the network's estimator
    n_timesteps: int | None  # that 2-D X folds into
    feature_names: np.ndarray | None
    classes: np.ndarray | None  # None for regression
    probabilities: bool  # of a classifier: whether outputs are probabilities, not logits
    output_scale: np.ndarray | None  # units of y for one unit of output


def find_network(estimator: Any, X: Any) -> Network:
    """The network in ``estimator``, after any pipeline steps have transformed ``X``.

    Raises
    ------
    TypeError
        If there is no Keras network in ``estimator``.
    NotFittedError
        If it was not fitted.
    """
    names = np.asarray(X.columns, dtype=object) if hasattr(X, "columns") else None
    while not isinstance(estimator, keras.Model):
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
            continue
        if hasattr(estimator, "fit"):
            check_is_fitted(estimator)
        if hasattr(estimator, "best_estimator_"):  # a fitted search
            estimator = estimator.best_estimator_
        elif isinstance(estimator, Pipeline):
            before, estimator = estimator[:-1], estimator[-1]
            if len(before.steps):
                X, names = before.transform(X), _names_after(before, names)
        else:
            break
    model = estimator if isinstance(estimator, keras.Model) else getattr(estimator, "model_", None)
    if not isinstance(model, keras.Model):
        raise TypeError(
            "Gradients need a neural network: a skfi estimator, a fitted SciKeras wrapper, a "
            f"keras.Model, or a Pipeline ending in one of these; got {type(estimator).__name__}. "
            "permutation_importance and lofo_importance take any scikit-learn estimator."
        )
    check_network(model)
    is_skfi = hasattr(estimator, "to_sequences")
    if hasattr(X, "columns"):
        names = np.asarray(X.columns, dtype=object)
    inputs = estimator.to_sequences(X) if is_skfi else _check_inputs(model, X)
    scaler = getattr(estimator, "target_scaler_", None)
    return Network(
        model=model,
        inputs=inputs,
        shape=tuple(X.shape) if hasattr(X, "shape") else np.asarray(X).shape,
        n_timesteps=getattr(estimator, "n_timesteps_in_", None) if is_skfi else None,
        feature_names=names,
        classes=_classes(estimator, model),
        probabilities=output_kind(model) == "probabilities",
        output_scale=getattr(scaler, "scale_", None),
    )


def _names_after(steps: Pipeline, names: np.ndarray | None) -> np.ndarray | None:
    try:
        return np.asarray(steps.get_feature_names_out(names), dtype=object)
    except AttributeError:  # a step that names nothing: units are x0, x1, ...
        return None


def _classes(estimator: Any, model: keras.Model) -> np.ndarray | None:
    classes = getattr(estimator, "classes_", None)
    if classes is None and output_kind(model) != "values":
        n_outputs = model.outputs[0].shape[-1]
        classes = np.arange(2 if n_outputs == 1 else n_outputs)
    return None if classes is None else np.asarray(classes)


def _check_inputs(model: keras.Model, X: Any) -> np.ndarray:
    expected = tuple(model.inputs[0].shape)
    dtype = keras.backend.standardize_dtype(model.inputs[0].dtype)
    X = check_array(X, dtype=dtype, allow_nd=True, input_name="X")
    fits = X.ndim == len(expected) and all(
        e in (None, x) for e, x in zip(expected[1:], X.shape[1:], strict=True)
    )
    if not fits:
        raise ValueError(
            f"X has shape {X.shape}, but the network takes {expected}. For 2-D rows wrap the "
            "network: from_keras(model, n_timesteps=...)."
        )
    return X
