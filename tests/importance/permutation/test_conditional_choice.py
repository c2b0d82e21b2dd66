"""How conditional permutation exchanges a unit: chosen by its columns; and what it exchanges."""

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import Seen
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.utils import check_random_state

from skfi import permutation_importance
from skfi.importance._permutation._conditional import conditional_exchange
from skfi.importance._permutation._conditional_groups import (
    givers,
    groups_of_like_rows,
    principal_axes,
    quarters,
)
from skfi.importance._permutation._conditional_residuals import residuals
from skfi.importance._permutation._influence import drawn_donors
from skfi.importance._units._cells import make_units

MSE = "neg_mean_squared_error"
CALL = {"scoring": MSE, "conditional": True, "random_state": 0}


def columns(kind, seed=0, n=300):
    """Three normal columns, and a last one of the given kind that depends on the first."""
    random = np.random.default_rng(seed)
    normal = random.normal(size=(n, 3))
    angle = random.uniform(0, 2 * np.pi, size=n)
    if kind in ("circle", "angle"):
        normal[:, 0] = np.cos(angle)
        return np.column_stack([normal, np.sin(angle) if kind == "circle" else angle])
    noise = 0.6 * random.normal(size=n)
    latent = 0.8 * normal[:, 0] + noise
    made = {
        "normal": latent,
        "independent": noise,
        "heavy tails": 0.8 * normal[:, 0] + 0.4 * random.standard_t(4, size=n),
        "skewed noise": 0.8 * normal[:, 0] + 0.4 * random.gamma(2, size=n),
        "rounded": np.round(latent, 3),
        "a copy": normal[:, 0],
        "positive": np.exp(latent),
        "bounded": stats.norm.cdf(latent),
        "squares": normal[:, 0] ** 2 + noise,
        "zero-inflated": np.maximum(latent, 0),
        "whole numbers": np.round(2 * latent),
        "in parts of ten": np.round(2 * latent) / 10,
        "constant": np.full(n, 0.1),
    }
    return np.column_stack([normal, made[kind]])


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        *((kind, "residuals") for kind in ("normal", "independent", "heavy tails")),
        *((kind, "residuals") for kind in ("skewed noise", "rounded", "a copy")),
        *((kind, "groups") for kind in ("positive", "bounded", "squares", "circle", "angle")),
        *((kind, "groups") for kind in ("zero-inflated", "whole numbers", "in parts of ten")),
        ("constant", "groups"),
    ],
)
def test_the_columns_tell_how(kind, by):
    X = columns(kind)
    found = permutation_importance(Seen(), X, X.sum(axis=1), **CALL)
    assert found.conditional_by[3] == by
    assert list(found.conditional_by[1:3]) == ["residuals"] * 2
    assert (found.importances[3] == 0).all() == (kind == "constant")


def test_normal_columns_are_not_taken_for_others():
    by = [
        conditional_exchange(X, make_units(X.shape), None).by
        for X in (columns("normal", seed, n) for seed in range(15) for n in (40, 200))
    ]
    assert np.mean(np.array(by) == "groups") <= 0.02


class TestResiduals:
    def test_a_constant_cell_of_a_series_stays(self):
        X = np.random.default_rng(0).normal(size=(80, 3, 2))
        X[:, 0, 0] = 0.1
        model = Seen()
        found = permutation_importance(model, X, X.sum(axis=(1, 2)), **CALL)
        assert list(found.conditional_by) == ["residuals"] * 2
        assert all((seen[:, 0, 0] == 0.1).all() for seen in model.seen)

    @pytest.mark.parametrize(("n_rows", "n_others"), [(200, 4), (200, 60), (400, 60), (60, 100)])
    def test_vary_as_the_others_leave_open(self, n_rows, n_others):
        # (1 + a^2) Var(held-out residuals) is E (fed - x)^2, which is to be 2 Var(x | others)
        found = []
        for seed in range(20):
            random = np.random.default_rng(seed)
            others = random.normal(size=(n_rows, n_others))
            own = others[:, :4].sum(axis=1, keepdims=True) + random.normal(size=(n_rows, 1))
            missed, factor = residuals(own, others)
            found.append((1 + factor**2) * (missed**2).mean(axis=0) / 2)
        low = 1 if n_rows < n_others else 0.9  # with more cells than rows little can be known
        assert low - 0.01 < np.mean(found) < (1.1 if n_rows > 2 * n_others else 3.2)

    def test_those_of_a_row_are_predicted_from_others(self):
        random = np.random.default_rng(0)
        own, others = random.normal(size=(100, 1)), random.normal(size=(100, 5))
        own += 10 * others[:, :1]
        missed, _ = residuals(own, others)
        other = own.copy()
        other[7] += 0.01  # so little that the penalty stays
        changed, _ = residuals(other, others)
        assert np.isclose(changed[7] - missed[7], 0.01)


