"""Single samples: heat maps with their series, and texts with coloured words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skfi.display import TemporalImportanceDisplay, TokenImportanceDisplay
from skfi.display._grid import is_over_time
from skfi.display._predicted import predicted
from skfi.importance import ImportanceResult
from skfi.report._blocks import Choice, Markup, Option, Text
from skfi.report._pictures import Pictures

_MOST_TEXTS, _MOST_SAMPLES, _MOST_FEATURES = 30, 8, 12
_MOST_POINTS = 30_000  # of the series of all samples, which decide the size of the page
_LONGEST = 5000  # steps of a series that is drawn


def of_samples(result: ImportanceResult, pictures: Pictures) -> list[Any]:
    """A choice of samples, if the result is of gradients and has such values."""
    if result.get("attributions") is None:
        return []
    if result.get("tokens") is not None:
        return _texts(result) if np.ndim(result.attributions) == 2 else []
    if isinstance(result.attributions, Mapping):
        return []  # of several inputs, whose maps would be of one each
    if not is_over_time(result) or not len(result.axes[1]) or result.get("samples") is None:
        return []
    return _maps(result, pictures)


def _maps(result: ImportanceResult, pictures: Pictures) -> list[Any]:
    shown = _strongest_features(result)
    n_steps, n_features = len(shown.axes[0]), len(shown.axes[1])
    n_samples = len(result.attributions)
    most = int(np.clip(_MOST_POINTS // (n_steps * n_features), 1, _MOST_SAMPLES))
    chosen, order = spread_samples(result, most)
    display = TemporalImportanceDisplay(shown)
    series = False if n_steps > _LONGEST else None

    options = []
    for i in chosen:
        said = predicted(result, i)
        number = i if result.get("sample_indices") is None else result.sample_indices[i]
        label = f"Sample {number}" + (f", predicted {said}" if said else "")
        picture = pictures.draw(
            lambda i=i: display.plot(samples=[i], X=series),  # type: ignore[misc]
            alt=f"Heat map of what each feature adds at each time step. {label}.",
        )
        options.append(Option(label, [picture]))
    others = f" of {len(result.axes[1])}" if n_features < len(result.axes[1]) else ""
    drawn = "" if series is False else "; lines are its series, each scaled to its row"
    strongest = "the strongest " if others else ""
    text = (
        f"{len(chosen)} of {n_samples:,} samples, {order}, with {strongest}"
        f"{n_features}{others} features. Blue raises the {_explained(result)}, "
        f"red lowers it{drawn}."
    )
    return [Text([text]), Choice("Sample", options)]


def _texts(result: ImportanceResult) -> list[Any]:
    chosen, order = spread_samples(result, _MOST_TEXTS)
    text = (
        f"{len(chosen)} of {len(result.tokens):,} texts, {order}. Words in blue raise the "
        f"{_explained(result)}, those in red lower it."
    )
    shown = "".join(TokenImportanceDisplay(result, [i]).to_html() for i in chosen)
    return [Text([text]), Markup(shown)]


def spread_samples(result: ImportanceResult, most: int) -> tuple[list[int], str]:
    """Samples evenly spread over what is explained, and how they are ordered."""
    values: Any = result.get("predictions")
    explained = result.get("explained_output")
    n_samples = len(result.tokens if result.get("tokens") is not None else result.attributions)
    chosen = np.linspace(0, n_samples - 1, min(most, n_samples)).round().astype(int)
    if explained is None or values is None or isinstance(values, Mapping) or np.ndim(values) != 2:
        return chosen.tolist(), "evenly spread over their order"
    order = np.argsort(np.nan_to_num(values[np.arange(n_samples), explained]), kind="stable")
    return order[chosen].tolist(), f"from the lowest to the highest {_explained(result)}"


def _explained(result: ImportanceResult) -> str:
    """What is explained of each sample."""
    classes, explained = result.get("classes"), result.get("explained_output")
    if explained is None:
        return "output"
    if classes is None:
        return "prediction"
    if len(np.unique(explained)) > 1:
        return "probability of the class that is predicted"
    return f"probability of {np.asarray(classes).tolist()[int(explained[0])]!r}"


def _strongest_features(result: ImportanceResult) -> ImportanceResult:
    """The result of its most important features, in their order, for a map that can be read."""
    steps, features = result.axes
    values = np.asarray(result.attributions)
    if len(features) <= _MOST_FEATURES or values.shape[-1] != len(features):
        return result
    strength = np.abs(values).mean(axis=tuple(range(values.ndim - 1)))
    kept = np.sort(np.argsort(-strength, kind="stable")[:_MOST_FEATURES])
    entries = dict(result)
    for key in ("attributions", "samples", "feature_scale"):
        if entries.get(key) is not None:
            entries[key] = np.asarray(entries[key])[..., kept]
    return type(result)(**entries | {"axes": (steps, [features[i] for i in kept])})
