"""Each wrong input ends with one line that says what is wrong, and how to mend it."""

from pathlib import Path

import numpy as np
import pytest
from cli_data import days, written

from skfi.cli import main

pytestmark = pytest.mark.usefixtures("in_a_folder")  # pages are written to the current one

FLOW = ["--target", "flow"]


def changed(**columns):
    return days().assign(**columns)


def with_value(column, row, value):
    frame = days().astype({column: object})
    frame.loc[row, column] = value
    return frame


def several(n_series):
    frame = days(120)
    frame["station"] = np.arange(120) % n_series
    frame["date"] = np.repeat(days(120 // n_series)["date"].to_numpy(), n_series)
    return frame


# table, arguments, exit status, words of the message
CASES = {
    "column": (days(), ["--target", "flw"], 2, "no such column. Did you mean 'flow'?"),
    "input": (days(), [*FLOW, "--inputs", "rain,Tmx"], 2, "--inputs Tmx: there is no such column"),
    "no target": (days(), [], 2, "--target; the columns are date, rain, tmax, tmin, flow"),
    "time column": (days(), [*FLOW, "--time", "dates"], 2, "Did you mean 'date'?"),
    "id column": (days(), [*FLOW, "--by-id", "site"], 2, "--by-id site: there is no such column"),
    "repeated input": (days(), [*FLOW, "--inputs", "rain,rain"], 2, "name different columns"),
    "target as input": (days(), [*FLOW, "--inputs", "rain,flow"], 2, "with --past-target"),
    "date as input": (
        changed(day=days()["date"]),
        [*FLOW, "--time", "date", "--inputs", "rain,day"],
        2,
        "'day', which are dates",
    ),
    "two dates": (changed(a=days()["date"], b=days()["date"]).drop(columns="date"), FLOW, 2,
                  "'a', 'b' hold dates; say which"),
    "one for two": (days(), [*FLOW, "--by-id", "flow"], 2, "cannot be two things at once"),
    "no dates": (with_value("date", 30, "31.02.2020"), [*FLOW, "--time", "date"], 1,
                 "1 of the 160 values in the column 'date' are no dates: the first is "
                 "'31.02.2020', in row 31"),
    "no date": (with_value("date", 3, np.nan), [*FLOW, "--time", "date"], 1, "1 row has no 'date'"),
    "not dates": (days(), [*FLOW, "--time-format", "%Y/%m/%d"], 1,
        "no dates of the format %Y/%m/%d"),
    "month or day": (changed(date=["03/02/2020", "02/03/2020"] * 80), FLOW, 2, "--time-format"),
    "several series": (several(3), FLOW, 1, "Say --by-id station"),
    "repeated": (several(3).assign(station=1), [*FLOW, "--by-id", "station"], 1,
                 "80 rows repeat the station and date of an earlier row; the first is 1"),
    "constant": (changed(flow=2.5), FLOW, 1, "'flow' has one value only, 2.5"),
    "constant at first": (
        changed(flow=np.r_[np.zeros(130), np.arange(30.0)]),
        [*FLOW, "--window", "2"],
        1,
        "one value only in the rows to train on",
    ),
    "empty target": (changed(flow=np.nan), FLOW, 1, "'flow' has no values"),
    "infinity": (with_value("rain", 3, np.inf), FLOW, 1, "1 values of rain are infinite"),
    "few rows": (days(20), [*FLOW, "--window", "30"], 1, "20 rows, fewer than a window of 30"),
    "few samples": (days(24), [*FLOW, "--window", "3"], 1, "at least 20 are needed"),
    "no rows": (days(0), FLOW, 1, "has no rows"),
    "free text": (changed(flow=[f"so {i}" for i in range(160)]), FLOW, 1, "no labels either"),
    "amounts": (days(), [*FLOW, "--task", "classification"], 2,
        "Amounts are for --task regression"),
    "labels": (changed(flow=["a", "b"] * 80), [*FLOW, "--task", "regression"], 2,
        "holds no numbers"),
    "metric": (days(), [*FLOW, "--scoring", "accurracy"], 2, "no metric of scikit-learn. Did you"),
    "no groups": (days(), [*FLOW, "--cv", "group"], 2, "--cv group needs the groups: --by-id"),
    "no order": (days().drop(columns="date"), [*FLOW, "--cv", "time"], 2, "needs an order in time"),
    "no folds": (days(), [*FLOW, "--cv", "2", "--method", "gradient"], 2, "--cv is of LOFO"),
    "one input": (days(), [*FLOW, "--inputs", "rain", "--method", "lofo"], 2, "no other one"),
    "no inputs": (days()[["date", "flow"]], FLOW, 1, "No column is left as an input"),
    "text column": (days(), [*FLOW, "--text", "words"], 2, "--text words: there is no such column"),
    "text options": (days(), [*FLOW, "--text", "date", "--window", "3"], 2, "--window is not for"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_bad_tables(case, tmp_path, capsys):
    frame, arguments, status, words = CASES[case]
    path = written(frame, tmp_path)
    assert main(["explain", path, *arguments]) == status
    said = capsys.readouterr()
    last = said.err.splitlines()[-1]
    assert last.startswith("skfi: error: ")
    assert words in last, last
    assert "Traceback" not in said.err
    assert not said.out
    assert [each.name for each in tmp_path.iterdir()] == ["river.csv"]


USAGE = {
    "nothing": ([], "required: COMMAND"),
    "command": (["explian"], "invalid choice: 'explian'"),
    "option": (["explain", "river.csv", "--targt", "flow"], "--targt"),
    "number": (["explain", "river.csv", "--window", "0"], "'0' is no whole number from 1 on"),
    "folds": (["explain", "river.csv", "--cv", "1"], "'1' is not time, group or a number"),
    "seconds": (["demo", "--time-limit", "-1"], "'-1' is no number of seconds"),
    "no file": (["explain", "rivr.csv"], "no file rivr.csv. Did you mean 'river.csv'"),
    "folder": (["explain", "."], ". is a folder"),
    "kind": (["explain", "river.xlsx"], "neither CSV"),
    "two tables": (["explain", "river.csv", "river.csv"], "2 files: a table is one file"),
    "page": (["explain", "river.csv", "-o", "page.pdf"], "must end in .html"),
    "folder of the page": (["demo", "-o", "no/page.html"], "there is no folder no"),
    "model alone": (["explain", "final.keras"], "explained on its data"),
    "model and table": (["explain", "final.keras", "river.csv"], "are an .npz file"),
    "option of tables": (["explain", "final.keras", "x.npz", "--target", "y"],
        "--target is of tables"),
    "no result": (["report", "none.npz"], "no file none.npz"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(USAGE))
def test_wrong_usage(case, tmp_path, capsys):
    written(days(), tmp_path)
    for name in ("river.xlsx", "final.keras", "x.npz"):
        (tmp_path / name).write_bytes(b"")
    arguments, words = USAGE[case]
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert words in said.err
    assert not said.out


def test_files_that_are_none(tmp_path, capsys):
    Path("empty.csv").write_text("")
    Path("image.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x81\x8d")
    Path("twice.csv").write_text("a, a\n1,2\n")
    Path("r.npz").write_bytes(b"nothing")
    Path("final.keras").write_bytes(b"nothing")
    np.savez("x.npz", X=np.zeros((3, 2, 1)))
    for arguments, words in (
        (["explain", "empty.csv", *FLOW], "cannot be read as CSV"),
        (["explain", "image.csv", *FLOW], "image.csv"),
        (["explain", "twice.csv", *FLOW], "several columns of the name 'a'"),
        (["report", "r.npz"], "is no file that skfi has saved"),
        (["explain", "final.keras", "r.npz"], "cannot be read as .npz"),
        (["explain", "final.keras", "x.npz"], "cannot be read as a model of Keras 3"),
    ):
        assert main(arguments) in (1, 2)
        assert words in capsys.readouterr().err.splitlines()[-1]


def test_what_writes_pages_is_asked_for_first(tmp_path, capsys, monkeypatch):
    path = written(days(), tmp_path)
    monkeypatch.setattr("skfi._cli._answer.find_spec", lambda name: None)
    assert main(["explain", path, *FLOW]) == 1
    assert "jinja2 and matplotlib, which is not installed: pip install 'skfi[report]'" in (
        capsys.readouterr().err
    )


def test_a_failure_is_one_line_and_its_traceback_on_request(tmp_path, capsys, monkeypatch):
    path = written(days(), tmp_path)

    def fail(*_, **__):
        raise RuntimeError("no more\nmemory")

    monkeypatch.setattr("skfi._cli._table.decide_task", fail)
    assert main(["explain", path, *FLOW, "--quiet"]) == 1
    expected = "skfi: error: RuntimeError: no more memory (--traceback shows more)\n"
    assert capsys.readouterr().err == expected
    assert main(["explain", path, *FLOW, "--quiet", "--traceback"]) == 1
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert said.endswith("skfi: error: RuntimeError: no more memory\n")
