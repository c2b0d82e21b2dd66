"""Gradients as features: a transformer for pipelines."""

from collections.abc import Hashable
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone, is_classifier
from sklearn.utils.validation import check_is_fitted

from skfi._constraints import Whole
from skfi._containers import container
from skfi._folding import n_features
from skfi._given import checked_names_in, naming
from skfi._private import (
    HasMethods,
    StrOptions,
    _check_feature_names_in,
    _safe_indexing,
    check_parameters,
)
from skfi._routing import RoutesFit
from skfi.importance._gradient._explained import explained_input
from skfi.importance._gradient._gradient_importance import gradient_importance
from skfi.importance._gradient._network import Network, find_network
from skfi.importance._inputs._read import kind_of
from skfi.importance._units._cells import BY

# Those that draw noise or baselines would make a row's features depend on the rows beside it.
_METHODS = ("saliency", "input_x_gradient", "integrated_gradients")


class GradientTransformer(RoutesFit, TransformerMixin, MetaEstimatorMixin, BaseEstimator):
    """Turn each sample into the attributions that a network's gradients give its features.

    ``fit`` trains the network; ``transform`` returns, for each sample, how its features moved the
    network's output: a representation of *why* the network answered, for a clusterer or a second
    classifier to work on.

    Parameters
    ----------
    estimator : estimator
        A skfi estimator, a SciKeras wrapper, or a Pipeline ending in one; it is cloned and fitted.
        Wrap a fitted one in :class:`~sklearn.frozen.FrozenEstimator` to take it as it is.
    method : {"saliency", "input_x_gradient", "integrated_gradients"}, \
            default="integrated_gradients"
        Gradient method, as in :func:`~skfi.gradient_importance`; paths begin where those of the
        training samples do. Those that draw at random are not offered: a row's features would
        depend on the rows beside it.
    by : {"feature", "timestep", "cell"}, default="feature"
        What the columns are for.
    target : label or int, default=None
        The class or output that is explained; None is each sample's predicted class.
    aggregate : {"mean", "mean_abs"}, default="mean"
        Average signed or absolute values over time.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Mean absolute attribution of each feature that enters the network over the training
        samples, of sum 1.
    n_features_in_ : int
        Features of a step for 3-D ``X``; columns for 2-D ``X``.

    See Also
    --------
    gradient_importance : The function behind it.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.pipeline import make_pipeline
    >>> from skfi import GradientTransformer, LSTMRegressor
    >>> from skfi.datasets import make_sequence_regression
    >>> X, y = make_sequence_regression(n_samples=60, n_features=3, return_X_y=True,
    ...                                 random_state=0)
    >>> network = LSTMRegressor(units=4, epochs=2, random_state=0)
    >>> pipe = make_pipeline(GradientTransformer(network), KMeans(2, random_state=0))
    >>> pipe.fit_predict(X, y).shape
    (60,)
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - declared as scikit-learn does
        "estimator": [HasMethods(["fit"])],
        "method": [StrOptions(set(_METHODS))],
        "by": [StrOptions(set(BY))],
        "target": "no_validation",
        "aggregate": [StrOptions({"mean", "mean_abs"})],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        method: str = "integrated_gradients",
        by: str = "feature",
        target: Any = None,
        aggregate: str = "mean",
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.by = by
        self.target = target
        self.aggregate = aggregate

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        **fit_params : dict
            Passed to the estimator's ``fit``.

        Returns
        -------
        self : GradientTransformer
            Fitted.

        Raises
        ------
        ValueError
            If a parameter or the data do not fit.
        """
        check_parameters(self)
        if isinstance(self.estimator, keras.Model):
            raise ValueError(
                "GradientTransformer takes estimators. For a trained keras.Model: "
                "GradientTransformer(FrozenEstimator(from_keras(model)))."
            )
        column = kind_of(self.estimator).column
        if column == "timestep" and self.by != "timestep":
            raise ValueError(
                f"by={self.by!r} gives no column for each sample when X holds tokens; use "
                "by='timestep', a column for each position."
            )
        X = container(X)
        self._check_target(y)
        self.estimator_ = clone(self.estimator).fit(X, y, **self._routed(fit_params))
        self._take_names(self.estimator_)
        network = find_network(self.estimator_, X)
        self._check_outputs(network)
        # once for all, so that a row's features do not depend on the rows beside it
        self._baseline = None
        if self.method == "integrated_gradients":
            self._baseline = explained_input(network).origin()
        result = self._explain(X, by=column, aggregate="mean_abs", scale="std")
        total = result.importances_mean.sum()
        self.feature_importances_ = result.importances_mean / (total or 1.0)
        X = X if hasattr(X, "shape") else np.asarray(X)
        self.n_features_in_ = n_features(X) if X.ndim > 1 else len(self.feature_importances_)
        self._names = self._explain(_safe_indexing(X, [0]), by=self.by).feature_names
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Attributions of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples.

        Returns
        -------
        attributions : ndarray of shape (n_samples, n_units)
            One column for each feature, time step or cell.
        """
        check_is_fitted(self)
        result = self._explain(X, by=self.by)
        return np.ascontiguousarray(result.importances.T)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of ``transform``.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the input features; by default those seen in ``fit``, else x0, x1, ... Not
            used for time steps, or where an inner Pipeline makes other features.

        Returns
        -------
        names : ndarray of str
            Names of the features, time steps or cells.
        """
        check_is_fitted(self)
        with naming("input_features", input_features, "the names of the features"):
            names = _check_feature_names_in(self, checked_names_in(input_features))
        renamed = self.by == "feature" and len(names) == len(self._names)
        return names if renamed and input_features is not None else self._names

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _check_target(self, y: Any) -> None:
        """Raise ValueError now for a target that no network could have."""
        target = self.target
        if target is None:
            return
        if is_classifier(self.estimator) and y is not None and np.ndim(target) == 0:
            known = isinstance(target, Hashable) and target in np.unique(np.asarray(y)).tolist()
        else:
            known = not is_classifier(self.estimator) and Whole(0).is_satisfied_by(target)
        if not known:
            raise ValueError(
                f"target={target!r:.60} is neither a label in y nor the number of an output."
            )

    def _check_outputs(self, network: Network) -> None:
        several = network.per_step or (network.classes is None and network.n_outputs > 1)
        chosen = self.target is not None and not network.per_step
        if several and self.aggregate == "mean" and not chosen:
            raise ValueError(
                "The network has several outputs, of which signed values would cancel. Pass "
                "aggregate='mean_abs', or the output to explain as target= (one of each sample, "
                "not of each step)."
            )

    def _explain(
        self, X: Any, *, by: str, aggregate: str | None = None, scale: str | None = None
    ) -> Any:
        return gradient_importance(
            self.estimator_,
            X,
            method=self.method,
            target=self.target,
            by=by,
            baseline=self._baseline,
            scale=scale,
            aggregate=aggregate or self.aggregate,
        )
