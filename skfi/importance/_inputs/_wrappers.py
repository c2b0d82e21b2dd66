"""SciKeras wrappers as scikit-learn estimators, whose predictions are compiled."""

from copy import copy
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.exceptions import NotFittedError

from skfi._keras import check_not_forked, mask_value_of, with_own_code
from skfi.importance._inputs._models import KerasModel


def is_wrapper(estimator: Any) -> bool:
    """Whether an estimator is a wrapper of SciKeras."""
    return any(cls.__module__.split(".")[0] == "scikeras" for cls in type(estimator).__mro__)


_PLAIN_ENCODERS = ("ClassifierLabelEncoder", "RegressorTargetEncoder")


def network_of_wrapper(wrapper: Any, classes: Any = None) -> tuple[keras.Model, Any]:
    """The network of a fitted wrapper, and the labels of its outputs.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    ValueError
        If it changes samples or targets by encoders of its own.
    """
    if not hasattr(wrapper, "model_"):
        raise NotFittedError(f"This {type(wrapper).__name__} is not fitted yet. Call fit first.")
    features, targets = wrapper.feature_encoder_, wrapper.target_encoder_
    own = [type(targets).__name__] if type(targets).__name__ not in _PLAIN_ENCODERS else []
    if getattr(features, "func", features) is not None:
        own.append(type(features).__name__)
    predict = type(wrapper).predict
    own += [] if predict.__module__.startswith("scikeras.") else [predict.__qualname__]
    if own:
        raise ValueError(
            f"{type(wrapper).__name__} encodes samples or targets in a way of its own "
            f"({', '.join(own)}), which its network does not know. The importance functions take "
            "the wrapper as it is."
        )
    known = getattr(wrapper, "classes_", None)
    return wrapper.model_, known if classes is None else classes


class _CompiledPredict:
    """A network in the place of a wrapper's, whose ``predict`` is a compiled call."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._compiled = KerasModel(model)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def predict(self, x: Any, **settings: Any) -> Any:
        """The network's outputs; of several a list of them, or a dict as it gives them."""
        if len(self._compiled.network.outputs) > 1:
            return self._model.predict(x, **{"verbose": 0} | settings)
        return self._compiled.outputs(x)


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
        check_not_forked()
        self.wrapper = clone(self.wrapper).fit(X, y, **fit_params)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """What the wrapper predicts."""
        return self._compiled.predict(self._in_its_type(X))

    @property
    def _compiled(self) -> Any:
        """The wrapper itself, with all that its class does, around compiled calls."""
        known = vars(self).get("_of_model")
        if known is None or known[0] is not self.wrapper.model_:
            compiled = copy(self.wrapper)
            compiled.model_ = _CompiledPredict(self.wrapper.model_)
            self._of_model = known = (self.wrapper.model_, compiled)
        return known[1]

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name != "_of_model"}
        return with_own_code(kept)

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
        return self._compiled.predict_proba(self._in_its_type(X)).reshape(len(X), -1)
