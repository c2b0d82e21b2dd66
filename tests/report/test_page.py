"""A page shows what the results hold, all of it in one file."""

import re
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import skfi
from skfi import (
    ImportanceComparison,
    ImportanceResult,
    LSTMClassifier,
    gradient_importance,
    permutation_importance,
)
from skfi.report import write_report
from skfi.report._groups import means_of_groups
from skfi.report._words import answer


class Parsed(HTMLParser):
    """The elements of a page with their attributes, its texts, and the cells of its tables."""

    EMPTY = ("meta", "link", "br", "input", "image", "path", "use", "rect")

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self.tables, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


@pytest.fixture
def page(tmp_path):
    def write(*results, **kwargs):
        write_report(tmp_path / "page.html", *results, **kwargs)
        return (tmp_path / "page.html").read_text(encoding="utf-8")

    return write


def all_of(results, sequences, words):
    return (*results.values(), sequences, words)


def test_every_kind_of_result_stands_on_it(page, results, sequences, words):
    html = page(*all_of(results, sequences, words), title="<Rivers>", notes="From <here>.")
    parsed = Parsed(html)
    assert not parsed.open
    headings = [
        "What the methods agree on", "Permutation", "LOFO", "Permutation for each output",
        "Can the importances be trusted?", "Run by run", "Integrated gradients",
        "Integrated gradients by word", "The network", "The data", "How it was computed",
        "What these numbers do not say",
    ]  # fmt: skip
    text = "".join(parsed.texts)
    assert all(heading in text for heading in headings)
    assert "<Rivers>" in text
    assert "From <here>." in text
    assert "600 samples" in text
    assert "From 2020-01-01 to 2021-08-22." in text
    assert "mean absolute error" in text


def test_tables_hold_the_numbers(page, results):
    result = results["permutation"]
    rows = {row[0]: row for row in Parsed(page(result)).tables[0][1:]}
    frame = result.to_frame()
    for name, row in frame.iterrows():
        shown = rows[name]
        assert float(shown[1]) == pytest.approx(row["importance_mean"], rel=5e-3, abs=1e-12)
        assert float(shown[3]) == pytest.approx(row["ci_low"], rel=5e-3, abs=1e-12)
        assert float(shown[4]) == pytest.approx(row["ci_high"], rel=5e-3, abs=1e-12)
        p = "< 0.001" if row["pvalue"] < 0.001 else f"{row['pvalue']:.3f}"
        assert shown[5] == p
    assert list(rows) == list(frame.index)


def test_nothing_is_fetched_and_nothing_is_run_that_is_not_ours(page, results, sequences, words):
    parsed = Parsed(page(*all_of(results, sequences, words)))
    for tag, attributes in parsed.elements:
        for name in ("src", "href", "xlink:href", "data", "action", "srcset"):
            link = attributes.get(name, "#")
            assert link.startswith(("#", "data:")), (tag, link[:80])
        assert not any(name.startswith("on") for name in attributes)
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    assert "b" not in {tag for tag, _ in parsed.elements}  # of a feature's name
    policies = [a["content"] for t, a in parsed.elements if "http-equiv" in a]
    assert policies
    assert policies[0].startswith("default-src 'none'")
    assert "url(http" not in str(parsed.texts)


def test_names_of_elements_are_used_once_and_found(page, results, sequences):
    parsed = Parsed(page(*results.values(), sequences))
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for t, a in parsed.elements if t == "a"}
    assert links <= set(ids)
    bars = [a["data-bar"] for t, a in parsed.elements if t == "tr" and "data-bar" in a]
    assert bars
    assert all(any(one.endswith(f"-{bar}") for one in ids) for bar in bars)


def test_pictures_are_described_and_their_text_is_text(page, results, sequences):
    html = page(*results.values(), sequences)
    parsed = Parsed(html)
    described = [a["aria-label"] for _, a in parsed.elements if a.get("role") == "img"]
    assert len(described) == html.count("<svg")
    assert all(len(one) > 20 for one in described)
    assert "rain" in parsed.texts  # a label in a picture
    assert "#333333" not in html  # all ink is the page's own


def test_what_is_not_known_to_matter_is_not_named():
    values = np.array([[1.0, 2.0], [0.1, 0.2]])
    intervals = np.array([[0.5, 2.5], [-0.1, 0.4]])
    made = {"feature_names": ["rain", "tmax"], "method": "permutation"}
    known = ImportanceResult.from_values(values, **made, confidence_intervals=intervals)
    assert answer(known) == "Most important of 2 features: rain 1.5 (0.5 to 2.5)."
    unknown = ImportanceResult.from_values(values, **made, confidence_intervals=intervals - 1)
    assert answer(unknown).startswith("No feature is shown to matter")
    assert "tmax" in answer(ImportanceResult.from_values(values, **made))


