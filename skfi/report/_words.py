"""Results in sentences."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skfi.importance import ImportanceResult
from skfi.report._blocks import in_figures

UNITS = {
    "feature": "features",
    "timestep": "time steps",
    "cell": "cells (a feature at a time step)",
    "word": "words",
    "input": "inputs",
}
_POOR = 0.1  # of R2
_MOST = 3  # units that the answer names


def method_name(method: str) -> str:
    """A method as a heading."""
    return "LOFO" if method == "lofo" else method.replace("_", " ").capitalize()


def unit_name(result: ImportanceResult) -> str:
    """What one unit is, in words."""
    return {"timestep": "time step"}.get(result.by, result.by)


def asked(result: ImportanceResult) -> str:
    """The question that the method answers."""
    unit = unit_name(result)
    score = score_name(result)
    if result.method == "permutation":
        replaced = "replaced by other words" if result.by == "word" else "shuffled among samples"
        repeats = result.importances.shape[1] if result.importances is not None else 0
        only = ", within what the other units leave open" if result.get("conditional") else ""
        return (
            f"How much worse does this network do when the values of one {unit} are {replaced}"
            f"{only}? The importance is what {score} loses, a mean over {repeats} shuffles."
        )
    if result.method == "lofo":
        folds = result.importances.shape[1] if result.importances is not None else 0
        return (
            f"How much worse does a network do that is trained without the {unit}? The importance "
            f"is what {score} loses, a mean over {folds} folds of a cross-validation."
        )
    n_samples = _n_samples(result)
    over = f" over {n_samples:,} samples" if n_samples else ""
    how = _GRADIENTS.get(result.method.removesuffix("_rescaled"), "")
    kind = " of absolute values." if result.get("aggregate") == "mean_abs" else ", with its sign."
    return (
        f"How much does each {unit} move what the network predicts? {how} The importance is the "
        f"mean{over}{kind}"
    )


_GRADIENTS = {
    "integrated_gradients": "The gradient of the output, along the way from a baseline to the "
    "sample, adds up to the difference of the predictions for both.",
    "expected_gradients": "The gradient of the output, along the ways from other samples to the "
    "sample, adds up to its prediction less the mean one.",
    "saliency": "The gradient of the output at the sample says how it changes with each value.",
    "smoothgrad": "The gradient of the output at the sample, averaged over noise that is added "
    "to it, says how it changes with each value.",
}


def _n_samples(result: ImportanceResult) -> int:
    for key in ("attributions", "tokens"):
        values = result.get(key)
        if values is not None:
            values = next(iter(values.values())) if isinstance(values, dict) else values
            return len(values)
    return 0


def score_name(result: ImportanceResult) -> str:
    """The metric as a reader calls it."""
    name = str(result.scoring or "the score")
    if name.startswith("neg_"):
        return f"the {name.removeprefix('neg_').replace('_', ' ')}"
    return {"r2": "R2", "score": "the score"}.get(name, name.replace("_", " "))


def answer(result: ImportanceResult) -> str:
    """The most important units, and whether they are known to matter."""
    known = np.flatnonzero(np.isfinite(result.importances_mean))
    if not len(known):
        return "No importance is known yet: there was no time to compute any."
    order = known[np.argsort(-importance_size(result)[known], kind="stable")]
    intervals = result.get("confidence_intervals")
    if intervals is not None and not (intervals[order, 0] > 0).any():
        return (
            f"No {unit_name(result)} is shown to matter: each interval of 95% holds 0, or lies "
            "below."
        )
    known_to_matter = (i for i in order[:_MOST] if _is_shown(intervals, i))
    shown = [i for i in known_to_matter if result.importances_mean[i] != 0]
    if not shown:
        return f"No {unit_name(result)} has any importance."
    named = ", then ".join(_named(result, i, intervals) for i in shown)
    total = len(result.importances_mean)
    return f"Most important of {total:,} {UNITS.get(result.by, 'units')}: {named}."


def importance_size(result: ImportanceResult) -> np.ndarray:
    """What units are ordered by: of signed gradients a large value below zero counts as well."""
    values = result.importances_mean
    return np.abs(values) if result.get("aggregate") == "mean" else values


def _is_shown(intervals: Any, i: int) -> bool:
    """Whether an importance is more than chance; taken so where no interval is known."""
    return intervals is None or not intervals[i, 0] <= 0


def _named(result: ImportanceResult, i: int, intervals: Any) -> str:
    text = f"{result.feature_names[i]} {in_figures(result.importances_mean[i])}"
    if intervals is None or not np.isfinite(intervals[i]).all():
        return text
    return f"{text} ({in_figures(intervals[i, 0])} to {in_figures(intervals[i, 1])})"


def not_said(results: Sequence[ImportanceResult]) -> Iterator[str]:
    """What numbers of these methods do not say."""
    methods = {result.method for result in results}
    yield (
        "No importance says what causes the target. It says what this network, or this way to "
        "train one, makes use of."
    )
    yield (
        "A low importance does not say that a unit holds no information: another one may tell the "
        "same. Units that depend on each other share their importance, in a way of their own in "
        "each network; take them as one group, or look at what each holds beyond the others."
    )
    for result in results:
        score = result.baseline_score
        if result.scoring in (None, "r2", "score") and score is not None and score < _POOR:
            yield (
                f"The network's score is {in_figures(score)}: it has hardly learnt to predict, and "
                "what a network uses that predicts badly says little about the target."
            )
            break
    if methods - {"permutation", "lofo"}:
        yield (
            "Gradients explain predictions, right and wrong ones alike; no target and no score is "
            "behind them. Where an output is saturated, a gradient is near zero."
        )
    if "permutation" in methods:
        yield (
            "Permutation makes combinations of values that may never occur, and asks the network "
            "about them. Its intervals are about this network on other rows like these, not about "
            "other networks; they hold for held-out rows that are independent of each other, or "
            "of which the groups are."
        )
    if "lofo" in methods:
        yield (
            "LOFO compares trainings, which differ by chance; its intervals are wide with few "
            "folds. It is near zero for each of two units that tell the same."
        )
    if any("pvalues" in result for result in results):
        yield (
            "P-values are one-sided and adjusted by Holm for the units of one table, not for all "
            "tables of this page."
        )
