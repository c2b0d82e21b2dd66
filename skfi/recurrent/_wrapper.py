"""The SciKeras wrapper that an estimator holds: the only place that imports SciKeras.

Composed, not inherited: on current scikit-learn SciKeras' classes carry neither the tags of a
classifier nor of a regressor, and a subclass cannot mend it (docs/decisions/0001).
"""

from typing import Any

import keras
from scikeras.wrappers import BaseWrapper, KerasClassifier, KerasRegressor


def make_wrapper(model: keras.Model, *, classifier: bool, **fit_params: Any) -> BaseWrapper:
    """An unfitted wrapper around a compiled network.

    Its ``random_state`` stays None: SciKeras leaves TensorFlow's determinism switch on after a
    seeded fit. The estimator seeds around the call instead.
    """
    make = KerasClassifier if classifier else KerasRegressor
    return make(model=model, random_state=None, **fit_params)
