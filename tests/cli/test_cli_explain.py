"""``skfi explain`` of tables: what it finds, and that it looks at nothing it should not."""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli_data import QUICK, answer, days, names, stations, written

from skfi import ImportanceComparison, ImportanceResult
from skfi._cli._files import read_table
from skfi._cli._numbers import read_texts_as_numbers
from skfi._cli._talk import Talk
from skfi.cli import main

pytestmark = pytest.mark.usefixtures("in_a_folder")  # pages are written to the current one


def test_the_column_that_drives_the_target_comes_first_by_all_methods(tmp_path, capsys):
    path = written(days(400), tmp_path)
    arguments = ["explain", path, "--target", "flow", "--window", "3", "--units", "8"]
    status = main([*arguments, "--method", "all", "--save", "river.npz", "--epochs", "60"])
    said = capsys.readouterr()
    assert status == 0, said.err
    line = r"rain (0\.\d\d|1\.00), \w+ 0\.\d\d, \w+ 0\.\d\d by permutation \(R2 0\.\d+ on 118 "
    assert re.fullmatch(line + r"held-out rows\) -> river\.html\n", said.out), said.out
    comparison = ImportanceComparison.load("river.npz")
    assert list(comparison.results) == ["gradient", "permutation", "lofo"]
    for result in comparison.results.values():
        assert result.to_frame().index[0] == "rain"
    page = Path("river.html").read_text()
    for sentence in (
        "first 70% of the rows in time",
        "2020-01-01 to 2021-02-03",
        "LSTM of 8 units",
    ):
        assert sentence in said.err
        assert sentence in page


def test_shuffled_rows_are_the_sorted_ones(tmp_path, capsys):
    frame = days()
    arguments = ["--target", "flow", "--window", "3", "--method", "permutation", *QUICK]
    results = []
    for name, rows in (("a.csv", frame), ("b.csv", frame.sample(frac=1, random_state=1))):
        got = answer(capsys, "explain", written(rows, tmp_path, name), *arguments)
        assert ("by which they were sorted" in got["said"]) == (name == "b.csv")
        results.append((got["score"], got["importances"]))
    assert results[0] == results[1]


def test_stations_are_held_out_whole(tmp_path, capsys):
    path = written(stations(), tmp_path, sep=";", decimal=",")
    arguments = ["--target", "flow", "--by-id", "station", "--window", "4", *QUICK]
    got = answer(capsys, "explain", path, *arguments, "--method", "lofo")
    assert got["rows_to_train_on"] == 3 * 57
    assert got["score"]["rows"] == 57
    assert "3 whole groups of 4" in got["said"]
    assert "3 folds of whole groups" in got["said"]
    assert "decimal comma" in got["said"]
    assert set(names(got, "lofo")) == {"rain", "tmax", "tmin"}
    assert got["importances"]["lofo"][0].keys() >= {"importance", "share", "ci_low", "pvalue"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.234,5", "12,25", "-3"], [1234.5, 12.25, -3]),
        (["1.234", "12,5", "1.234.567,25"], [1234, 12.5, 1234567.25]),
        (["1,5e3", "2", "0,5"], [1500, 2, 0.5]),
        ([*["1,5"] * 10, "1.25"], [*[1.5] * 10, np.nan]),  # of another form: missing, and said
    ],
)
def test_points_group_thousands_where_the_decimal_is_a_comma(tmp_path, texts, expected):
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["a;b;c", *(f"{text};1.234;x{text}" for text in texts)]))
    talk = Talk(quiet=True)
    options = argparse.Namespace(time=None, by_id=None, text=None)
    read = read_texts_as_numbers(read_table(path, talk), path, options, talk)
    np.testing.assert_allclose(read["a"].to_numpy(float), expected)
    assert read["c"].tolist() == [f"x{text}" for text in texts]
    said = " ".join(talk.notes)
    assert "those of b was read as a decimal point" in said
    assert ("Taken as missing" in said) == (np.isnan(expected).any())