class TestGroups:
    def test_rows_give_within_their_group_and_not_to_themselves(self):
        random = np.random.default_rng(0)
        groups = random.integers(0, 12, size=90)
        groups[groups == 3] = 4
        groups[0] = 3  # alone
        order = random.integers(0, 4, size=90)
        for _ in range(20):
            found = givers(groups, order, random.permutation(90), random)
            assert (groups[found] == groups).all()
            assert (np.flatnonzero(found == np.arange(90)) == [0]).all()

    def test_each_other_row_of_the_group_is_as_likely(self):
        random = np.random.default_rng(0)
        groups, order = np.repeat([0, 1], [6, 20]), random.normal(size=26)
        counts = np.zeros((6, 6))
        for _ in range(6000):
            found = givers(groups, order, random.permutation(26), random)[:6]
            counts[np.arange(6), found] += 1
        expected = (1 - np.eye(6)) * 6000 / 5
        assert np.allclose(counts, expected, atol=5 * np.sqrt(1200))

    def test_a_series_keeps_its_places(self):
        # in groups of the same rows at each step the donor's order is taken over
        groups, order = np.zeros(200, dtype=int), np.arange(200.0)
        random = np.random.default_rng(0)
        donors = random.permutation(200)
        found = givers(groups, order, donors, random)
        assert np.abs(found - donors).max() <= 2

    @pytest.mark.parametrize("kind", ["normal", "circle", "zero-inflated", "whole numbers"])
    def test_are_of_rows_that_are_alike_in_the_others(self, kind):
        # what varies within groups is what the first column leaves open
        of_groups = []
        for seed in range(4):
            X = columns(kind, seed, 1000)
            own, others = X[:, 3:], X[:, :3]
            centre, axes = principal_axes(own)
            parts = (own - centre) @ axes
            predicted = parts - residuals(own, others)[0] @ axes
            random = np.random.default_rng(seed)
            groups = groups_of_like_rows(parts, predicted, others, quarters(others), random)
            assert np.bincount(groups)[np.unique(groups)].min() > 1
            fed = own[givers(groups, parts[:, 0], random.permutation(1000), random)]
            of_groups.append(np.mean((fed - own) ** 2) / 2 / own.var())
        assert np.mean(of_groups) == pytest.approx(left_open(kind), rel=0.12)

    def test_columns_that_belong_together_stay_together(self):
        random = np.random.default_rng(0)
        kind = random.integers(0, 3, size=150)
        X = np.column_stack([random.normal(size=(150, 2)), np.eye(3)[kind]])
        X[:, 0] += kind
        model = Seen()
        found = permutation_importance(
            model, X, X.sum(axis=1), feature_groups={"kind": [2, 3, 4]}, **CALL
        )
        assert found.conditional_by[-1] == "groups"
        assert all((seen[:, 2:].sum(axis=1) == 1).all() for seen in model.seen)
        assert any((seen[:, 2:] != X[:, 2:]).any() for seen in model.seen)

    def test_values_of_sequences_stay_at_their_step(self):
        random = np.random.default_rng(0)
        X = random.normal(size=(100, 4, 2))
        X[:, :, 1] = np.maximum(X[:, :, 0] + X[:, :, 1] + np.arange(4), 0)
        model = Seen()
        found = permutation_importance(model, X, X.sum(axis=(1, 2)), **CALL)
        assert list(found.conditional_by) == ["residuals", "groups"]
        for seen in model.seen:
            for step in range(4):
                assert np.isin(seen[:, step, 1], X[:, step, 1]).all()

    def test_a_part_of_the_rows_exchanges_among_itself(self):
        X = np.arange(160.0)[:, None] + np.zeros(2)
        X[:, 1] = np.random.default_rng(0).permutation(160)
        model = Seen()
        permutation_importance(model, X, X[:, 0], max_samples=0.25, **CALL)
        for seen in model.seen[1:6]:  # the first unit
            other = X[:, 0][np.argsort(X[:, 1])][seen[:, 1].astype(int)]
            assert len(seen) == 40
            assert np.isin(seen[:, 0], other).all()


