"""The SciKeras wrapper that an estimator holds: the only place that imports SciKeras.

Composed, not inherited: on current scikit-learn SciKeras' classes carry neither the tags of a
classifier nor of a regressor, and a subclass cannot mend it (docs/decisions/0001).
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from scikeras.utils.transformers import ClassifierLabelEncoder
from scikeras.wrappers import BaseWrapper, KerasClassifier, KerasRegressor
from sklearn.preprocessing import FunctionTransformer

from skfi.recurrent._training import TrainingData


def _reshaped(y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.reshape(y, shape)  # NumPy's own name of this argument changed in 2.1


class ClassWrapper(KerasClassifier):
    """A wrapper for class numbers, of which a batch need not hold each one."""

    _n_classes: int

    @property
    def target_encoder(self) -> ClassifierLabelEncoder:
        """Keeps the numbers as they are; SciKeras' own would number those of the batch anew."""
        return ClassifierLabelEncoder(loss=self.loss, categories=[np.arange(self._n_classes)])


class PerStepWrapper(KerasRegressor):
    """A wrapper for a target at every step, of which it gets the two last axes as one.

    SciKeras takes neither 3-D targets nor weights of single steps; numbers of classes are numbers
    to it here.
    """

    _target_shape: tuple[int, ...]

    @property
    def target_encoder(self) -> FunctionTransformer:
        """Gives the target its last axis back."""
        return FunctionTransformer(partial(_reshaped, shape=(-1, *self._target_shape)))

    # a private method of SciKeras 0.13, the last version: it refuses weights of single steps
    def _validate_sample_weight(self, X: Any, y: Any, sample_weight: Any) -> tuple:
        return X, y, sample_weight


def fit_wrapper(
    model: keras.Model, data: TrainingData, *, classifier: bool, **params: Any
) -> BaseWrapper:
    """A wrapper that has trained a compiled network on a target for each sequence.

    Its ``random_state`` stays None: SciKeras leaves TensorFlow's determinism switch on after a
    seeded fit. The estimator seeds around the call instead.
    """
    make = ClassWrapper if classifier else KerasRegressor
    wrapper = make(model=model, random_state=None, **params)
    if classifier:
        wrapper._n_classes = max(2, model.outputs[0].shape[-1])
    X, target, weight = data.to_train()
    return wrapper.fit(X, target, sample_weight=weight, **data.validation())


def fit_per_step(
    model: keras.Model, data: TrainingData, *, classifier: bool, **params: Any
) -> BaseWrapper:
    """The same on targets (n, n_timesteps, n_outputs), each step with its weight."""
    X, target, weight = data.to_train()
    wrapper = PerStepWrapper(model=model, random_state=None, **params)
    wrapper._target_shape = target.shape[1:]  # private: SciKeras takes the others for parameters
    target = target.reshape(len(target), -1)
    return wrapper.fit(X, target, sample_weight=weight, **data.validation())
