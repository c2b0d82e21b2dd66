"""Keras models and SciKeras wrappers as scikit-learn estimators."""

from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array

from skfi._keras import (
    check_inputs,
    check_network,
    class_probabilities,
    compile_like,
    compiled_loss,
    find_embedding,
    fixed_weights,
    forward,
    forward_ids,
    gives_logits,
    loss_name,
    mask_value_of,
    output_kind,
    rebuild,
    seeded,
    takes_texts,
)
from skfi._pipelines import with_last
from skfi.importance._inputs._last_step import LastStep


def as_estimator(estimator: Any) -> Any:
    """``estimator``, its Keras object (or that of a Pipeline's last step) as an estimator."""
    return with_last(estimator, _adapted)


def _adapted(estimator: Any) -> Any:
    if isinstance(estimator, keras.Model):
        check_network(estimator)
        of_classes = output_kind(estimator) != "values"
        return (ModelClassifier if of_classes else ModelRegressor)(estimator)
    if any(cls.__module__.split(".")[0] == "scikeras" for cls in type(estimator).__mro__):
        is_classifier = getattr(estimator, "_estimator_type", None) == "classifier"
        return (WrapperClassifier if is_classifier else WrapperRegressor)(estimator)
    if not hasattr(estimator, "fit") or isinstance(estimator, type):
        raise TypeError(
            "estimator must be a scikit-learn estimator, a SciKeras wrapper or a keras.Model; got "
            f"{estimator if isinstance(estimator, type) else type(estimator).__name__}."
        )
    return estimator


class _Model(BaseEstimator):
    """A Keras model; ``fit`` trains a fresh one of the same layers for the features it gets."""

    is_bare = True

    def __init__(
        self, model: keras.Model, random_state: int | np.random.RandomState | None = None
    ) -> None:
        self.model = model
        self.random_state = random_state

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> Self:
        return type(self)(self.model, self.random_state)  # the layers are copied from this network

    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:
        """Train a fresh network, compiled as the model is, by ``keras.Model.fit``."""
        X = check_array(X, dtype=keras.config.floatx(), allow_nd=True)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        with seeded(int(seed)):
            self.model_ = compile_like(self._rebuilt(X.shape[1:]), self.model)
            self.model_.fit(X, self._encoded(np.asarray(y)), **{"verbose": 0} | fit_params)
        return self

    def _rebuilt(self, input_shape: tuple[int, ...]) -> keras.Model:
        model = self.model
        return rebuild(type(model), model.get_config(), input_shape, fixed_weights(model))

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        return y

    def _outputs(self, X: Any) -> np.ndarray:
        model = getattr(self, "model_", self.model)
        if takes_texts(model) and np.asarray(X).dtype.kind in "iu":  # ids of shuffled words
            return forward_ids(model, np.asarray(X)).astype(np.float64)
        return forward(model, check_inputs(model, X)).astype(np.float64)

    @property
    def mask_value(self) -> float | None:
        """The value of the network's Masking layer."""
        return mask_value_of(self.model)

    @property
    def return_sequences(self) -> bool:
        """Whether there is an output at every step."""
        return len(self.model.outputs[0].shape) == 3

    def sequence_mask(self, X: Any) -> np.ndarray:
        """Which steps are not padding."""
        X = np.asarray(X)
        mask = LastStep.of(self).real_steps(X) if X.ndim == 3 else None
        if mask is not None:
            return mask
        embedding = find_embedding(self.model)
        if X.ndim == 2 and embedding is not None and embedding.mask_zero:
            return X != 0
        return np.ones(X.shape[:2], dtype=bool)


class ModelRegressor(RegressorMixin, _Model):
    """A Keras model for regression."""

    def predict(self, X: Any) -> np.ndarray:
        """The network's outputs, 1-D if there is one."""
        outputs = self._outputs(X)
        return outputs[..., 0] if outputs.shape[-1] == 1 else outputs


class ModelClassifier(ClassifierMixin, _Model):
    """A Keras model for classification into 0, 1, ..."""

    @property
    def classes_(self) -> np.ndarray:
        """Class numbers, as the network's outputs are numbered."""
        n_outputs = self.model.outputs[0].shape[-1]
        return np.arange(2 if n_outputs == 1 else n_outputs)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities."""
        return class_probabilities(self._outputs(X), logits=gives_logits(self.model))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class numbers."""
        return self.predict_proba(X).argmax(axis=-1)

    def check_target(self, y: Any) -> None:
        """Raise ValueError unless ``y`` holds class numbers."""
        y = np.asarray(y)
        known = np.isin(y, self.classes_)
        if self.return_sequences and y.dtype.kind == "f":
            known |= np.isnan(y)  # of padded steps
        if y.ndim != (2 if self.return_sequences else 1) or not known.all():
            raise ValueError(
                "y must hold the class numbers that a classifying keras.Model was trained on, "
                f"{self.classes_.tolist()}, one for each sample. For labels pass "
                "from_keras(model, classes=[...])."
            )

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        one_output = self.model.outputs[0].shape[-1] == 1
        plain = one_output or "sparse" in loss_name(compiled_loss(self.model))
        return y if plain else np.eye(len(self.classes_))[y]


class _Wrapper(BaseEstimator):
    """A SciKeras wrapper, which on current scikit-learn lacks the tags of its kind."""

    def __init__(self, wrapper: Any) -> None:
        self.wrapper = wrapper

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self.wrapper, "model_")

    @property
    def mask_value(self) -> float | None:
        """The value of the network's Masking layer."""
        model = getattr(self.wrapper, "model_", None)
        return None if model is None else mask_value_of(model)

    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:
        """Fit a clone of the wrapper."""
        self.wrapper = clone(self.wrapper).fit(X, y, **fit_params)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """What the wrapper predicts."""
        return self.wrapper.predict(self._in_its_type(X), verbose=0)

    def _in_its_type(self, X: Any) -> Any:
        """Cast numbers to the dtype the wrapper was fitted on, as it accepts no wider one."""
        X = np.asarray(X)
        return X.astype(self.wrapper.X_dtype_) if X.dtype.kind in "iuf" else X


class WrapperRegressor(RegressorMixin, _Wrapper):
    """A SciKeras regressor."""


class WrapperClassifier(ClassifierMixin, _Wrapper):
    """A SciKeras classifier."""

    @property
    def classes_(self) -> np.ndarray:
        """The labels that the wrapper learnt."""
        return self.wrapper.classes_

    def predict_proba(self, X: Any) -> np.ndarray:
        """The wrapper's probabilities, 2-D for a single row too."""
        return self.wrapper.predict_proba(self._in_its_type(X), verbose=0).reshape(len(X), -1)
