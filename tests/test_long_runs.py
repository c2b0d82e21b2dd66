"""What docs/long_runs.md shows does what it says."""

from pathlib import Path

import numpy as np
from pages import run
from sklearn.linear_model import LinearRegression


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    one, two, noise = random.normal(size=(3, 200))
    columns = [one, one + 0.1 * random.normal(size=200), two, noise]
    columns += [noise + 0.1 * random.normal(size=200)]
    given = {"network": LinearRegression(), "X": np.column_stack(columns), "y": 3 * one + two}
    names = run("docs/long_runs.md", given)
    assert len(list(Path("runs/lofo").rglob("*.npz"))) == 30
    assert names["groups"] == {"x0+x1": ["x0", "x1"], "x3+x4": ["x3", "x4"]}
    assert list(names["fine"].feature_names) == ["x0", "x1", "x2", "x3+x4"]