def test_units_that_matter_are_named_behind_those_that_may_not():
    mean = np.array([3.0, 2.9, 2.8, 1.0])
    result = ImportanceResult.from_summary(
        mean, mean, feature_names=list("abcd"), method="permutation", by="feature",
        confidence_intervals=np.c_[mean - [4, 4, 4, 0.1], mean + 4],
        pvalues=np.array([0.2, 0.2, 0.2, 0.0]),
    )  # fmt: skip
    assert answer(result) == "Most important of 4 features: d 1 (0.9 to 5)."


def test_an_interval_above_zero_by_chance_is_not_named():
    mean = np.full(60, 0.01)
    result = ImportanceResult.from_summary(
        mean, mean, feature_names=[f"x{i}" for i in range(60)], method="permutation", by="feature",
        confidence_intervals=np.c_[mean - 0.009, mean + 0.01], pvalues=np.full(60, 0.02),
    )  # fmt: skip
    assert answer(result).startswith("No feature is shown to matter")


def test_what_is_not_known_has_no_rank(page):
    made = {"feature_names": ["rain", "tmax"]}
    whole = ImportanceResult.from_values(np.ones((2, 2)), method="permutation", **made)
    nothing = np.full(2, np.nan)
    part = ImportanceResult.from_summary(
        nothing, nothing, method="lofo", by="feature", incomplete="No time.", **made
    )
    comparison = ImportanceComparison.from_results({"permutation": whole, "lofo": part})
    assert comparison.to_frame()["lofo", "rank"].isna().all()
    assert not comparison.findings
    assert "e+18" not in page(comparison)


@pytest.mark.parametrize("target", ["no", "yes", None])
def test_samples_of_a_class_are_in_its_order(page, target):
    X = np.random.default_rng(0).normal(size=(30, 4, 2))
    labels = np.where(X[:, -1, 0] > 0, "yes", "no")
    model = LSTMClassifier(3, epochs=3, random_state=0, importance=None).fit(X, labels)
    result = gradient_importance(model, X, target=target)
    proba = model.predict_proba(X)
    of_class = proba.max(axis=1) if target is None else proba[:, ["no", "yes"].index(target)]
    texts = Parsed(page(result)).texts
    shown = [t for t in texts if t.startswith("Sample ")]
    numbers = [int(one.split()[1].strip(",")) for one in shown]
    assert (np.diff(of_class[numbers]) >= -1e-6).all()
    assert {numbers[0], numbers[-1]} == {int(of_class.argmin()), int(of_class.argmax())}
    if target is not None:
        assert all(f"predicted {target} (" in one for one in shown)
        assert f"Blue raises the probability of {target!r}" in "".join(texts)


def test_data_of_one_shape_are_told_apart(page):
    days = pd.date_range("2020-01-01", periods=60)
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = pd.Series(X[:, 0], days)
    model = LinearRegression().fit(X, y)
    first = permutation_importance(model, X[:30], y[:30], random_state=0)
    second = permutation_importance(model, X[30:], y[30:].to_numpy(), random_state=0)
    second.about["data"].pop("targets")  # as of gradients
    text = "".join(Parsed(page(first, second)).texts)
    assert text.count("From 2020-01-01 to 2020-01-30.") == 1
    assert text.count("30 samples") == 2


def test_long_tables_hold_the_largest(page):
    mean = np.r_[np.zeros(249), 1.0]
    names = [f"x{i}" for i in range(250)]
    made = {"feature_names": names, "method": "permutation"}
    runs = {
        name: ImportanceResult.from_values(mean[:, None] + [0, 0], **made) for name in ("a", "b")
    }
    table = next(t for t in Parsed(page(runs)).tables if t[0] == ["feature", "a", "b"])
    assert table[-1][0] == "x249"
    assert len(table) == 201
    assert "the 200 largest of 250" in page(runs)


def test_an_error_is_gained_and_a_score_is_lost(page, results):
    assert "is what the mean absolute error gains, a mean over 5 shuffles" in page(
        results["permutation"]
    )


def test_a_large_signed_value_counts_by_its_size():
    values = np.array([[0.1], [-2.0]])
    made = {"feature_names": ["good", "bad"], "method": "saliency", "by": "word"}
    signed = ImportanceResult.from_values(values, **made, aggregate="mean")
    assert answer(signed) == "Most important of 2 words: bad -2, then good 0.1."


def test_groups_make_up_the_whole(results, page):
    result = results["permutation"]
    means = means_of_groups(result)
    shares = np.unique(result.sample_groups, return_counts=True)[1] / 600
    np.testing.assert_allclose(means.to_numpy() @ shares, result.importances_mean, atol=1e-9)
    tables = Parsed(page(result)).tables
    by_month = next(table for table in tables if "2020-10" in table[0])
    assert by_month[0] == ["feature", *means.columns]
    assert float(by_month[1][1]) == pytest.approx(means.loc["rain", "2020-01"], rel=5e-3)


