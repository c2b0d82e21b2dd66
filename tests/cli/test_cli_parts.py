"""The steps of ``skfi explain`` on their own: dates, numbers, parts that do not overlap."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skfi._cli._columns import Columns
from skfi._cli._dates import looks_like_dates, time_column, times_of
from skfi._cli._encoding import encode
from skfi._cli._errors import CommandError, UsageError
from skfi._cli._files import read_table, separator_of
from skfi._cli._numbers import read_texts_as_numbers
from skfi._cli._order import in_order
from skfi._cli._sequences import blocks, default_window, folds_for, two_parts, windows
from skfi._cli._split import split_rows
from skfi._cli._talk import Talk
from skfi._cli._task import decide_task

pytestmark = pytest.mark.usefixtures("in_a_folder")  # pages are written to the current one

QUIET = Talk(quiet=True)
DAYS = pd.Series(pd.date_range("2021-01-29", periods=40), name="day")


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d %b %Y", "%Y%m%d",
             "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M"],
)  # fmt: skip
def test_dates_as_people_write_them(form):
    texts = DAYS.dt.strftime(form)
    if form == "%Y%m%d":
        texts = texts.astype(int)  # as pandas reads them
    else:
        assert looks_like_dates(texts)
    times = times_of(texts, None, None)
    assert times.dt.tz_localize(None).tolist() == DAYS.tolist()
    assert times_of(texts.astype(str), None, form).dt.tz_localize(None).tolist() == DAYS.tolist()


def test_a_month_or_a_day_is_told_by_the_order_of_the_rows():
    days = pd.Series(pd.to_datetime(["2021-01-02", "2021-02-01", "2021-03-05"]), name="day")
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        assert times_of(days.dt.strftime(form), None, None).tolist() == days.tolist()
    assert times_of(days.iloc[::-1].dt.strftime("%d.%m.%Y"), None, None).tolist()[-1] == days[0]
    months = pd.Series(pd.date_range("2021-01-01", periods=12, freq="MS"), name="month")
    texts = months.dt.strftime("%d/%m/%Y")  # the first of each month, or the first days of January
    with pytest.raises(UsageError, match=r"--time-format %d/%m/%Y"):
        times_of(texts, None, None)
    assert times_of(texts, None, "%d/%m/%Y").tolist() == months.tolist()
    with pytest.raises(CommandError, match=r"The values in the column 'day' are no dates"):
        times_of(days.dt.strftime("%d.%m.%y %H:%M"), None, None)


@pytest.mark.parametrize("texts", [["a", "b"], ["1.5", "2.5"], ["2021", "x"], ["12-1", "12-2"]])
def test_other_texts_are_no_dates(texts):
    assert not looks_like_dates(pd.Series(texts))


def test_the_column_of_times():
    frame = pd.DataFrame({"year": [3, 1, 2], "day": [1, 1, 2], "a": [1, 2, 3]})
    assert time_column(frame, list(frame), None) == "year"
    assert time_column(frame, ["day", "a"], None) is None  # repeated, and no name of a time
    dates = frame.assign(date=DAYS[:3], built=DAYS[:3])
    assert time_column(dates, list(dates), None) == "date"
    assert times_of(frame["year"], None, None).tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    ("texts", "separator", "numbers"),
    [
        (["1,5", "-2", "3,25"], ";", [1.5, -2, 3.25]),
        (["1,234", "12", "1,000,000.5"], ",", [1234, 12, 1000000.5]),
        (["1"] * 9 + ["trace"], ",", [1.0] * 9 + [np.nan]),
        (["1", "2", "west"], ",", None),
        (["a", None, "b"], ",", None),
    ],
)
def test_numbers_in_texts(texts, separator, numbers):
    path = Path("a.csv")
    path.write_text(separator.join("abc"))
    options = Namespace(time=None, by_id=None, text=None)
    talk = Talk(quiet=True)
    read = read_texts_as_numbers(pd.DataFrame({"a": texts}), path, options, talk)["a"]
    if numbers is None:
        assert read.astype(object).where(read.notna(), None).tolist() == texts
    else:
        np.testing.assert_array_equal(read, numbers)
        assert talk.notes
    options.by_id = "a"
    kept = read_texts_as_numbers(pd.DataFrame({"a": texts}), path, options, talk)["a"]
    assert not pd.api.types.is_numeric_dtype(kept)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_files_of_any_separator_and_alphabet(separator):
    path = Path("a.csv")
    header = separator.join(['"a, b; c"', "Temp °C"])
    path.write_text(f"{header}\n1{separator} 2\n", encoding="cp1252")
    assert separator_of(path) == separator
    frame = read_table(path, QUIET)
    assert frame.to_dict("list") == {"a, b; c": [1], "Temp °C": [2]}
    path.write_text(f"{header}\n1{separator}2\n", encoding="utf-8-sig")
    assert list(read_table(path, QUIET)) == ["a, b; c", "Temp °C"]
    frame.to_csv("a.csv.gz", index=False, sep=separator)
    assert read_table(Path("a.csv.gz"), QUIET).equals(frame)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([1.5, 2.0, 3.5], "regression"),
        (range(50), "regression"),
        ([0, 1, np.nan, 1], "classification"),
        ([True, False, True], "classification"),
        (["a", "b", "a"], "classification"),
        ([0.0, 0.5, 1.0], "regression"),
    ],
)
def test_the_task_that_a_target_tells(values, task):
    assert decide_task(pd.Series(values, name="y"), "auto", QUIET) == task


def ordered(kind):
    """Rows of one series, of five stations with gaps of their own, or without an order."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"day": DAYS.iloc[0] + pd.to_timedelta(np.arange(300), "D")})
    if kind == "stations":
        parts = [frame.sample(frac=0.8, random_state=i).assign(station=f"s{i}") for i in range(5)]
        frame = pd.concat(parts, ignore_index=True)
    frame["a"], frame["y"] = random.normal(size=(2, len(frame)))
    by = "station" if kind == "stations" else None
    columns = Columns("y", ["a"], None if kind == "independent" else "day", by)
    return in_order(frame, columns, QUIET, format=None, as_series=False, repeats=False)


