"""The importances by each method."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skfi._cli._errors import UsageError
from skfi._cli._sequences import Folds, Part
from skfi._cli._talk import Talk

METHODS = ("gradient", "permutation", "lofo")
_MOST_GRADIENTS = 5000  # samples: further ones hardly change a mean


@dataclass(frozen=True)
class Asked:
    """What is explained, and how."""

    methods: tuple[str, ...]
    names: list[str] | None
    scoring: str | None
    seed: int
    groups: Mapping[str, list[str]] = field(default_factory=dict)
    blocks: Any = None  # of samples that depend on each other
    memory: str | None = None
    time_limit: float | None = None
    gradient_params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lofo:
    """What LOFO trains, and on what."""

    estimator: Any
    train: Part
    folds: Folds


def methods_of(asked: str | None, n_units: int, talk: Talk) -> tuple[str, ...]:
    """The methods by name; LOFO needs two inputs."""
    if asked not in (None, "all"):
        if asked == "lofo" and n_units < 2:
            raise UsageError("--method lofo leaves one input out, and there is no other one.")
        return (str(asked),)
    if n_units < 2:
        talk.note("There is one input only, whose importance is computed by permutation alone.")
        return ("permutation",)
    return METHODS


def importances(
    estimator: Any,
    held_out: Part,
    lofo: Lofo | None,
    asked: Asked,
    talk: Talk,
) -> dict[str, Any]:
    """A result for each method: of the held-out samples, and for LOFO of those to train on."""
    from skfi.importance import gradient_importance, lofo_importance, permutation_importance

    groups = dict(asked.groups) or None
    shared = {"feature_names": asked.names, "feature_groups": groups, "random_state": asked.seed}
    results: dict[str, Any] = {}
    if "gradient" in asked.methods:
        n_samples = min(len(held_out.X), _MOST_GRADIENTS)
        some = {} if n_samples == len(held_out.X) else {"max_samples": n_samples}
        if some:
            talk.note(f"Gradients are of {n_samples:,} samples, drawn at random.")
        with talk.timed("Gradients (integrated)"):
            results["gradient"] = gradient_importance(
                estimator, held_out.X, **(shared | some | dict(asked.gradient_params))
            )
    if "permutation" in asked.methods:
        with talk.timed("Permutation"):
            results["permutation"] = permutation_importance(
                estimator,
                held_out.X,
                held_out.y,
                scoring=asked.scoring,
                sample_groups=asked.blocks,
                memory=asked.memory,
                **shared,
            )
    if lofo is not None:
        with talk.timed("LOFO, which trains a network for each fold without each input"):
            results["lofo"] = lofo_importance(
                lofo.estimator,
                lofo.train.X,
                lofo.train.y,
                cv=lofo.folds,
                scoring=asked.scoring,
                memory=asked.memory,
                time_limit=asked.time_limit,
                verbose=int(talk.shows_progress),
                **shared,
            )
        if "incomplete" in results["lofo"]:
            talk.warn(f"LOFO is incomplete: {results['lofo'].incomplete}")
    return results


def together(results: Mapping[str, Any]) -> Any:
    """One result as it is, several as a comparison."""
    from skfi.importance import ImportanceComparison

    if len(results) == 1:
        return next(iter(results.values()))
    permuted = results.get("permutation", {})
    return ImportanceComparison.from_results(dict(results), permuted.get("correlated", []))
