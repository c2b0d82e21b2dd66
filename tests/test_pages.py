"""The pages of the documentation: their code runs and says what they say, their links lead on."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from pages import LINK, ROOT, anchor, blocks, read, run, without_code

import skfi
from skfi import datasets, metrics, recurrent, report

ELSEWHERE = {"docs/long_runs.md": "test_long_runs.py"}  # with data of their own
MARKDOWN = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "benchmarks", ROOT / "docs", ROOT / "docs/decisions")
    for path in folder.glob("*.md")
)
RUN = [page for page in MARKDOWN if page.startswith("docs/") and blocks(page)]


def both_methods_name_the_twin(names):
    assert names["model"].score(names["X"][300:], names["y"][300:]) > 0.8
    assert any("twin" in finding for finding in names["comparison"].findings)
    assert names["together"].to_frame().index[0] == "signal+twin"
    beyond = dict(zip(names["names"], names["beyond"].importances_mean, strict=True))
    assert beyond["signal"] > 5 * abs(beyond["twin"])


def importances_have_intervals(names):
    table = names["result"].to_frame()
    assert set(table.index[:2]) == {"x0", "x1"}
    assert {"ci_low", "ci_high", "pvalue"} <= set(table.columns)
    assert len(np.unique(names["of_days"].sample_groups)) == 20
    assert len(np.unique(names["of_patients"].sample_groups)) == 30
    assert names["report"].passed in (True, False)


def networks_are_explained(names):
    assert set(names["by_feature"].feature_names) == {
        *(f"weather__{name}" for name in names["names"]),
        "state__level",
    }
    assert names["explained"].feature_importances_.shape == (3,)
    predicted = names["final"].predict(names["X"], verbose=0)[:, 0]
    np.testing.assert_allclose(names["estimator"].predict(names["X"]), predicted, atol=1e-5)


def each_day_has_a_result(names):
    assert names["X"].shape == (588, 10, 3)
    assert names["Y"].shape == (588, 3)
    assert list(names["by_day"]) == ["flow+1", "flow+2", "flow+3"]
    assert {"ci_low", "ci_high"} <= set(names["by_day"]["flow+1"].to_frame().columns)
    assert names["one"].attributions.shape == (1, 10, 3)


def series_are_read_to_their_end(names):
    assert names["daily"].score(names["X"][28:], names["y"][28:]) > 0.6
    assert names["every_day"].attributions.shape == (12, 92, 92, 3)


def words_are_found(names):
    assert names["reader"].score(names["texts"][1::2], names["labels"][1::2]) > 0.7
    assert {"love", "great", "best"} <= set(names["words"].to_frame().index[:15])


def tables_are_explained(names):
    assert set(names["smaller"].named_steps) >= {"selectsequencefeatures"}
    assert len(np.unique(names["why"][-1].labels_)) == 4


def relevance_is_found(names):
    found = names["relevance_score"](names["task"].relevance[:10], names["of_its_own_step"])
    assert found > 0.7
    assert set(np.argsort(-names["found"])[:2]) == {0, 1}


def loops_by_hand_are_the_same(names):
    np.testing.assert_allclose(names["same"].importances_mean, names["by_hand"], atol=1e-7)
    np.testing.assert_allclose(names["permuted"].importances_mean, names["worse"], atol=1e-6)
    assert np.argmax(names["lofo"].importances_mean) == np.argmax(names["lost"]) == 0


def shap_draws_and_has_the_same_numbers(names):
    ours, theirs = names["result"].attributions, names["values"][..., 0]
    of_each = [
        skfi.gradient_importance(names["network"], names["X_valid"], baseline=one).attributions
        for one in names["background"]
    ]
    both_tend_to = np.mean(of_each, axis=0)
    largest = np.abs(both_tend_to).max()
    np.testing.assert_allclose(ours, both_tend_to, atol=0.1 * largest)
    np.testing.assert_allclose(theirs, both_tend_to, atol=0.1 * largest)
    np.testing.assert_allclose(
        np.abs(ours).mean(axis=(0, 1)), names["result"].importances_mean, rtol=1e-6
    )
    one = names["one"]
    predicted = names["network"].predict(names["X_valid"][:1], verbose=0)[0, 0]
    assert one.base_values + one.values.sum() == pytest.approx(predicted, abs=2e-3)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def weights_of_pytorch_fit(names):
    """A GRU by the equations in PyTorch's documentation, of one step from a state of zero."""
    random = np.random.default_rng(1)
    ih, hh, of_ih, of_hh = (random.normal(size=shape) for shape in ((24, 3), (24, 8), 24, 24))
    x = random.normal(size=(5, 3)).astype("float32")
    (r, z, n), (hr, hz, hn) = np.split(x @ ih.T + of_ih, 3, axis=1), np.split(of_hh, 3)
    reset, update = sigmoid(r + hr), sigmoid(z + hz)
    state = (1 - update) * np.tanh(n + reset * hn)
    layers = names["layers"]
    network = names["keras"].Sequential([names["keras"].Input((1, 3)), layers.GRU(8)])
    network.set_weights(names["from_gru"](ih, hh, of_ih, of_hh))
    np.testing.assert_allclose(network(x[:, None]), state, atol=1e-5)
    assert names["result"].completeness_error.shape == (50,)


