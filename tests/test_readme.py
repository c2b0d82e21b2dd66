"""The README's Python, run from top to bottom as a newcomer would paste it."""

import re
from pathlib import Path

from sklearn.metrics import r2_score

README = Path(__file__).parents[1] / "README.md"
# less of the networks, and shorter training
QUICKER = {
    "LSTMRegressor(units=32, random_state=0)": (
        "LSTMRegressor(units=16, epochs=5, learning_rate=0.01, random_state=0)"
    ),
    "LSTMRegressor(32, early_stopping=True,": "LSTMRegressor(16, epochs=4, early_stopping=True,",
}


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = README.read_text()
    for shown, run in QUICKER.items():
        assert text.count(shown) == 1
        text = text.replace(shown, run)
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) >= 7
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    assert names["model"].score(names["X_valid"], names["y_valid"]) > 0.75
    assert names["permuted"].to_frame().index[0] == "rain"
    assert names["lofo"].to_frame().index[0] == "rain"
    assert names["daily"].score(names["X"][28:], names["y"][28:]) > 0.6
    assert names["every_day"].attributions.shape == (12, 92, 92, 3)
    assert names["reader"].score(names["texts"][1::2], names["labels"][1::2]) > 0.7
    assert {"love", "great", "best"} <= set(names["words"].to_frame().index[:15])
    predicted = names["final"].predict(names["held_out"], verbose=0)[:, 0]
    assert r2_score(names["y_valid"], predicted) > 0.7
    by_day = names["by_day"].to_frame()
    assert by_day.columns.tolist() == [f"flow+{day}" for day in range(1, 8)]
    assert by_day["flow+1"].idxmax() == "x3"  # the flow itself
    assert names["one_flood"].predictions.shape == (1, 1)
    assert "rain" in capsys.readouterr().out


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)h][^)]*)\)", README.read_text()):
        assert (README.parent / target).exists(), target
