"""Selection of features from 3-D sequences."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.feature_selection import SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_array, check_is_fitted

from skfi._constraints import Instance, Whole
from skfi._containers import check_kinds, container
from skfi._folding import n_features
from skfi._given import EXPECTED, check_takes, checked_names_in, described, naming
from skfi._private import (
    StrOptions,
    _check_feature_names_in,
    check_parameters,
    transform_output,
    validate_params,
)
from skfi._routing import RoutesFit

GETTER = "the name of an attribute of the fitted estimator, or a function of it"


class SelectSequenceFeatures(
    RoutesFit, MetaEstimatorMixin, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """:class:`~sklearn.feature_selection.SelectFromModel` for the last axis of 3-D sequences.

    scikit-learn's selector decides; this class hands it sequences, which it would refuse, and
    drops the features that it drops from every time step. 2-D input works too.

    Parameters
    ----------
    estimator : estimator
        With ``feature_importances_`` after ``fit``, such as :class:`~skfi.LSTMClassifier`. It is
        cloned; wrap a fitted one in :class:`~sklearn.frozen.FrozenEstimator`.
    threshold : str or float, default=None
        Least importance to keep; None is "mean". As in scikit-learn.
    max_features : int, callable or None, default=None
        Most features to keep. With ``threshold=-np.inf`` the best so many are kept.
    importance_getter : str or callable, default="auto"
        Where the importances are, as in scikit-learn, such as
        ``"named_steps.lstm.feature_importances_"``.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    selector_ : sklearn.feature_selection.SelectFromModel
        The selector that decided.
    n_features_in_ : int
        Number of features of a step.

    Examples
    --------
    >>> from skfi import LSTMRegressor, SelectSequenceFeatures
    >>> from skfi.datasets import make_sequence_regression
    >>> X, y = make_sequence_regression(n_samples=300, n_features=4, n_informative=1,
    ...                                 return_X_y=True, random_state=0)
    >>> network = LSTMRegressor(units=8, epochs=10, learning_rate=0.02, random_state=0)
    >>> selector = SelectSequenceFeatures(network).fit(X, y)
    >>> selector.transform(X).shape
    (300, 10, 1)
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - declared as scikit-learn does
        "estimator": [Instance(["fit"])],
        "threshold": [str, Real, None],
        "max_features": [Whole(0), callable, None],
        "importance_getter": [str, callable],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        threshold: str | float | None = None,
        max_features: int | Callable | None = None,
        importance_getter: str | Callable = "auto",
    ) -> None:
        self.estimator = estimator
        self.threshold = threshold
        self.max_features = max_features
        self.importance_getter = importance_getter

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Self:
        """Fit the estimator and choose the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,), default=None
            Targets.
        **fit_params : dict
            Passed to the estimator's ``fit``.

        Returns
        -------
        self : SelectSequenceFeatures
            Fitted.

        Raises
        ------
        ValueError
            If the estimator has no importances, or not one for each feature.
        """
        check_parameters(self)
        if isinstance(self.threshold, (bool, np.bool_)) or self.threshold != self.threshold:
            raise ValueError(f"threshold={self.threshold} must be a number, a str or None.")
        if callable(self.max_features):
            check_takes(self.max_features, "max_features", "(X)")
        X = container(X)
        width = n_features(X)
        if isinstance(self.max_features, Integral) and self.max_features > width:
            raise ValueError(f"max_features={self.max_features}, but X has {width} features.")
        self.estimator_ = clone(self.estimator).fit(X, y, **self._routed(fit_params))
        self.selector_ = SelectFromModel(
            FrozenEstimator(self.estimator_),
            threshold=self.threshold,
            max_features=self.max_features,
            importance_getter=self.importance_getter,
        )
        # the frozen estimator learns nothing more: the selector only counts the features
        with naming("importance_getter", self.importance_getter, GETTER):
            self.selector_.fit(X if hasattr(X, "iloc") else _last_step(X), y)
            n_importances = len(self.selector_.get_support())
        self.n_features_in_ = n_features(X)
        self._take_names(self.estimator_)
        if n_importances != self.n_features_in_:
            raise ValueError(
                f"{type(self.estimator_).__name__} has {n_importances} importances for "
                f"{self.n_features_in_} features."
            )
        return self

    def get_support(self, indices: bool = False) -> np.ndarray:
        """Mask, or positions, of the features that are kept.

        Parameters
        ----------
        indices : bool, default=False
            Return positions.

        Returns
        -------
        support : ndarray of bool of shape (n_features_in_,), or of int
            The features kept.
        """
        check_is_fitted(self)
        if not isinstance(indices, (bool, np.bool_)):
            raise TypeError(f"indices must be True or False; got {described(indices)}.")
        return self.selector_.get_support(indices=indices)

    def transform(self, X: Any) -> np.ndarray:
        """Keep the chosen features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_features)
            Samples.

        Returns
        -------
        X : ndarray of shape (n_samples, n_timesteps, n_kept) or (n_samples, n_kept)
            The same without the other features.

        Raises
        ------
        ValueError
            If the number of features is not that of ``fit``.
        """
        check_is_fitted(self)
        X = container(X)
        with naming("X", X, EXPECTED):
            return self._transform(X if hasattr(X, "ndim") else np.asarray(X))

    def _transform(self, X: Any) -> np.ndarray:
        check_kinds(X)
        if X.shape[-1:] != (self.n_features_in_,):
            raise ValueError(
                f"X has {X.shape[-1] if X.ndim else 0} features, but {type(self).__name__} is "
                f"expecting {self.n_features_in_} features as input."
            )
        if X.ndim == 2:
            setting = transform_output(self)
            return self.selector_.set_output(transform=setting).transform(X)
        X = check_array(X, allow_nd=True, dtype=None, input_name="X")
        return X[..., self.get_support()]

    @validate_params(
        {"transform": [StrOptions({"default", "pandas", "polars"}), None]},
        prefer_skip_nested_validation=True,
    )
    def set_output(self, *, transform: str | None = None) -> Self:
        """Set the container of 2-D output; 3-D output is an array, as no table holds it.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            As in scikit-learn.

        Returns
        -------
        self : SelectSequenceFeatures
            The selector.
        """
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the features that are kept.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the input features; by default those seen in ``fit``, else x0, x1, ...

        Returns
        -------
        names : ndarray of str
            Names of the features kept.
        """
        with naming("input_features", input_features, "the names of the features"):
            names = _check_feature_names_in(self, checked_names_in(input_features))
        return names[self.get_support()]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def _last_step(X: Any) -> np.ndarray:
    X = np.asarray(X)
    return X[:, -1] if X.ndim == 3 else X
