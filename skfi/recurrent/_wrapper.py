"""The SciKeras wrapper that an estimator holds: the only place that imports SciKeras.

Composed, not inherited: on current scikit-learn SciKeras' classes carry neither the tags of a
classifier nor of a regressor, and a subclass cannot mend it (docs/decisions/0001).
"""

import functools
from typing import Any

import keras
from scikeras.wrappers import BaseWrapper, KerasClassifier, KerasRegressor

from skfi.recurrent._networks import Architecture, check_loss, default_loss, make_optimizer


def make_wrapper(
    architecture: Architecture,
    trained: keras.Model | None,
    *,
    optimizer: str | keras.optimizers.Optimizer,
    learning_rate: float | None,
    loss: Any,
    **fit_params: Any,
) -> BaseWrapper:
    """An unfitted wrapper that builds ``architecture``, or goes on with a ``trained`` network.

    Its ``random_state`` stays None: SciKeras leaves TensorFlow's determinism switch on after a
    seeded fit. The estimator seeds around the call instead.
    """
    make = KerasRegressor if architecture.activation == "linear" else KerasClassifier
    build = functools.partial(_build, architecture, trained, optimizer, learning_rate, loss)
    return make(model=build, random_state=None, **fit_params)


def _build(
    architecture: Architecture,
    trained: keras.Model | None,
    optimizer: str | keras.optimizers.Optimizer,
    learning_rate: float | None,
    loss: Any,
) -> keras.Model:
    model = architecture.build() if trained is None else trained
    if not model.compiled:
        loss = loss or default_loss(architecture.activation, model.outputs[0].shape[-1])
        model.compile(optimizer=make_optimizer(optimizer, learning_rate), loss=check_loss(loss))
    return model