def test_the_weights_of_rows_count_in_groups(river):
    X, y = river
    weights = np.random.default_rng(1).uniform(size=600)
    model = LinearRegression().fit(X, y)
    call = {"scoring": "neg_mean_absolute_error", "random_state": 0, "sample_weight": weights}
    months = X.index.to_period("M").astype(str).to_numpy()
    result = permutation_importance(model, X, y, sample_groups=months, **call)
    shares = pd.Series(weights).groupby(months).sum().to_numpy() / weights.sum()
    whole = means_of_groups(result).to_numpy() @ shares
    np.testing.assert_allclose(whole, result.importances_mean, atol=1e-9)


def test_runs_say_what_changed(page, results):
    text = "".join(Parsed(page(results["runs"])).texts)
    assert re.search(r"rain fell from [\d.]+ in before to \S+ in after", text)
    assert re.search(r"a & b rose from \S+ in before to [\d.]+ in after", text)


def test_a_network_that_has_learnt_nothing_is_said(page, river):
    X, _ = river
    noise = np.random.default_rng(2).normal(size=600)
    model = LinearRegression().fit(X[:150], noise[:150])
    result = permutation_importance(model, X[150:], noise[150:], random_state=0)
    assert "it has hardly learnt to predict" in page(result)
    assert "it has hardly learnt to predict" not in page(
        permutation_importance(model, X[150:], model.predict(X[150:]), random_state=0)
    )


def test_samples_are_picked_from_the_lowest_to_the_highest(page, sequences):
    parsed = Parsed(page(sequences))
    labels = [t for t in parsed.texts if t.startswith("Sample ")]
    shown = [float(label.split("predicted ")[1]) for label in labels]
    assert shown == sorted(shown)
    assert len(labels) == 8
    for value in (sequences.predictions.min(), sequences.predictions.max()):
        assert any(one == pytest.approx(value, rel=1e-3) for one in shown)


def test_a_large_result_makes_a_page_of_two_megabytes_at_most(page):
    rng = np.random.default_rng(0)
    n, steps, features = 10_000, 48, 50
    attributions = rng.normal(size=(n, steps, features)).astype("float32")
    names = [f"feature number {i}" for i in range(features)]
    result = ImportanceResult.from_values(
        np.abs(attributions).mean(axis=1).T,
        feature_names=names,
        method="integrated_gradients",
        attributions=attributions,
        samples=attributions,
        predictions=rng.normal(size=(n, 1)),
        axes=([f"t-{i}" for i in range(steps)][::-1], names),
        sequence_mask=None,
        aggregate="mean_abs",
    )
    html = page(result)
    assert len(html) < 2_000_000
    assert "8 of 10,000 samples" in html
    assert "the strongest 12 of 50 features" in html
    assert "The 20 largest of 50." in html


def test_results_of_one_kind_have_pages_of_their_own(results, sequences, words, tmp_path):
    for one in (*results.values(), sequences, words):
        if type(one) is dict:
            continue
        html = one.to_html()
        assert html.startswith("<!DOCTYPE html>")
        assert one.to_html(tmp_path / "own.html") is None
        assert (tmp_path / "own.html").read_text(encoding="utf-8") == html


def test_loaded_results_make_the_same_page(results, sequences, tmp_path):
    for one in (results["comparison"], sequences, results["checks"]):
        one.save(tmp_path / "result.npz")
        assert type(one).load(tmp_path / "result.npz").to_html() == one.to_html()


@pytest.mark.parametrize(
    ("given", "kwargs", "error", "message"),
    [
        ([], {}, ValueError, "There is no result to show"),
        ([3], {}, TypeError, "A result must be an ImportanceResult.*; got 3"),
        ([{"a": 3}], {}, TypeError, "got values of type int"),
        ([{}], {}, TypeError, "Runs must be a mapping"),
        (["one"], {"title": 3}, TypeError, "title must be a text; got 3"),
        (["one"], {"notes": ["a", 3]}, TypeError, "notes must be a text .* it holds 3"),
        (["mixed"], {}, ValueError, "Runs are compared by one method"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused(given, kwargs, error, message, results, sequences, tmp_path):
    named = {
        "one": results["permutation"],
        "mixed": {"a": results["permutation"], "b": sequences},
    }
    given = [named[one] if isinstance(one, str) else one for one in given]
    with pytest.raises(error, match=message):
        write_report(tmp_path / "page.html", *given, **kwargs)
    assert not list(tmp_path.iterdir())


def test_without_jinja2_an_error_says_how_to_get_it(results, monkeypatch):
    skfi.report._page._template.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"pip install 'skfi\[report\]'"):
        results["permutation"].to_html()
