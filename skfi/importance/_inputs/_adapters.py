"""Keras models and SciKeras wrappers as scikit-learn estimators."""

from typing import Any

import keras
from sklearn.base import ClassifierMixin

from skfi._keras import (
    build_optimizer,
    has_several_outputs,
    heads_of,
    output_kind,
    plain_network,
    refuse_legacy,
)
from skfi._pipelines import with_last
from skfi.importance._inputs._model_heads import ModelHeads
from skfi.importance._inputs._model_labels import ModelMultilabel
from skfi.importance._inputs._models import (
    ModelClassifier,
    ModelRegressor,
)
from skfi.importance._inputs._wrappers import WrapperClassifier, WrapperRegressor, is_wrapper


def as_estimator(estimator: Any) -> Any:
    """``estimator``, its Keras object (or that of a Pipeline's last step) as an estimator."""
    return with_last(estimator, _adapted)


def _adapted(estimator: Any) -> Any:
    if isinstance(estimator, keras.Model):
        return model_as_estimator(estimator)
    if is_wrapper(estimator):
        is_classifier = isinstance(estimator, ClassifierMixin)
        return (WrapperClassifier if is_classifier else WrapperRegressor)(estimator)
    refuse_legacy(estimator)
    if not hasattr(estimator, "fit") or isinstance(estimator, type):
        raise TypeError(
            "estimator must be a scikit-learn estimator, a SciKeras wrapper or a keras.Model; got "
            f"{estimator if isinstance(estimator, type) else type(estimator).__name__}."
        )
    return estimator


def model_as_estimator(model: keras.Model, classes: Any = None) -> Any:
    """The estimator of a Keras model, by what its outputs were trained for."""
    network = plain_network(model)
    if model.compiled:
        build_optimizer(model)  # or a pickle of it cannot be read
    several = has_several_outputs(network)
    kinds = {head.kind for head in heads_of(network)} if several else {output_kind(network)}
    if kinds == {"values"} and classes is None:
        return ModelRegressor(model)
    if several:
        return ModelHeads(model)
    if kinds == {"labels"} and classes is None:
        return ModelMultilabel(model)
    return ModelClassifier(model, classes=classes)
