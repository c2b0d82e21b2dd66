"""Importance by group of rows, such as months, patients or blocks of time."""

from typing import Any

import numpy as np
import pandas as pd

from skfi.importance import ImportanceResult
from skfi.report._blocks import Table, number, word
from skfi.report._lines import lines
from skfi.report._pictures import Pictures

_MOST_GROUPS = 60
_MOST_UNITS = 8


def of_groups(result: ImportanceResult, pictures: Pictures) -> list[Any]:
    """A picture and a table, if rows have groups, and not too many to be told apart."""
    means = means_of_groups(result)
    if means is None or not 2 <= means.shape[1] <= _MOST_GROUPS:
        return []
    largest = np.argsort(-result.importances_mean, kind="stable")[:_MOST_UNITS]
    drawn = means.iloc[largest]
    caption = (
        "By group of samples: the mean of what the rows of each group add to the importance. "
        "Weighted by the number, or the weight, of their rows, they give the importance of all."
    )
    picture = pictures.draw(
        lambda: lines(drawn, "importance", "group of samples"),
        alt=f"Lines of importance over {means.shape[1]} groups of samples, one for each unit.",
        caption=caption,
    )
    columns = [result.by, *(str(group) for group in means.columns)]
    rows = [[word(unit), *(number(value) for value in row)] for unit, *row in drawn.itertuples()]
    return [picture, Table("Importance by group of samples", columns, rows)]


def means_of_groups(result: ImportanceResult) -> pd.DataFrame | None:
    """The mean over the rows of each group, by unit; None if rows or groups are not known."""
    values, groups = result.get("sample_importances"), result.get("sample_groups")
    if values is None or groups is None or values.shape[1] != len(groups):
        return None
    weights = result.get("sample_weight")
    weights = np.ones(len(groups)) if weights is None else np.asarray(weights, dtype=np.float64)
    names, numbers = np.unique(np.asarray(groups), return_inverse=True)
    totals = np.bincount(numbers, weights)
    weighted = [np.bincount(numbers, weights * row, len(names)) for row in values]
    with np.errstate(invalid="ignore", divide="ignore"):  # of a group whose weights are all 0
        means = np.array(weighted) / totals
    return pd.DataFrame(means, index=list(map(str, result.feature_names)), columns=names)
