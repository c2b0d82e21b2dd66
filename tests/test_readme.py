"""What README shows does what it says, and takes five minutes to read."""

from pages import read, run
from sklearn.metrics import r2_score

# less of the networks, and shorter training
QUICKER = {
    "LSTMRegressor(units=32, random_state=0)": (
        "LSTMRegressor(units=16, epochs=5, learning_rate=0.01, random_state=0)"
    ),
}


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = run("README.md", changes=QUICKER)
    assert names["model"].score(names["X_valid"], names["y_valid"]) > 0.75
    table = names["comparison"].to_frame()
    assert {name: table[name]["rank"].idxmin() for name in ("permutation", "lofo")} == {
        "permutation": "rain",
        "lofo": "rain",
    }
    assert names["one_flood"].predictions.shape == (1, 1)
    predicted = names["final"].predict(names["held_out"], verbose=0)[:, 0]
    assert r2_score(names["y_valid"], predicted) > 0.7
    assert "weather__rain" in capsys.readouterr().out
    assert names["search"].best_estimator_[-1].feature_importances_.shape == (3,)
    assert names["reader"].score(names["texts"][1::2], names["labels"][1::2]) > 0.7
    assert {"love", "great", "best"} <= set(names["words"].to_frame().index[:15])


def test_the_readme_is_short():
    assert len(read("README.md").splitlines()) <= 150


def test_make_knows_what_the_readme_says():
    targets = [line.split()[1] for line in read("README.md").splitlines() if line[:5] == "make "]
    assert targets == ["demo", "test", "docs"]
    for target in targets:
        assert f"\n{target}: " in read("Makefile")
