"""Conditional permutation and groups of correlated features."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from skfi import (
    LSTMRegressor,
    correlation_groups,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

MSE = "neg_mean_squared_error"


def correlated(seed, n=300, own=0.0):
    """The second column tells what the first does, and ``own`` beyond it."""
    random = np.random.default_rng(seed)
    first = random.normal(size=n)
    second = first + 0.5 * random.normal(size=n)
    third = random.normal(size=n)
    X = np.column_stack([first, second, third])
    return X, first + own * second + random.normal(size=n)


class TestConditional:
    def test_closed_form_of_a_linear_model(self):
        # squared loss with x + r' - r in place of x: 2 w^2 Var(r), r what the others do not tell
        X, _ = correlated(0, n=20_000)
        weights = np.array([1.0, 2.0, 3.0])
        y = X @ weights + np.random.default_rng(1).normal(size=len(X))
        model = LinearRegression().fit(X, y)
        found = permutation_importance(
            model, X, y, scoring=MSE, conditional=True, n_repeats=2, random_state=0
        )
        held = 1 / np.diag(np.linalg.inv(np.cov(X.T)))  # partial variances
        assert np.allclose(found.importances_mean, 2 * weights**2 * held, rtol=0.05)

    def test_a_duplicate_tells_nothing(self):
        X, y = correlated(0)
        X[:, 1] = X[:, 0]
        model = LinearRegression()
        model.fit(X, y)
        model.coef_ = np.array([0.5, 0.5, 0.0])
        call = {"scoring": MSE, "random_state": 0}
        both = permutation_importance(model, X, y, conditional=True, **call)
        assert np.allclose(both.importances_mean, 0, atol=1e-3)
        assert (permutation_importance(model, X, y, **call).importances_mean[:2] > 0.2).all()

    def test_size_of_the_test_where_a_feature_has_no_effect_of_its_own(self):
        small = {True: 0, False: 0}
        for seed in range(100):
            X, y = correlated(seed, n=400)
            model = LinearRegression().fit(X[:200], y[:200])
            for conditional in small:
                found = permutation_importance(
                    model,
                    X[200:],
                    y[200:],
                    scoring=MSE,
                    conditional=conditional,
                    random_state=seed,
                )
                small[conditional] += found.pvalues[1] < 0.05
        assert small[True] <= stats.binom(100, 0.05).ppf(0.975)

    def test_power_where_it_has(self):
        X, y = correlated(0, n=600, own=1.0)
        model = LinearRegression().fit(X[:300], y[:300])
        found = permutation_importance(
            model, X[300:], y[300:], scoring=MSE, conditional=True, random_state=0
        )
        assert (found.pvalues[:2] < 0.001).all()
        assert found.pvalues[2] > 0.05

    def test_forms_of_the_same_data_agree(self):
        X, y = correlated(0)
        model = LinearRegression().fit(X, y)
        call = {"scoring": MSE, "conditional": True, "random_state": 0}
        plain = permutation_importance(model, X, y, **call).importances
        frame = pd.DataFrame(X, columns=["a", "b", "c"])
        named = LinearRegression().fit(frame, y)
        assert np.allclose(permutation_importance(named, frame, y, **call).importances, plain)
        lstm = LSTMRegressor(2, epochs=1, random_state=0, importance=None).fit(X[:, None, :], y)
        flat = LSTMRegressor(2, epochs=1, random_state=0, importance=None).fit(X, y)
        of_sequences = permutation_importance(lstm, X[:, None, :], y, **call).importances
        assert np.allclose(permutation_importance(flat, X, y, **call).importances, of_sequences)

    @pytest.mark.parametrize("dtype", [np.int64, np.int8, np.float32, bool])
    def test_whole_numbers_stay_what_they_are(self, dtype):
        X = np.random.default_rng(0).integers(0, 2 if dtype is bool else 5, size=(100, 2))
        model = LinearRegression().fit(X, X[:, 0] * 1.0)
        call = {"scoring": MSE, "conditional": True, "random_state": 0}
        found = permutation_importance(model, X.astype(dtype), X[:, 0] * 1.0, **call)
        as_floats = permutation_importance(model, X * 1.0, X[:, 0] * 1.0, **call)
        assert list(found.conditional_by) == ["groups", "groups"]
        assert np.allclose(found.importances, as_floats.importances)

    @pytest.mark.parametrize(
        ("change", "call", "message"),
        [
            (lambda X: X[:8], {}, "at least 10 samples"),
            (lambda X: X[:, :1], {}, "at least two units"),
            (lambda X: np.where(X > 2, np.nan, X), {}, "finite values"),
            (lambda X: X.astype(str).astype(object), {}, "numeric columns"),
            (lambda X: X, {"shuffle": "values"}, "leave shuffle='series'"),
        ],
    )
    def test_errors(self, change, call, message):
        class Zero(LinearRegression):
            def predict(self, rows):
                return np.zeros(len(rows))

        X, y = correlated(0)
        X = change(X)
        model = Zero().fit(np.ones((5, 1)), np.ones(5))
        with pytest.raises(ValueError, match=message):
            permutation_importance(
                model, X, y[: len(X)], scoring=MSE, conditional=True, random_state=0, **call
            )


class TestGroups:
    X, y = correlated(0)
    groups = {"x0+x1": ["x0", "x1"]}  # noqa: RUF012

    def test_found_in_rows_and_sequences(self):
        assert correlation_groups(self.X) == self.groups
        assert correlation_groups(self.X.reshape(30, 10, 3)) == self.groups
        assert correlation_groups(self.X, threshold=0.95) == {}
        assert correlation_groups(-self.X * [1, -3, 1] + 5) == self.groups

    def test_padding_and_constants_do_not_count(self):
        X = np.column_stack([self.X, np.full(len(self.X), 0.1)])
        X[::3] = np.nan
        assert correlation_groups(X) == self.groups

    def test_every_two_of_a_group_are_correlated(self):
        random = np.random.default_rng(0)
        chain = np.cumsum(random.normal(size=(2000, 4)) * [1, 0.7, 0.9, 1.1], axis=1)
        groups = correlation_groups(chain, threshold=0.7)
        r = np.corrcoef(chain.T)
        for members in groups.values():
            at = [int(name[1:]) for name in members]
            assert (np.abs(r[np.ix_(at, at)]) >= 0.7).all()

    @pytest.mark.parametrize("importance", [permutation_importance, lofo_importance])
    def test_auto_is_the_same_as_saying_them(self, importance):
        model = LinearRegression().fit(self.X, self.y)
        call = {"scoring": MSE, "random_state": 0}
        found = importance(model, self.X, self.y, feature_groups="auto", **call)
        expected = importance(model, self.X, self.y, feature_groups=self.groups, **call)
        assert list(found.feature_names) == ["x0+x1", "x2"]
        assert np.array_equal(found.importances, expected.importances)

    def test_auto_of_gradients(self):
        model = LSTMRegressor(2, epochs=1, random_state=0, importance=None)
        model.fit(self.X[:, None, :], self.y)
        found = gradient_importance(model, self.X[:, None, :], feature_groups="auto")
        assert list(found.feature_names) == ["x0+x1", "x2"]

    @pytest.mark.parametrize("call", [{"feature_groups": "all"}, {"by": "timestep"}])
    def test_errors(self, call):
        model = LinearRegression().fit(self.X, self.y)
        with pytest.raises(ValueError, match="expected a mapping of a group's name"):
            permutation_importance(model, self.X, self.y, **({"feature_groups": "auto"} | call))

    def test_padding_is_not_correlated(self):
        panel = np.random.default_rng(0).normal(size=(60, 6, 3))
        panel[:30, 3:] = -10
        model = LSTMRegressor(2, mask_value=-10.0, epochs=1, random_state=0, importance=None)
        found = permutation_importance(model.fit(panel, panel[:, 0, 0]), panel, panel[:, 0, 0])
        assert found.correlated == []

    def test_few_pairs_are_named(self):
        X = self.X[:, :1] + 1e-3 * np.random.default_rng(0).normal(size=(len(self.X), 12))
        found = permutation_importance(LinearRegression().fit(X, self.y), X, self.y)
        assert len(found.correlated) == 66
        assert "and 61 other pairs" in found.note
        X[np.arange(len(X)), np.arange(len(X)) % 12] = np.nan  # no row is complete
        with_nan = HistGradientBoostingRegressor(max_iter=2).fit(X, self.y)
        assert permutation_importance(with_nan, X, self.y).correlated == []

    def test_a_result_tells_of_correlated_features(self):
        model = LinearRegression().fit(self.X, self.y)
        found = permutation_importance(model, self.X, self.y, random_state=0)
        ((one, other, r),) = found.correlated
        assert (one, other) == ("x0", "x1")
        assert np.isclose(r, np.corrcoef(self.X[:, 0], self.X[:, 1])[0, 1])
        assert "Strongly correlated: x0 and x1 (0.9" in found._repr_html_()
        assert "Strongly correlated: x0 and x1 (0.9" in repr(found)
        label = found.plot().ax_.get_xlabel()
        assert label.endswith("correlated, so they share importance: x0 with x1")
        grouped = permutation_importance(model, self.X, self.y, feature_groups="auto")
        assert "correlated" not in grouped
        assert "Strongly" not in grouped._repr_html_() + repr(grouped)
        assert repr(grouped).startswith("permutation importance by feature, baseline r2 0.")
        assert "x0+x1" in repr(grouped)
        assert "share" not in grouped.plot().ax_.get_xlabel()
