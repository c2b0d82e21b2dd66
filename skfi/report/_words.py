"""Results in sentences."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skfi.importance import ImportanceResult
from skfi.importance._inference._t_tests import adjusted
from skfi.importance._scoring import metric_of
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
_LEVEL = 0.05  # of p-values


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
    change = "gains" if metric_of(result)[1] < 0 else "loses"
    n_values = result.importances.shape[1] if result.importances is not None else 0
    if result.method == "permutation":
        replaced = "replaced by other words" if result.by == "word" else "shuffled among samples"
        only = ", within what the other units leave open" if result.get("conditional") else ""
        return (
            f"How much worse does this network do when the values of one {unit} are {replaced}"
            f"{only}? The importance is what {score} {change}{_averaged(n_values, 'shuffle')}."
        )
    if result.method == "lofo":
        return (
            f"How much worse does a network do that is trained without the {unit}? The importance "
            f"is what {score} {change}{_averaged(n_values, 'fold')} of a cross-validation."
        )
    how = _GRADIENTS.get(result.method.removesuffix("_rescaled"), "")
    return f"How much does each {unit} move what the network predicts? {how} {_mean_of(result)}"


def _averaged(n_values: int, name: str) -> str:
    return f" in one {name}" if n_values == 1 else f", a mean over {n_values} {name}s"


def _mean_of(result: ImportanceResult) -> str:
    """How a gradient importance sums up the values of cells and samples."""
    if result.get("in_total"):
        return "The importance is the sum over all occurrences of a word."
    is_abs = result.get("aggregate") == "mean_abs"
    values = "absolute values" if is_abs else "values with their sign"
    weighted = ", weighted" if result.get("sample_weight") is not None else ""
    n_samples = _n_samples(result)
    over = f"{n_samples:,} samples{weighted}" if n_samples else "samples"
    if result.by == "word":
        return f"The importance is the mean of {values} over the occurrences of a word in {over}."
    if result.get("inputs") is not None:
        return f"The importance is the sum of {values} over a unit's cells, a mean over {over}."
    has_steps = "axes" in result and len(result.axes[0]) > 1
    steps = " and their time steps" if result.by == "feature" and has_steps else ""
    of_class = result.get("classes") is not None and result.get("output") is not None
    only = " For each class these are the samples of that class." if of_class else ""
    return f"The importance is the mean of {values} over {over}{steps}.{only}"


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
    name, sign = metric_of(result)
    if sign < 0:
        return f"the {name}"
    return {"r2": "R2", "score": "the score"}.get(name, name)


def answer(result: ImportanceResult) -> str:
    """The most important units, of those that are known to matter.

    These are units whose interval is above 0 and whose p-value, adjusted by Holm, is below 0.05.
    Without intervals they are all that are above 0.
    """
    size = importance_size(result)
    if not np.isfinite(size).any():
        return "No importance is known yet: there was no time to compute any."
    unit, units = unit_name(result), UNITS.get(result.by, "units")
    intervals = result.get("confidence_intervals")
    matter = size > 0
    if intervals is not None:
        matter &= intervals[:, 0] > 0
        if "pvalues" in result:
            matter &= adjusted(result.pvalues, "holm") < _LEVEL
        if not matter.any():
            return f"No {unit} is shown to matter, tested together with all {len(size):,} {units}."
    if not matter.any():
        return f"No {unit} has an importance above 0."
    order = np.argsort(-np.nan_to_num(size, nan=-np.inf), kind="stable")
    shown = [i for i in order if matter[i]][:_MOST]
    named = ", then ".join(_named(result, i, intervals) for i in shown)
    is_scored = result.method in ("permutation", "lofo")
    unsure = " No interval is known." if intervals is None and is_scored else ""
    return f"Most important of {len(size):,} {units}: {named}.{unsure}"


def importance_size(result: ImportanceResult) -> np.ndarray:
    """What units are ordered by: of signed gradients a large value below zero counts as well."""
    values = result.importances_mean
    return np.abs(values) if result.get("aggregate") == "mean" else values


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