def test_labels_categories_and_missing_values(tmp_path, capsys):
    frame = days()
    frame["flood"] = np.where(frame.pop("flow") > 0, "yes", "no")
    frame["wind"] = np.random.default_rng(1).choice(["north", "south", "west"], len(frame))
    frame.loc[[0, 7, 130], "tmax"] = np.nan
    frame.loc[5, "flood"] = np.nan
    frame.loc[9, "wind"] = np.nan
    frame["remark"] = [f"remark {i}" for i in range(len(frame))]
    frame["number"] = range(len(frame))
    frame["same"] = 1.0
    path = written(frame, tmp_path)
    got = answer(
        capsys, "explain", path, "--target", "flood", "--window", "3", "--units", "4", "--epochs",
        "40", "--method", "permutation",
    )  # fmt: skip
    assert (got["task"], got["score"]["metric"]) == ("classification", "accuracy")
    assert names(got, "permutation")[0] == "rain"
    assert set(names(got, "permutation")) == {"rain", "tmax", "tmin", "wind"}
    for sentence in (
        "The target flood is labels: no, yes. The task is classification.",
        "Nothing is predicted of 1 row without flood",
        "Filled in: 3 missing values of tmax (1.9%), with the value before; where there is none",
        "wind holds categories, and is encoded by 4 columns of 0 and 1 ((missing), north, south, ",
        "1 missing value as one of them",
        "remark (160 different texts), number (counts the rows)",
        "one value only in the rows to train on: same.",
        "always would tell",
    ):
        assert any(sentence in note for note in got["notes"]), (sentence, got["notes"])


def test_the_past_of_the_target_is_an_input_when_asked_for(tmp_path, capsys):
    random = np.random.default_rng(0)
    walk = random.normal(size=200).cumsum()
    frame = pd.DataFrame({"time": range(200), "noise": random.normal(size=200), "level": walk})
    path = written(frame, tmp_path)
    arguments = ["--target", "level", "--window", "3", "--method", "permutation", *QUICK]
    without = answer(capsys, "explain", path, *arguments)
    assert names(without, "permutation") == ["noise"]
    assert "Earlier values of level are no input." in without["notes"]
    for horizon in ("0", "2"):
        got = answer(capsys, "explain", path, *arguments, "--past-target", "--horizon", horizon)
        assert names(got, "permutation") == ["past level", "noise"]


def test_an_input_that_tells_the_target_is_warned_of(tmp_path, capsys):
    frame = days()
    frame["flow in litres"] = 1000 * frame["flow"] + 3
    path = written(frame, tmp_path)
    arguments = ["--target", "flow", "--window", "2", "--method", "gradient", "--quiet", *QUICK]
    got = answer(capsys, "explain", path, *arguments)
    assert "Warning: flow in litres tells the same as flow" in got["said"]
    frame["wet"] = np.where(frame["flow"] > 0, "yes", "no")
    frame["flood"] = (frame["flow"] > 0).astype(int)
    path = written(frame, tmp_path)
    arguments = ["--target", "flood", "--inputs", "rain,wet", *arguments[2:]]
    got = answer(capsys, "explain", path, *arguments)
    assert "Warning: wet tells the same as flood (each of its values goes" in got["said"]


def test_rows_of_one_time_that_are_no_series(tmp_path, capsys):
    frame = days(200)
    frame["date"] = np.repeat(frame["date"][:40].to_numpy(), 5)
    path = written(frame, tmp_path)
    arguments = ["--target", "flow", "--window", "1", "--method", "permutation", *QUICK]
    got = answer(capsys, "explain", path, *arguments)
    assert (got["rows_to_train_on"], got["score"]["rows"]) == (140, 60)
    assert "explained on the rest, from 2020-01-29 on." in got["said"]


def test_a_network_that_learns_nothing_is_warned_of(tmp_path, capsys):
    frame = days()
    frame["flow"] = np.random.default_rng(5).normal(size=len(frame))
    path = written(frame, tmp_path)
    got = answer(
        capsys, "explain", path, "--target", "flow", "--window", "2", "--method", "permutation",
        "--epochs", "30", "--units", "8",
    )  # fmt: skip
    assert got["score"]["value"] < 0
    assert "Warning: The network predicts flow no better than the mean" in got["said"]
    assert any("tell little about flow" in note for note in got["notes"])


def test_rows_without_an_order_are_split_at_random(tmp_path, capsys):
    frame = days().drop(columns="date")
    frame["flow"] = 3 * frame["rain"]
    path = written(frame, tmp_path)
    arguments = ["--target", "flow", "--method", "lofo", "--cv", "2", *QUICK]
    got = answer(capsys, "explain", path, *arguments)
    assert (got["window"], got["time"]) == (1, None)
    assert (got["rows_to_train_on"], got["score"]["rows"]) == (112, 48)
    assert names(got, "lofo")[0] == "rain"
    assert "2 random folds" in got["said"]
    got = answer(capsys, "explain", path, *arguments[:2], "--method", "gradient", "--window", "5")
    assert "taken as a series, in the order of the file" in got["said"]
    assert got["rows_to_train_on"] == 108


