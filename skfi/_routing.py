"""Metadata routing of estimators that fit one other estimator."""

from typing import Any

from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)


class RoutesFit:
    """Route the metadata of ``fit``, such as ``sample_weight``, to the ``estimator``'s ``fit``."""

    estimator: Any

    def get_metadata_routing(self) -> MetadataRouter:
        """Route the metadata of ``fit`` to the estimator's ``fit``.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRouter
            The routing.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def _routed(self, fit_params: dict[str, Any]) -> dict[str, Any]:
        if _routing_enabled():
            return process_routing(self, "fit", **fit_params).estimator.fit
        return fit_params
