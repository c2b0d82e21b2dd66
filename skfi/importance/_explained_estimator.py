"""Any estimator, with importances of its features."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skfi._folding import n_features
from skfi._private import (
    HasMethods,
    StrOptions,
    _check_method_params,
    _fit_context,
    _num_samples,
    _safe_indexing,
)
from skfi._routing import RoutesFit
from skfi.importance._explained_checks import check_explained, weight_in
from skfi.importance._fits import without_importances
from skfi.importance._functions import FUNCTIONS
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._read import kind_of
from skfi.importance._results._result import ImportanceResult
from skfi.importance._results._shares import positive_shares


def _has(method: str) -> Callable[[Any], bool]:
    """Whether the wrapped estimator has a method, which raises AttributeError if not."""
    return lambda self: bool(getattr(getattr(self, "estimator_", self.estimator), method))


class ExplainedEstimator(RoutesFit, MetaEstimatorMixin, BaseEstimator):
    """Give any estimator ``feature_importances_``.

    It predicts and scores as the estimator that it wraps, and computes importances once, in
    ``fit``. So a SciKeras wrapper, a Pipeline or a search can be used wherever scikit-learn asks
    for ``feature_importances_``.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor, a SciKeras wrapper, or a Pipeline or search that ends in one.
        With ``cv="prefit"`` it is fitted, or a trained ``keras.Model``.
    importance : {"permutation", "gradient", "lofo"}, default="permutation"
        Which function computes importances; gradients need a network.
    importance_params : dict, default=None
        Further parameters of that function, such as ``{"scoring": "neg_mean_absolute_error"}``.
    cv : int, cross-validation splitter, iterable, "prefit" or None, default=None
        Which rows importances are of. None: those that the estimator is trained on. Folds: of rows
        that are held out, from clones that are trained on the others; the importances of the folds
        are averaged. "prefit": ``fit`` trains nothing and explains the estimator on the rows that
        it is given. LOFO trains by folds of its own, for which ``cv`` is passed on.

    Attributes
    ----------
    estimator_ : estimator
        Trained on all rows; with ``cv="prefit"`` the one that was passed.
    importances_ : ImportanceResult
        Of each feature (of each column of 2-D ``X``); with folds a value for each of them.
    feature_importances_ : ndarray of shape (n_features_in_,)
        ``importances_.importances_mean`` clipped at 0 and normalised.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of str
        Their names, if ``X`` was a DataFrame.
    classes_ : ndarray
        The labels of a classifier.

    See Also
    --------
    permutation_importance, gradient_importance, lofo_importance : The functions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skfi import ExplainedEstimator
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = 3 * X[:, 0] + X[:, 1]
    >>> model = ExplainedEstimator(Ridge(), importance_params={"random_state": 0}).fit(X, y)
    >>> model.feature_importances_.round(1)
    array([0.9, 0.1, 0. ])
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - declared as scikit-learn does
        "estimator": [HasMethods(["fit"])],
        "importance": [StrOptions(set(FUNCTIONS))],
        "importance_params": [dict, None],
        "cv": ["cv_object", StrOptions({"prefit"})],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        importance: str = "permutation",
        importance_params: Mapping[str, Any] | None = None,
        cv: Any = None,
    ) -> None:
        self.estimator = estimator
        self.importance = importance
        self.importance_params = importance_params
        self.cv = cv

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:
        """Fit the estimator, then compute importances.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples, as the estimator takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        **fit_params : dict
            Passed to the estimator's ``fit``. A ``sample_weight`` counts in importances too.

        Returns
        -------
        self : ExplainedEstimator
            Fitted.

        Raises
        ------
        ValueError
            If a parameter or the data do not fit.
        NotFittedError
            If ``cv="prefit"`` and the estimator is not fitted.
        """
        prefit = isinstance(self.cv, str)
        check_explained(self, X, y, prefit=prefit)
        routed = self._routed(fit_params)
        if prefit:
            fitted = as_estimator(self.estimator)
            check_is_fitted(fitted)
        else:
            fitted = clone(self.estimator).fit(X, y, **routed)
        importances = self._importances(fitted, X, y, routed)
        self.estimator_ = fitted
        self.n_features_in_ = getattr(fitted, "n_features_in_", None) or n_features(X)
        if len(importances.importances_mean) != self.n_features_in_:  # of SciKeras: time steps
            self.n_features_in_ = len(importances.importances_mean)
        self._take_names(fitted)
        self.importances_ = importances
        return self

    def _importances(
        self, fitted: Any, X: Any, y: Any, fit_params: Mapping[str, Any]
    ) -> ImportanceResult:
        params = {"by": kind_of(as_estimator(fitted)).column} | dict(self.importance_params or {})
        weight = weight_in(fit_params, self.estimator)
        if self.importance == "lofo":
            others = {k: v for k, v in fit_params.items() if k != "sample_weight"}
            cv = None if isinstance(self.cv, str) else self.cv
            settings = {"cv": cv, "fit_params": others or None} | params
            return FUNCTIONS["lofo"](self.estimator, X, y, sample_weight=weight, **settings)
        function = FUNCTIONS[self.importance]
        if self.cv is None or isinstance(self.cv, str):
            return function(fitted, X, y, sample_weight=weight, **params)
        folds = check_cv(self.cv, y, classifier=is_classifier(fitted))
        results = []
        for train, test in folds.split(np.zeros(_num_samples(X)), y):
            of_fold = _check_method_params(X, fit_params, indices=train)
            model = without_importances(clone(self.estimator))
            model.fit(_safe_indexing(X, train), _safe_indexing(y, train), **of_fold)
            own = None if weight is None else _safe_indexing(weight, test)
            X_test, y_test = _safe_indexing(X, test), _safe_indexing(y, test)
            results.append(function(model, X_test, y_test, sample_weight=own, **params))
        return ImportanceResult.from_values(
            np.column_stack([result.importances_mean for result in results]),
            feature_names=results[0].feature_names,
            method=results[0].method,
            by=results[0].by,
            input_names=results[0].get("input_names"),
            feature_groups=results[0].get("feature_groups"),
            scoring=results[0].get("scoring"),
        )

    @property
    def feature_importances_(self) -> np.ndarray:
        """Importances of the features, non-negative, of sum 1; all zeros if none is positive."""
        check_is_fitted(self)
        return positive_shares(self.importances_.importances_mean)

    @property
    def scores_as(self) -> Any:
        """The estimator whose ``score`` is this one's."""
        return getattr(self, "estimator_", self.estimator)

    @property
    def classes_(self) -> np.ndarray:
        """The labels of a classifier."""
        return self.estimator_.classes_

    @available_if(_has("predict"))
    def predict(self, X: Any) -> np.ndarray:
        """What the estimator predicts.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples.

        Returns
        -------
        y : ndarray
            Predictions.
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """The estimator's class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Of the classes.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @available_if(_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """The estimator's decision function.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples.

        Returns
        -------
        decisions : ndarray
            Of the classes.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    @available_if(_has("score"))
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The estimator's own score.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            The higher the better.
        """
        check_is_fitted(self)
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.estimator_.score(X, y, **weight)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "importances_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        own = get_tags(as_estimator(self.estimator))
        tags.estimator_type = own.estimator_type
        tags.classifier_tags = own.classifier_tags
        tags.regressor_tags = own.regressor_tags
        tags.input_tags = replace(own.input_tags, sparse=False)  # values are shuffled in place
        tags.target_tags = own.target_tags
        tags.target_tags.required = True
        return tags