def left_open(kind):
    """The share of the last column's variance that is left where the first is given."""
    if kind == "circle":  # of a sine the cosine tells all but the sign
        return 1.0
    X = columns(kind, 0, 200_000)
    latent = 0.8 * X[:, 0] + 0.6 * np.random.default_rng(99).normal(size=len(X))
    again = {"zero-inflated": np.maximum(latent, 0), "whole numbers": np.round(2 * latent)}
    return np.mean((again.get(kind, latent) - X[:, 3]) ** 2) / 2 / X[:, 3].var()


class TestForms:
    def test_frames_keep_their_types(self):
        random = np.random.default_rng(0)
        X = random.normal(size=(60, 5))
        frame = pd.DataFrame(
            {
                "float": X[:, 0],
                "single": X[:, 1].astype(np.float32),
                "whole": np.round(3 * X[:, 2]).astype(int),
                "bool": X[:, 3] > 0,
                "nullable": pd.array(np.round(X[:, 4]).astype(int), dtype="Int64"),
            }
        )
        model = Seen()
        found = permutation_importance(model, frame, X.sum(axis=1), **CALL)
        assert list(found.conditional_by) == ["residuals"] * 2 + ["groups"] * 3
        assert all((seen.dtypes == frame.dtypes).all() for seen in model.seen)

    @pytest.mark.parametrize("kind", ["normal", "zero-inflated"])
    def test_the_order_of_columns_changes_nothing(self, kind):
        X = columns(kind)
        model = Seen()
        there = permutation_importance(model, X, X.sum(axis=1), **CALL).importances
        back = permutation_importance(model, X[:, ::-1], X.sum(axis=1), **CALL).importances
        # but for splits of trees that are equally good
        assert np.allclose(there, back[::-1], rtol=1e-6 if kind == "normal" else 0.01)

    def test_jobs_in_threads_change_nothing(self):
        X = columns("zero-inflated", n=100)
        model = LinearRegression().fit(X, X.sum(axis=1))
        expected = permutation_importance(model, X, X[:, 0], **CALL)
        with joblib.parallel_config(backend="threading"):
            found = permutation_importance(model, X, X[:, 0], n_jobs=2, **CALL)
        assert np.array_equal(found.importances, expected.importances)
        assert np.array_equal(found.pvalues, expected.pvalues)


def test_donors_are_the_rows_whose_values_are_fed():
    X = columns("zero-inflated", n=100)
    X[:, 3] += 10 + np.arange(100) / 1e6 * (X[:, 3] > 0)  # each above zero occurs once
    model = Seen()
    found = permutation_importance(model, X, X.sum(axis=1), n_repeats=3, **CALL)
    exchange = conditional_exchange(X, make_units(X.shape), None)
    drawn = drawn_donors(100, 3, check_random_state(0))
    fed = np.array([seen[:, 3] for seen in model.seen[-3:]])
    assert found.conditional_by[3] == "groups"
    assert np.array_equal(X[exchange.donors(3, drawn), 3], fed)
    assert np.array_equal(exchange.donors(0, drawn), drawn)


def test_sequences_with_a_discrete_feature_that_tells_nothing_more():
    small = {True: 0, False: 0}
    for seed in range(30):
        random = np.random.default_rng(seed)
        latent = random.normal(size=(240, 4, 2))
        X = np.stack([latent[..., 0], np.round(2 * latent @ [0.8, 0.6])], axis=2).reshape(240, -1)
        y = latent[..., 0].sum(axis=1) + random.normal(size=240)
        model = LinearRegression().fit(X[:120], y[:120])
        sequences = X[120:].reshape(120, 4, 2)

        class Flat(Seen):
            def predict(self, X, model=model):
                return model.predict(X.reshape(len(X), -1))

        for conditional in small:
            found = permutation_importance(
                Flat(), sequences, y[120:], **CALL | {"conditional": conditional}
            )
            small[conditional] += found.pvalues[1] < 0.05
    assert small[True] <= stats.binom(30, 0.05).ppf(0.99)
    assert small[False] > 2 * small[True]