def parts_of(rows, window, horizon, **options):
    split = split_rows(rows, 0, None, QUIET)
    inputs, target = rows.frame[["a"]], rows.frame["y"]
    made = windows(rows, inputs, target, window, horizon, QUIET, **options)
    return split, *two_parts(made, split, QUIET)


def reach(part, rows=None):
    """All rows that some samples touch."""
    chosen = range(len(part)) if rows is None else rows
    touched = [np.arange(part.first[i], part.last[i] + 1) for i in chosen]
    return set(np.concatenate(touched).tolist())


@pytest.mark.parametrize(("horizon", "before"), [(0, 0), (0, 1), (2, 0)])
@pytest.mark.parametrize("kind", ["series", "stations"])
def test_no_row_is_in_both_parts_or_in_both_sides_of_a_fold(kind, horizon, before):
    rows = ordered(kind)
    window = 5
    split, train, held_out = parts_of(rows, window, horizon, rows_before=before)
    lengths = train.last - train.first + 1
    assert set(lengths) <= {window + horizon, window + horizon + before}  # the first of a series
    assert not reach(train) & reach(held_out)
    np.testing.assert_array_equal(
        train.X[:, -1, 0], rows.frame["a"][train.last - horizon].astype("f4")
    )
    np.testing.assert_array_equal(
        train.X[:, 0, 0], rows.frame["a"][train.last - horizon - window + 1].astype("f4")
    )
    np.testing.assert_array_equal(train.y, rows.frame["y"][train.last])
    if kind == "stations":
        assert not set(rows.ids[train.last]) & set(rows.ids[held_out.last])
        assert (rows.ids[train.first] == rows.ids[train.last]).all()
    else:
        assert train.last.max() < held_out.first.min()
    for cv in ("time", "4", "group") if kind == "stations" else ("time", "4"):
        folds = folds_for(train, rows, split, cv, "regression", 0, QUIET)
        assert len(folds) == (4 if cv == "4" else 3)
        for fitted, tested in folds:
            assert not reach(train, fitted) & reach(train, tested)
            if cv == "group":
                continue
            moments = [rows.moments[sorted(reach(train, part))] for part in (fitted, tested)]
            assert not set(moments[0]) & set(moments[1])  # of any station
            if cv == "time":
                assert moments[0].max() < moments[1].min()
    assert folds_for(train, rows, split, None, "regression", 0, QUIET)


def test_blocks_are_of_rows_that_follow_each_other_in_one_series():
    rows = ordered("series")
    _, _, held_out = parts_of(rows, 2, 0)
    codes = blocks(held_out, rows, 2)
    assert np.bincount(codes).max() == 4  # two windows
    assert (np.diff(codes) >= 0).all()
    rows = ordered("stations")
    _, _, held_out = parts_of(rows, 5, 0)
    codes = blocks(held_out, rows, 5)
    assert pd.Series(rows.ids[held_out.last]).groupby(codes).nunique().eq(1).all()
    rows = ordered("independent")
    _, _, held_out = parts_of(rows, 1, 0)
    assert blocks(held_out, rows, 1) is None


def test_the_length_of_windows():
    assert default_window(ordered("series")) == 15
    assert default_window(ordered("stations")) == 12
    assert default_window(ordered("independent")) == 1


def test_held_out_rows_do_not_tell_how_inputs_are_encoded():
    random = np.random.default_rng(0)
    train = np.arange(60) < 40
    frame = pd.DataFrame({"a": random.normal(size=60), "wind": random.choice(["n", "s"], 60)})
    frame.loc[[0, 5, 41], "a"] = np.nan
    other = frame.copy()
    other.loc[~train, "a"] *= 100
    other.loc[~train, "wind"] = "east"
    one, two = (
        encode(each, ["a", "wind"], train, None, is_series=True, talk=QUIET)
        for each in (frame, other)
    )
    assert one.groups == two.groups == {"wind": ["wind=n", "wind=s"]}
    pd.testing.assert_frame_equal(one.values[train], two.values[train])
    assert (two.values.loc[~train, ["wind=n", "wind=s"]] == 0).all(axis=None)
    assert one.values["a"][train].mean() == pytest.approx(0, abs=1e-12)
    assert one.values["a"][5] == one.values["a"][4]  # the past, never the future
    assert one.values["a"][41] == one.values["a"][40]
    assert one.n_units == 2


def test_missing_values_of_a_series_are_not_filled_from_another_one():
    frame = pd.DataFrame({"a": [1.0, 2, 3, np.nan, 5, 6]})
    ids = np.array(["x"] * 3 + ["y"] * 3)
    train = np.ones(6, dtype=bool)
    values = encode(frame, ["a"], train, ids, is_series=True, talk=QUIET).values["a"]
    filled = values[3] * np.std([1, 2, 3, 3, 5, 6]) + np.mean([1, 2, 3, 3, 5, 6])
    assert filled == pytest.approx(3)  # the median of 1, 2, 3, 5, 6
    with pytest.raises(CommandError, match="Every input has one value only"):
        encode(frame * 0, ["a"], train, ids, is_series=True, talk=QUIET)
