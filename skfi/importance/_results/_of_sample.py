"""The part of a result that is of one sample."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_OF_SAMPLES = (
    *("attributions", "sequence_mask", "tokens", "samples", "predictions"),
    *(
        "completeness_error",
        "baseline_output",
        "explained_output",
        "sample_indices",
        "sample_groups",
    ),
)
_NOT_OF_ONE = (
    *("pvalues", "confidence_intervals", "importances", "sample_importances", "about_baseline"),
    *("sample_weight", "n_gradients", "without_intervals", "counts"),
    *("importances_mean", "importances_std"),
)


def entries_of_sample(result: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The entries of a result for one sample, and its importances (n_units, 1).

    Raises
    ------
    ValueError
        If the result has no values of single samples, or not so many.
    """
    of_words = result.get("tokens") is not None and result["importances"] is None
    n_samples = len(result["tokens"]) if of_words else _values(result).shape[1]
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
        raise ValueError(f"number must be the number of a sample; got {number!r}.")
    if not -n_samples <= number < n_samples:
        raise ValueError(f"sample {number} is not there: the result has {n_samples}.")
    number = int(number) % n_samples
    entries = {key: value for key, value in result.items() if key not in _NOT_OF_ONE}
    for key in _OF_SAMPLES:
        if entries.get(key) is not None:
            entries[key] = _part(entries[key], number)
    if of_words:
        entries |= _words(entries)
    else:
        entries["importances"] = _values(result)[:, [number]]
    return entries | {"sample_number": number}


def _values(result: Mapping[str, Any]) -> np.ndarray:
    """(n_units, n_samples)."""
    if result["method"] == "permutation":
        values = result.get("sample_importances")
    elif result["attributions"] is not None:
        values = result["importances"]
    else:
        values = None
    if values is None:
        raise ValueError(
            f"This {result['method']} result has no values of single samples. Gradients have, and "
            "permutation by a metric that has intervals."
        )
    return values


def _part(values: Any, number: int) -> Any:
    if isinstance(values, Mapping):
        return {name: _part(of_name, number) for name, of_name in values.items()}
    return None if values is None else values[number : number + 1]


def _words(entries: dict[str, Any]) -> dict[str, Any]:
    """The words of one text, and the mean over the occurrences of each."""
    words, values = entries["tokens"][0], entries["attributions"][0]
    if entries.get("sequence_mask") is not None:
        values = values[entries["sequence_mask"][0]]
    values = values[: len(words)]
    if entries["aggregate"] == "mean_abs":
        values = np.abs(values)
    names, place, counts = np.unique(words, return_inverse=True, return_counts=True)
    means = np.bincount(place, values, minlength=len(names)) / np.maximum(counts, 1)
    return {
        "feature_names": names.astype(object),
        "importances": means[:, None],
        "counts": counts,
    }
