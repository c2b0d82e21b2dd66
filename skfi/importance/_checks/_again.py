"""Recompute a result for another network or by another method."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from skfi.importance._gradient._gradient_importance import gradient_importance
from skfi.importance._gradient._table import METHODS as GRADIENTS
from skfi.importance._inputs._kinds import Kind
from skfi.importance._permutation._permutation_importance import permutation_importance
from skfi.importance._results._result import ImportanceResult
from skfi.importance._units._cells import Units
from skfi.importance._units._of_input import units_of

_TAKEN_FROM_RESULT = ("method", "temporal_rescaling", "by", "feature_groups", "feature_names")


@dataclass(frozen=True)
class Again:
    """How a result was computed, and on which samples."""

    result: ImportanceResult
    X: Any
    y: Any
    names: list[str] | None
    params: dict[str, Any]  # of a gradient method
    of_scores: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, result: ImportanceResult, kind: Kind, X: Any, y: Any, gradient_params: Any) -> Self:
        """Take names, groups and method from the result."""
        params: dict[str, Any] = dict(gradient_params or {})
        for name in _TAKEN_FROM_RESULT:
            if name in params:
                raise ValueError(f"gradient_params holds {name!r}, which is taken from result.")
        names = result.get("input_names")
        if names is None and result.by == "feature" and len(result.feature_names) == kind.shape[-1]:
            names = list(result.feature_names)
        return cls(result, X, y, names, params)

    def seeded(self, seed: int, scoring: Any) -> Self:
        """A copy with one seed for all shuffles, so that only the networks differ."""
        plain = self.method != self.result.method
        params = self.params | {"method": self.method, "temporal_rescaling": plain}
        params.setdefault("random_state", seed)
        if self.is_gradient:
            params.setdefault("scale", self.result.get("scale"))
        of_scores = {"scoring": scoring, "random_state": seed}
        return replace(self, params=params, of_scores=of_scores)

    @property
    def method(self) -> str:
        """The method without temporal rescaling."""
        return self.result.method.removesuffix("_rescaled")

    @property
    def is_gradient(self) -> bool:
        """Whether the result is of a gradient method."""
        return self.method in GRADIENTS

    @property
    def is_permutation(self) -> bool:
        """Whether the result is of permutation."""
        return self.method == "permutation"

    @property
    def is_lofo(self) -> bool:
        """Whether the result is of LOFO."""
        return self.method == "lofo"

    @property
    def is_known(self) -> bool:
        """Whether the result can be recomputed without training."""
        return self.is_gradient or self.is_permutation

    @property
    def _of_units(self) -> dict[str, Any]:
        groups = self.result.get("feature_groups")
        return {"by": self.result.by, "feature_groups": groups, "feature_names": self.names}

    def units_of(self, kind: Kind) -> Units:
        """The units of the samples, which must be those of the result."""
        groups = self.result.get("feature_groups")
        units: Any = units_of(kind, by=self.result.by, groups=groups, names=self.names)
        if len(units) != len(self.result.feature_names):
            raise ValueError(
                f"result has {len(self.result.feature_names)} importances by {self.result.by}, "
                f"but X has {len(units)} such units."
            )
        return units

    def explain(self, fitted: Any) -> ImportanceResult:
        """The importances of a fitted estimator, by the same method."""
        if self.is_gradient:
            return gradient_importance(fitted, self.X, **self._of_units, **self.params)
        as_before = {k: self.result[k] for k in ("conditional", "shuffle") if k in self.result}
        return self.permute(fitted, **as_before)

    def permute(self, fitted: Any, **settings: Any) -> ImportanceResult:
        """The permutation importances of a fitted estimator."""
        call = self._of_units | self.of_scores | settings
        return permutation_importance(fitted, self.X, self.y, **call)
