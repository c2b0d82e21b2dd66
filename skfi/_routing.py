"""What estimators that fit one other estimator share: routing, and names of features."""

from typing import Any

from sklearn import get_config
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)


class RoutesFit:
    """Route the metadata of ``fit``, such as ``sample_weight``, to the ``estimator``'s ``fit``."""

    estimator: Any
    feature_names_in_: Any

    def get_metadata_routing(self) -> MetadataRouter:
        """Route the metadata of ``fit`` to the estimator's ``fit``.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRouter
            The routing.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        if hasattr(self, "fit_transform"):  # for which Pipelines ask up to scikit-learn 1.8
            mapping.add(caller="fit_transform", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def _take_names(self, fitted: Any) -> None:
        """Take over the feature names that the estimator was fitted with; none if it has none."""
        if hasattr(fitted, "feature_names_in_"):
            self.feature_names_in_ = fitted.feature_names_in_
        elif hasattr(self, "feature_names_in_"):  # of an earlier fit on a DataFrame
            del self.feature_names_in_

    def _routed(self, fit_params: dict[str, Any]) -> dict[str, Any]:
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **fit_params).estimator.fit
        return fit_params
