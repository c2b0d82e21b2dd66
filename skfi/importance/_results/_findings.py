"""Sentences on where several methods disagree about a feature."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi.importance._inference._t_tests import adjusted
from skfi.importance._results._result import ImportanceResult

_FAR_APART = 3  # a share, or a loss, that is so many times another one
_LEVEL = 0.05  # of all units of a method together
_LEVEL_OF_HARM = 0.01  # the same: it is said alone, of two methods
_LOCAL_GRADIENTS = ("saliency", "smoothgrad", "input_x_gradient")


@dataclass(frozen=True)
class Evidence:
    """Importance and interval of each unit by one method; NaN where not known."""

    result: ImportanceResult
    low: np.ndarray
    high: np.ndarray

    @property
    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """The ends of the interval as shares of all positive importances."""
        total = np.clip(self.result.importances_mean, 0, None).sum()
        return (self.low / total, self.high / total) if total > 0 else (self.low * 0, self.high * 0)

    @property
    def matters(self) -> np.ndarray:
        """Whether the interval of a unit lies above zero."""
        return self._sure(self.result.get("pvalues"), _LEVEL) & (self.low > 0)

    @property
    def harms(self) -> np.ndarray:
        """Whether the interval of a unit lies below zero."""
        pvalues = self.result.get("pvalues")
        pvalues = None if pvalues is None else 1 - pvalues
        return self._sure(pvalues, _LEVEL_OF_HARM) & (self.high < 0)

    def _sure(self, pvalues: np.ndarray | None, level: float) -> np.ndarray:
        if pvalues is None:
            return np.zeros(len(self.low), dtype=bool)
        return adjusted(pvalues, "holm") < level


def findings(
    results: Mapping[str, ImportanceResult],
    intervals: Mapping[str, np.ndarray],
    correlated: Any,
) -> Iterator[str]:
    """Sentences on where methods disagree; ``correlated`` are pairs of features."""
    evidence = {name: Evidence(results[name], *intervals[name].T) for name in results}
    names = [str(name) for name in next(iter(results.values())).feature_names]
    for method, change in (("permutation", "shuffled"), ("lofo", "left out")):
        if method in evidence:
            for unit in np.flatnonzero(evidence[method].harms):
                yield (
                    f"{names[unit]}: the score is better when it is {change}. A harmful feature: "
                    "what it told in training does not hold here."
                )
    if {"permutation", "lofo"} <= set(evidence):
        partners = _partners(correlated)
        yield from _spared(names, evidence["permutation"], evidence["lofo"], partners)
    if {"gradient", "permutation"} <= set(evidence):
        yield from _of_gradients(names, evidence["gradient"], evidence["permutation"])


def _partners(correlated: Any) -> dict[str, list[str]]:
    partners: dict[str, list[str]] = {}
    for first, second, _ in correlated:
        partners.setdefault(str(first), []).append(str(second))
        partners.setdefault(str(second), []).append(str(first))
    return partners


def _spared(
    names: list[str], permuted: Evidence, left_out: Evidence, partners: Mapping[str, list[str]]
) -> Iterator[str]:
    """Units that this network uses but that one trained without them may not need."""
    little = permuted.low / _FAR_APART
    leaned_on = permuted.matters
    spared = leaned_on & (left_out.high < little)
    for unit in np.flatnonzero(spared):
        others = " and ".join(partners.get(names[unit], []))
        why = f"{others} tells nearly the same" if others else "the others tell nearly the same"
        yield (
            f"{names[unit]}: this network leans on it, but one trained without it does nearly as "
            f"well: {why}."
        )
    unknown = leaned_on & ~spared & ~(left_out.low > 0)
    unknown &= ~(left_out.result.importances_mean > little) | np.isnan(left_out.low)
    if unknown.any():
        folds = np.shape(left_out.result.importances)[-1:]
        of_folds = f"{folds[0]} folds are" if folds else "folds are"
        yield (
            f"{', '.join(np.array(names)[unknown])}: this network leans on it; whether one trained "
            f"without it does as well, {of_folds} too few to tell. Take more, by cv."
        )


def _of_gradients(names: list[str], gradient: Evidence, permuted: Evidence) -> Iterator[str]:
    """Units whose shares are far apart."""
    fair = 1 / len(names)  # less than it is no disagreement to speak of
    (low, _), (low_permuted, high_permuted) = gradient.shares, permuted.shares
    if permuted.matters.any():  # otherwise the score rests on nothing
        # importances of losses go with squares of effects: shares alone may differ by as much
        unseen = (permuted.low <= 0) & (low > np.maximum(fair, high_permuted)) & ~permuted.harms
        for unit in np.flatnonzero(unseen):
            yield (
                f"{names[unit]}: it moves the output, but the score is not seen to rest on it. "
                "What the network learnt from it may not hold for these samples."
            )
    method = gradient.result.method.removesuffix("_rescaled")
    if method in _LOCAL_GRADIENTS:
        why = "Where the network is saturated gradients are small: try 'integrated_gradients'."
    else:
        why = "Look at baseline_output, or average over baselines: 'expected_gradients'."
    # among the units that matter: what only moves the output takes from the others' shares
    of_those = permuted.matters
    total = np.clip(gradient.result.importances_mean, 0, None)[of_those].sum()
    high = np.divide(gradient.high, total, out=np.full(len(names), np.inf), where=total > 0)
    far = of_those & (low_permuted > np.maximum(fair, _FAR_APART * high))
    for unit in np.flatnonzero(far):
        yield f"{names[unit]}: the score rests on it more than gradients tell. {why}"
