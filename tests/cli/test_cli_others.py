"""``skfi explain`` of networks and texts, ``skfi report`` and ``skfi demo``."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from cli_data import answer, names, written

from skfi import ImportanceComparison, ImportanceResult
from skfi._cli._reports import as_runs
from skfi.cli import main

pytestmark = pytest.mark.usefixtures("in_a_folder")  # pages are written to the current one

random = np.random.default_rng(0)
X = random.normal(size=(60, 5, 2))


class First(keras.layers.Layer):
    """A layer that Keras does not know."""

    def call(self, inputs):
        """The last value of the first feature."""
        return inputs[:, -1, :1]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that looks at the first feature alone."""
    network = keras.Sequential([keras.Input((5, 2)), keras.layers.SimpleRNN(1, activation=None)])
    kernel, recurrent, bias = (np.zeros_like(weight) for weight in network.get_weights())
    kernel[0], recurrent[0] = 1, 0.5
    network.set_weights([kernel, recurrent, bias])
    network.compile("adam", "mse")
    path = tmp_path_factory.mktemp("model") / "final.keras"
    network.save(path)
    return str(path), network.predict(X, verbose=0)[:, 0]


def test_a_model_is_explained_on_its_data(model, capsys):
    path, y = model
    np.savez("data.npz", X=X, y=y, feature_names=np.array(["rain", "tmax"]))
    got = answer(capsys, "explain", path, "data.npz")
    assert got["page"] == "data.html"
    assert got["score"] == {"metric": "r2", "value": pytest.approx(1), "rows": 60}
    for method in ("gradient", "permutation"):
        assert names(got, method) == ["rain", "tmax"]
        assert got["importances"][method][0]["share"] == 1
    assert "Intervals take the samples as independent" in got["said"]
    np.savez("data.npz", X=X, y=y, sample_groups=np.arange(60) // 3)
    got = answer(capsys, "explain", path, "data.npz", "--method", "permutation")
    assert names(got, "permutation") == ["x0", "x1"]
    assert "Intervals take" not in got["said"]
    np.savez("data.npz", X=X)
    got = answer(capsys, "explain", path, "data.npz")
    assert (got["score"], list(got["importances"])) == (None, ["gradient"])


def test_a_model_is_trained_anew_for_lofo(model, capsys):
    path, y = model
    np.savez("data.npz", X=X, y=y)
    assert main(["explain", path, "data.npz", "--method", "lofo"]) == 2
    assert "say for how long: --epochs 20" in capsys.readouterr().err
    arguments = ["--method", "lofo", "--epochs", "2", "--cv", "time"]
    got = answer(capsys, "explain", path, "data.npz", *arguments)
    assert list(got["importances"]) == ["lofo"]


def test_several_inputs_go_by_their_names(capsys):
    weather, state = keras.Input((5, 2), name="weather"), keras.Input((1,), name="state")
    joined = keras.layers.Concatenate()([keras.layers.GRU(2)(weather), state])
    network = keras.Model([weather, state], keras.layers.Dense(1)(joined))
    network.save("two.keras")
    np.savez("data.npz", weather=X, state=X[:, 0, :1])
    got = answer(capsys, "explain", "two.keras", "data.npz")
    assert {"weather__x0", "state__x0"} <= set(names(got, "gradient"))
    np.savez("data.npz", weather=X)
    assert main(["explain", "two.keras", "data.npz"]) == 1
    assert "data.npz has no array 'state'" in capsys.readouterr().err


WRONG = {
    "no X": ({"Z": X}, "has no array 'X', but 'Z'"),
    "features": ({"X": X[..., :1]}, "takes samples of the shape (None, 5, 2), and X in data.npz"),
    "steps": ({"X": X[:, :4]}, "has the shape (60, 4, 2)"),
    "rank": ({"X": X[:, 0]}, "has the shape (60, 2)"),
    "no samples": ({"X": X[:0]}, "X in data.npz has no samples"),
    "infinity": ({"X": np.full_like(X, np.inf)}, "X in data.npz holds infinity"),
    "complex": ({"X": X + 1j}, "holds complex128, and no numbers"),
    "targets": ({"X": X, "y": np.zeros(3)}, "y in data.npz has the shape (3,), and X has 60"),
    "names": ({"X": X, "feature_names": np.array(["a"])}, "has 1 names; X has 2 features"),
    "objects": ({"X": np.array([object()])}, "Save texts as numpy.array(names, dtype=str)"),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_data_that_does_not_fit_the_model(case, model, capsys):
    arrays, words = WRONG[case]
    np.savez("data.npz", **arrays)
    assert main(["explain", model[0], "data.npz"]) == 1
    said = capsys.readouterr()
    assert words in said.err.splitlines()[-1]
    assert not Path("final.html").exists()


def test_methods_need_targets(model, capsys):
    np.savez("data.npz", X=X)
    assert main(["explain", model[0], "data.npz", "--method", "permutation"]) == 1
    assert "needs the targets: store an array y" in capsys.readouterr().err


def test_a_layer_of_ones_own_is_said(capsys):
    keras.Sequential([keras.Input((5, 2)), First()]).save("own.keras")
    np.savez("data.npz", X=X)
    assert main(["explain", "own.keras", "data.npz"]) == 1
    assert "layers of your own is explained in Python" in capsys.readouterr().err


def reviews():
    """Praise has the word good, blame the word bad, both among other words."""
    others = np.random.default_rng(0).choice(["film", "book", "the", "a", "was"], size=(240, 3))
    labels = np.arange(240) % 2
    texts = [
        f"{' '.join(words)} {'good' if label else 'bad'}"
        for words, label in zip(others, labels, strict=True)
    ]
    return pd.DataFrame({"review": texts, "label": np.where(labels, "praise", "blame")})


def test_texts(tmp_path, capsys):
    frame = reviews()
    frame.loc[3, "review"] = None
    frame.loc[4, "review"] = "..."
    path = written(frame, tmp_path, "reviews.csv")
    arguments = ["--text", "review", "--target", "label", "--units", "8", "--epochs", "15"]
    status = main(["explain", path, *arguments, "--save", "words.npz"])
    said = capsys.readouterr()
    assert status == 0, said.err
    assert "Left out: 2 rows without review or label." in said.err
    first, second = said.out.split(", ")[:2]
    assert {first.split()[0], second.split()[0]} == {"good", "bad"}
    values = dict(part.split()[:2] for part in (first, second))
    assert float(values["good"]) > 0 > float(values["bad"])
    assert "for 'praise' (accuracy" in said.out
    comparison = ImportanceComparison.load("words.npz")
    assert set(comparison.to_frame().index[:2]) == {"good", "bad"}
    assert main(["explain", path, *arguments, "--method", "lofo"]) == 2
    assert "skfi.lofo_importance(..., feature_groups=)" in capsys.readouterr().err


def saved(name, method="lofo", features=("a", "b")):
    result = ImportanceResult.from_values(
        random.normal(size=(2, 3)), feature_names=list(features), method=method
    )
    result.save(f"{name}.npz")
    return result


def test_a_page_of_saved_results(capsys):
    for name in ("before", "after"):
        saved(name)
    saved("other", features=("a", "c"))
    comparison = ImportanceComparison.from_results({"one": saved("x"), "two": saved("y")})
    comparison.save("both.npz")
    assert main(["report", "both.npz", "--title", "River <flow>"]) == 0
    assert capsys.readouterr().out == "1 result -> report.html\n"
    assert "River" in Path("report.html").read_text()
    assert main(["report", "before.npz", "after.npz", "-o", "runs.html", "--json"]) == 0
    said = capsys.readouterr()
    assert said.out == '{"results": ["before.npz", "after.npz"], "page": "runs.html"}\n'
    assert "2 runs of the same features, side by side." in said.err
    assert main(["report", "before.npz", "other.npz", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_runs_are_of_one_method_for_the_same_features():
    one, two, other = saved("one"), saved("two"), saved("other", features=("a", "c"))
    assert as_runs({"one": one, "two": two}) == [{"one": one, "two": two}]
    assert as_runs({"one": one}) == []
    assert as_runs({"one": one, "other": other}) == []
    permuted = saved("permuted", method="permutation")
    assert as_runs({"one": one, "permuted": permuted}) == []
    by_mae = ImportanceResult(**dict(one) | {"scoring": "neg_mean_absolute_error"})
    assert as_runs({"one": one, "by another metric": by_mae}) == []


def test_comparisons_are_runs_of_each_method(capsys):
    for name in ("before", "after"):
        methods = {method: saved("x", method=method) for method in ("permutation", "lofo")}
        ImportanceComparison.from_results(methods).save(f"{name}.npz")
    assert main(["report", "before.npz", "after.npz"]) == 0
    assert "2 runs of the same features" in capsys.readouterr().err
    page = Path("report.html").read_text()
    assert "Run by run: Permutation" in page
    assert "Run by run: LOFO" in page
    assert page.count("<summary>before</summary>") == 2


def test_the_demo_writes_its_page(capsys):
    arguments = ["--method", "permutation", "--epochs", "3", "--units", "8"]
    got = answer(capsys, "demo", *arguments)
    assert names(got, "permutation")[0] == "rain"
    assert got["period"] == "1979-01-01 to 1988-12-31"
    assert got["score"]["rows"] == 1067  # of 1,096, without those that reach into both parts
    assert Path("river.html").exists()
