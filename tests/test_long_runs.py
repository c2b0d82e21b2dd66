"""What docs/long_runs.md shows does what it says."""

import re
from pathlib import Path

import numpy as np
from sklearn.linear_model import LinearRegression

PAGE = Path(__file__).parents[1] / "docs/long_runs.md"


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.S)
    random = np.random.default_rng(0)
    one, two, noise = random.normal(size=(3, 200))
    columns = [one, one + 0.1 * random.normal(size=200), two, noise]
    columns += [noise + 0.1 * random.normal(size=200)]
    names = {"network": LinearRegression(), "X": np.column_stack(columns), "y": 3 * one + two}
    for block in blocks:
        if "Client" not in block:  # which needs a cluster; see test_clusters.py
            exec(block, names)
    assert len(list(Path("runs/lofo").rglob("*.npz"))) == 30
    assert names["groups"] == {"x0+x1": ["x0", "x1"], "x3+x4": ["x3", "x4"]}
    assert list(names["fine"].feature_names) == ["x0", "x1", "x2", "x3+x4"]
