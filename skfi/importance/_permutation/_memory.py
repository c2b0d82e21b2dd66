"""Scores of shuffled views that are stored, and read again in a later call."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skfi.importance._fingerprint import hash_of
from skfi.importance._memory import KeptScores, Scores, location_of
from skfi.importance._permutation._predictions import Predicted
from skfi.importance._permutation._row_scores import ONLY, OfRows

# the kinds of names that a dict of scores has; ONLY is that of a single one
_KINDS: dict[str, Callable[[Any], Any]] = {
    "score": str,
    "only": lambda _: ONLY,
    "rows": OfRows,
    "rows of only": lambda _: OfRows(ONLY),
    "predicted": Predicted,
}


def with_memory(
    memory: Any, scorer: Callable, estimator: Any, y: Any, random_state: Any
) -> Callable:
    """A scorer that stores its scores in ``memory``, unless that is None.

    Raises
    ------
    ValueError
        If shuffles are drawn without a seed: another call would draw others.
    """
    location = location_of(memory)
    if location is not None and random_state is None:
        raise ValueError(
            "memory= goes on where a call ended, but random_state=None shuffles in another way in "
            "each call. Pass random_state=0, or another number."
        )
    kept = KeptScores.of_call(location, "permutation", scorer, estimator, y)
    return scorer if kept is None else StoredScorer(scorer, kept)


@dataclass(frozen=True)
class StoredScorer:
    """A scorer that computes a score once for a view and its targets."""

    scorer: Callable
    kept: KeptScores

    def __call__(self, estimator: Any, X: Any, y: Any, **weights: Any) -> Any:
        name = hash_of(X, y, weights)[:32]
        stored = self.kept.get(name)
        if stored is not None:
            return _from_names(stored)
        with self.kept.said_how_to_go_on():
            scores = self.scorer(estimator, X, y, **weights)
        try:
            self.kept.keep(name, _to_names(scores))
        except OSError as error:
            warnings.warn(
                f"A score could not be stored: {error}. This result has it, and another call would "
                "compute it again.",
                RuntimeWarning,
                stacklevel=2,
            )
        return scores


def _to_names(scores: Any) -> Scores:
    if not isinstance(scores, dict):
        return {"alone": scores}
    return {_name(key): value for key, value in scores.items()}


def _name(key: Any) -> str:
    if isinstance(key, OfRows):
        return "rows of only:" if key.name is ONLY else f"rows:{key.name}"
    if isinstance(key, Predicted):
        return f"predicted:{key.method}"
    return "only:" if key is ONLY else f"score:{key}"


def _from_names(stored: Scores) -> Any:
    if set(stored) == {"alone"}:
        return stored["alone"]
    scores = {}
    for name, value in stored.items():
        kind, _, rest = name.partition(":")
        scores[_KINDS[kind](rest)] = value
    return scores