def steps_are_not_features(names):
    by_hand = []
    random = np.random.RandomState(1)
    before = np.abs(names["model"].predict(names["X_valid"]) - names["y_valid"]).mean()
    for _ in range(200):  # as eli5 does
        shuffled = names["X_valid"].copy()
        random.shuffle(shuffled[:, 0])
        error = np.abs(names["model"].predict(shuffled) - names["y_valid"]).mean()
        by_hand.append(error - before)
    call = {"scoring": "neg_mean_absolute_error", "n_repeats": 200, "random_state": 1}
    many = skfi.permutation_importance(names["model"], names["X_valid"], names["y_valid"], **call)
    assert many.importances_mean[0] == pytest.approx(np.mean(by_hand), rel=0.02)
    assert np.argmax(names["by_feature"].importances_mean) == 0
    assert np.argmax(names["by_step"].importances_mean) == 3


def the_front_page_is_true(names):
    assert names["model"].feature_importances_.shape == (4,)
    assert {"ci_low", "pvalue"} <= set(names["result"].to_frame().columns)


def pages_are_written(names):
    pages = [Path(name).read_text(encoding="utf-8") for name in ("river.html", "runs.html")]
    assert "Which weather makes the river rise?" in pages[0]
    assert "Most important of 3 features: rain" in pages[0]
    assert "From 2020-10-27 to 2022-06-18." in pages[0]
    assert "2021-05" in pages[0]
    assert "seed 1" in pages[1]
    assert Path("again.html").read_text(encoding="utf-8") == names["comparison"].to_html()


def the_switch_is_put_back(names):
    assert recurrent.pool.jit_compile is False
    recurrent.pool.jit_compile = None


SAYS = {
    "docs/which_method.md": both_methods_name_the_twin,
    "docs/how_sure.md": importances_have_intervals,
    "docs/my_network.md": networks_are_explained,
    "docs/outputs.md": each_day_has_a_result,
    "docs/unequal_lengths.md": series_are_read_to_their_end,
    "docs/texts.md": words_are_found,
    "docs/pipelines.md": tables_are_explained,
    "docs/known_truth.md": relevance_is_found,
    "docs/from_a_loop.md": loops_by_hand_are_the_same,
    "docs/from_shap.md": shap_draws_and_has_the_same_numbers,
    "docs/from_captum.md": weights_of_pytorch_fit,
    "docs/from_eli5.md": steps_are_not_features,
    "docs/index.md": the_front_page_is_true,
    "docs/reports.md": pages_are_written,
    "docs/performance.md": the_switch_is_put_back,
}


@pytest.mark.filterwarnings("ignore:[^$]*The structure of `inputs` doesn't match:UserWarning")
@pytest.mark.parametrize("page", SAYS)
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    if page == "docs/from_shap.md":
        pytest.importorskip("shap")
    monkeypatch.chdir(tmp_path)
    SAYS[page](run(page))  # the functions above assert what a page says


def test_every_page_with_python_is_run():
    tests = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    for page in set(RUN) - set(SAYS):
        assert any(page in text for text in tests.values()), f"No test runs {page}."
    assert set(ELSEWHERE) <= set(RUN)


@pytest.mark.parametrize("page", MARKDOWN)
def test_links_inside_of_the_repository_lead_somewhere(page):
    links = [link for link in LINK.findall(without_code(read(page))) if ":" not in link]
    for link in links:
        path, _, place = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if path.startswith("api/"):
            check_name(path.removeprefix("api/").removesuffix(".rst"))
            continue
        assert target.exists(), f"{page}: {link}"
        if place:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert place in map(anchor, headings), f"{page}: {link}"


def check_name(name):
    """A page of the reference is there if its name is public."""
    assert name.removeprefix("skfi.") in skfi.__all__, name


def test_the_reference_has_every_public_name():
    text = read("docs/api.rst")
    modules = {"datasets": datasets, "metrics": metrics, "recurrent": recurrent, "report": report}
    listed = {"skfi": set()} | {f"skfi.{name}": set() for name in modules}
    module = None
    for line in text.splitlines():
        if line.startswith(".. currentmodule::"):
            module = line.split()[-1]
        elif re.fullmatch(r"   [A-Za-z]\w*", line):
            listed[module].add(line.strip())
    assert listed["skfi"] == set(skfi.__all__)
    for name, each in modules.items():
        assert listed[f"skfi.{name}"] == set(each.__all__) - set(skfi.__all__)


def test_no_other_module_has_public_names():
    others = {"display", "feature_selection", "importance", "preprocessing"}
    public = {p.parent.name for p in (ROOT / "skfi").glob("[!_]*/__init__.py")}
    assert others | {"datasets", "metrics", "recurrent", "report"} == public
    for name in others:
        assert set(getattr(skfi, name).__all__) <= set(skfi.__all__), name


def test_how_to_cite():
    cited = yaml.safe_load(read("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors", "type", "license"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert str(cited["version"]) == skfi.__version__
    assert cited["license"] == "BSD-3-Clause"
    assert all(author.get("name") or author.get("family-names") for author in cited["authors"])


FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def test_forms_of_issues_ask_for_what_is_needed():
    forms = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FORMS}
    assert set(forms) == {"bug", "config", "feature", "wrong_number"}
    for name in ("bug", "feature", "wrong_number"):
        form = forms[name]
        assert form["name"]
        assert form["description"]
        asked = {field["id"]: field["attributes"]["label"] for field in form["body"]}
        assert "code" in asked
        assert all(asked.values())
        if name != "feature":
            assert {"network", "versions"} <= set(asked)


def test_commands_of_a_release_exist():
    page, makefile = read("docs/releasing.md"), read("Makefile")
    targets = set(re.findall(r"^ *make ([\w-]+)$", page, flags=re.MULTILINE))
    assert targets == {"test", "test-matrix", "docs", "test-package", "clean"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
    assert ".venv-build/bin/python -m twine" in page
    assert "twine" in makefile
    assert (ROOT / ".ci/run").exists()
