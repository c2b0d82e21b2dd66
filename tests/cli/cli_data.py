"""Small tables for the command, and a call of it."""

import json

import numpy as np
import pandas as pd

from skfi.cli import main

QUICK = ["--units", "4", "--epochs", "12"]


def days(n_rows=160, seed=0):
    """Rain of the last two days drives the flow; the dates are as Germans write them."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "date": pd.date_range("2020-01-01", periods=n_rows).strftime("%d.%m.%Y"),
            "rain": random.normal(size=n_rows),
            "tmax": random.normal(size=n_rows),
            "tmin": random.normal(size=n_rows),
        }
    )
    before = frame["rain"].shift(fill_value=0)
    frame["flow"] = 3 * frame["rain"] + 2 * before + 0.1 * random.normal(size=n_rows)
    return frame


def stations(n_stations=4, n_rows=60):
    """The same of several stations, each with weather of its own."""
    return pd.concat(
        [days(n_rows, seed).assign(station=f"s{seed}") for seed in range(n_stations)],
        ignore_index=True,
    )


def written(frame, folder, name="river.csv", **options):
    """The path of a table in a CSV file."""
    path = folder / name
    frame.to_csv(path, index=False, **options)
    return str(path)


def answer(capsys, *arguments):
    """The JSON object that the command prints."""
    status = main([*arguments, "--json"])
    said = capsys.readouterr()
    assert status == 0, said.err
    return json.loads(said.out) | {"said": said.err}


def names(answer, method):
    """Names by a method, the most important first."""
    return [unit["name"] for unit in answer["importances"][method]]
