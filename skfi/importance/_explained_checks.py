"""What an ExplainedEstimator checks before it fits."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from skfi._given import EXPECTED, check_targets, check_values
from skfi._private import _num_samples
from skfi.importance._functions import check_params_of
from skfi.importance._lofo._checks import folds_of_rows


def weight_in(fit_params: Mapping[str, Any], estimator: Any) -> Any:
    """The sample weight among the parameters of ``fit``, also that of a Pipeline's last step."""
    prefix = ""
    while isinstance(estimator, Pipeline):
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    return fit_params.get("sample_weight", fit_params.get(f"{prefix}sample_weight"))


def check_explained(explained: Any, X: Any, y: Any, *, prefit: bool) -> None:
    """Raise now for what would fail after the training."""
    if not prefit and isinstance(explained.estimator, keras.Model):
        raise ValueError(
            "A trained keras.Model is explained with cv='prefit'. To train it, pass "
            "from_keras(model), or a SciKeras wrapper."
        )
    for name in ("per_output", "by", "feature_groups"):
        if (explained.importance_params or {}).get(name):
            raise ValueError(
                f"importance_params has {name!r}, but feature_importances_ has one value for "
                f"each feature. Call {explained.importance}_importance(..., {name}=...) on the "
                "fitted estimator."
            )
    if y is None:
        raise ValueError(
            f"{type(explained).__name__} requires y to be passed, but the target y is None."
        )
    check_params_of(explained.importance, explained.importance_params or {})
    if isinstance(X, (Mapping, tuple)):  # several inputs
        return
    check_values(X, "X", EXPECTED)
    if not isinstance(y, (Mapping, tuple)):
        check_targets(y, _num_samples(X))
    cv = explained.cv
    # a splitter may draw, and an iterator can be read once
    if not prefit and cv is not None and not hasattr(cv, "split") and not isinstance(cv, Iterator):
        classifies = is_classifier(explained.estimator)
        folds_of_rows(cv, np.empty((_num_samples(X), 1)), y, None, stratified=classifies)
