"""What skfi takes from scikit-learn and joblib that they do not promise to keep.

There is no public way to these; each was seen in the versions that are named. All of skfi imports
them from here, so that a version that moves one is mended in one place.
"""

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

import numpy as np

# a backend of joblib is compared with them; joblib 1.4 to 1.6
from joblib._parallel_backends import LokyBackend, MultiprocessingBackend

# checks parameters and then fits; scikit-learn 1.6 to 1.9, as all that follow
from sklearn.base import _fit_context

# several metrics on the same predictions, which it computes once
from sklearn.metrics._scorer import _MultimetricScorer

# the scorer of scoring=None, which calls the estimator's own score
from sklearn.metrics._scorer import _PassthroughScorer as PassthroughScorer

# what GridSearchCV, the halving searches and those of other packages have in common
from sklearn.model_selection._search import BaseSearchCV

# rows of arrays, tables and lists alike
from sklearn.utils import _safe_indexing

# threads that joblib leaves to a worker; threadpoolctl knows the limits of pools alone
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

# the checks of parameters whose errors scikit-learn's users know, and check_estimator asks for
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
    validate_params,
)

# Pipeline, FeatureUnion, ColumnTransformer and the like
from sklearn.utils.metaestimators import _BaseComposition

# checks of y, weights and names, each with the message that check_estimator expects
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_method_params,
    _check_y,
    _num_samples,
)
from sklearn.utils.validation import _check_sample_weight as _checked_weight

__all__ = [
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "LokyBackend",
    "MultiprocessingBackend",
    "PassthroughScorer",
    "RealNotInt",
    "StrOptions",
    "_BaseComposition",
    "_check_feature_names_in",
    "_check_method_params",
    "_check_sample_weight",
    "_check_y",
    "_fit_context",
    "_num_samples",
    "_openmp_effective_n_threads",
    "_safe_indexing",
    "check_parameters",
    "joined_scorer",
    "score_function",
    "score_settings",
    "score_sign",
    "scorers_of",
    "transform_output",
    "validate_parameter_constraints",
    "validate_params",
    "with_score_function",
]


def _check_sample_weight(sample_weight: Any, X: Any, **params: Any) -> np.ndarray:
    """scikit-learn's check; its version 1.6 takes weights that are all zero."""
    checked = _checked_weight(sample_weight, X, **params)
    if not np.any(checked):
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return checked


def check_parameters(estimator: Any) -> None:
    """Check an estimator's parameters as its own ``fit`` would."""
    estimator._validate_params()


def score_function(scorer: Any, default: Any = None) -> Any:
    """The metric of predictions that a scorer of scikit-learn computes; ``default`` of others."""
    return getattr(scorer, "_score_func", default)


def score_settings(scorer: Any) -> dict[str, Any]:
    """What a scorer of scikit-learn passes to its metric; empty of others."""
    return getattr(scorer, "_kwargs", {})


def score_sign(scorer: Any) -> int:
    """-1 if a scorer of scikit-learn is the negative of its metric, else 1."""
    return getattr(scorer, "_sign", 1)


def with_score_function(scorer: Any, metric: Callable) -> Any:
    """A copy of a scorer of scikit-learn that computes another metric of the same predictions."""
    changed = copy(scorer)
    changed._score_func = metric
    return changed


def scorers_of(scorer: Any) -> dict[Any, Any] | None:
    """The scorers that scikit-learn has joined to one, by name; None of a single one."""
    joined = getattr(scorer, "_scorers", None)
    return None if joined is None else dict(joined)


def joined_scorer(scorers: Mapping[Any, Any]) -> Any:
    """A scorer of several metrics, which predicts once for all of them."""
    return _MultimetricScorer(scorers=dict(scorers))


def transform_output(transformer: Any) -> str | None:
    """The container that ``set_output`` asked of one transformer; None if it was not called."""
    return getattr(transformer, "_sklearn_output_config", {}).get("transform")