def test_parquet_is_read_with_its_index(tmp_path, capsys):
    pytest.importorskip("pyarrow")
    frame = days()
    frame.index = pd.to_datetime(frame.pop("date"), dayfirst=True)
    frame.to_parquet("river.parquet")
    arguments = ["--target", "flow", "--window", "2", "--method", "gradient", *QUICK]
    got = answer(capsys, "explain", "river.parquet", *arguments)
    assert got["time"] == "date"


def test_without_pyarrow_it_is_said_what_to_install(tmp_path, capsys, monkeypatch):
    Path("river.parquet").write_bytes(b"PAR1")

    def missing(path):
        raise ImportError("Unable to find a usable engine")

    monkeypatch.setattr(pd, "read_parquet", missing)
    assert main(["explain", "river.parquet", "--target", "flow"]) == 1
    assert "pip install pyarrow" in capsys.readouterr().err


def test_a_run_goes_on_where_it_was_stopped(tmp_path, capsys):
    path = written(days(), tmp_path)
    arguments = ["--target", "flow", "--window", "2", "--cv", "2", "--units", "2", "--epochs", "2"]
    arguments += ["--method", "lofo", "--resume", "runs"]
    begun = answer(capsys, "explain", path, *arguments, "--time-limit", "0")
    assert "Warning: LOFO is incomplete: " in begun["said"]
    n_begun = len(list(Path("runs").rglob("*.npz")))
    whole = answer(capsys, "explain", path, *arguments)
    assert n_begun < len(list(Path("runs").rglob("*.npz"))) == 8
    again = answer(capsys, "explain", path, *arguments)
    assert again["importances"] == whole["importances"] != begun["importances"]


def test_one_input_is_not_left_out(tmp_path, capsys):
    path = written(days(), tmp_path)
    arguments = ["--target", "flow", "--inputs", "rain", "--window", "2", *QUICK]
    got = answer(capsys, "explain", path, *arguments)
    assert list(got["importances"]) == ["permutation"]


def test_the_saved_result_is_that_of_the_answer(tmp_path, capsys):
    path = written(days(), tmp_path)
    arguments = ["--target", "flow", "--window", "2", "--method", "permutation", *QUICK]
    got = answer(capsys, "explain", path, *arguments, "--save", "r.npz", "-o", "other.html")
    result = ImportanceResult.load("r.npz")
    means = [unit["importance"] for unit in got["importances"]["permutation"]]
    assert means == sorted(result.importances_mean, reverse=True)
    assert json.dumps(got["score"]["value"]) == json.dumps(float(result.baseline_score))
    assert (got["page"], got["saved"]) == ("other.html", "r.npz")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.html", "r.npz", "river.csv"]


def test_shares_are_not_known_where_time_was_up(tmp_path, capsys):
    path = written(days(), tmp_path)
    arguments = ["explain", path, "--target", "flow", "--window", "2", "--method", "lofo", *QUICK]
    got = answer(capsys, *arguments, "--time-limit", "0")
    assert [unit["share"] for unit in got["importances"]["lofo"]] == [None] * 3
    assert main([*arguments, "--time-limit", "0", "--quiet"]) == 0
    assert "0 of 3 importances by lofo are known, so no shares" in capsys.readouterr().out


def test_large_codes_stay_apart_and_the_index_is_no_input(tmp_path, capsys):
    frame = days(120)
    frame["code"] = np.where(frame["rain"] > 0, 1000001.0, 1000002.0)
    frame.loc[3, "code"] = np.nan
    frame = frame.sample(frac=1, random_state=0).drop(columns="flow")
    path = tmp_path / "codes.csv"
    frame.to_csv(path)  # with the index of pandas, in another order
    got = answer(
        capsys, "explain", str(path), "--target", "code", "--window", "1",
        "--method", "permutation", *QUICK,
    )  # fmt: skip
    assert "1000001 and 1000002" in got["said"] or "1000001, 1000002" in got["said"]
    assert sorted(names(got, "permutation")) == ["rain", "tmax", "tmin"]


def test_another_metric_than_accuracy_speaks_for_itself(tmp_path, capsys):
    random = np.random.default_rng(0)
    rain = random.normal(size=400)
    label = np.where(rain + random.normal(size=400) > 2.2, "flood", "none")
    frame = pd.DataFrame({"rain": rain, "noise": random.normal(size=400), "y": label})
    got = answer(
        capsys, "explain", written(frame, tmp_path), "--target", "y", "--scoring", "roc_auc",
        "--method", "permutation", "--units", "3", "--epochs", "20",
    )  # fmt: skip
    assert got["score"]["value"] > 0.7
    assert "tell nothing" not in got["said"]
    assert "tell little" not in got["said"]
