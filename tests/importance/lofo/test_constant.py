"""The value that a feature is held at: in the middle, of its type, and never the mask's."""

import numpy as np
import pandas as pd
import pytest

from skfi.importance._lofo._constant import central_value

DAYS = pd.to_datetime(["2020-01-01", "2020-01-05", "2020-01-02"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.5, 1.0, 4.5], 2.0),  # the mean
        ([0.5, np.nan, 1.5], 1.0),
        ([1.0, 2.0, 9.0, 30.0], 2.0),  # codes may be floats: one that occurs
        ([1, 2, 9, 30], 2),
        (np.array([3, 1, 2], dtype=np.uint8), 2),
        ([True, False, True], True),
        (["b", "a", "b"], "b"),
        (["b", None, "a"], "b"),
        (pd.Categorical(["y", "x", "x"], categories=["x", "y", "z"]), "x"),
        (pd.array([5, None, 1], dtype="Int64"), 1),
        (pd.array([True, None, False, False], dtype="boolean"), False),
        (pd.array([0.5, None, 1.5], dtype="Float64"), 1.0),
        (np.array([0.25, 0.75], dtype=object), 0.5),
        (np.array([2, "two", 2], dtype=object), 2),
        (DAYS, DAYS[2]),
        (DAYS - DAYS[0], DAYS[2] - DAYS[0]),
        (DAYS.to_period("D"), DAYS[0].to_period("D")),
        (np.full(3, 1.5e308), 1.5e308),  # whose sum is no number
        (np.array([0.5, 1.0], dtype=np.float16), 0.75),
    ],
    ids=str,
)
def test_central_values(values, expected):
    with np.errstate(over="ignore"):
        assert central_value(pd.Series(values)) == expected


@pytest.mark.parametrize("values", [[np.nan, np.nan], [None, None], []])
def test_nothing_is_known(values):
    assert pd.isna(central_value(pd.Series(values)))


@pytest.mark.parametrize(
    ("values", "avoid", "expected"),
    [
        ([-0.5, 0.5, 0.25, -0.25], 0, 0.25),  # the mean is 0: the nearest that occurs
        ([0, 0, 0, 1, 2], 0, 1),
        ([0.0, 0.0, 3.0], 0, 3.0),
        ([0, 0, 0], 0, 0),  # holding it changes nothing
        ([False, False, True], 0, True),
        ([0.1 + 1e-12, 0.1 - 1e-12, 0.2], 0.1, 0.2 / 1.5),
        ([0.1 + 1e-12, 0.1 - 1e-12], 0.1, 0.1),  # in float32 there is no other value
        ([0.5, 1.5], np.nan, 1.0),
    ],
    ids=str,
)
def test_the_mask_value_is_avoided(values, avoid, expected):
    assert central_value(pd.Series(values), avoid) == pytest.approx(expected, abs=1e-9)
