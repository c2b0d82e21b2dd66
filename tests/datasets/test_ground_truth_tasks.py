"""Generated tasks whose relevant cells are known: their distributions and their truth."""

import numpy as np
import pytest
from scipy.special import expit

from skfi.datasets import (
    make_boxes,
    make_hidden_markov,
    make_rare_squares,
    make_switching_feature,
)

MAKERS = [make_hidden_markov, make_switching_feature, make_rare_squares, make_boxes]


@pytest.mark.parametrize("make", MAKERS)
def test_seeds_and_pairs(make):
    data = make(20, random_state=3)
    X, y = make(20, random_state=3, return_X_y=True)
    assert np.array_equal(X, data.data)
    assert np.array_equal(y, data.target)
    assert not np.array_equal(make(20, random_state=4).data, X)
    assert data.relevance.shape in (X.shape, X.shape[1:])
    assert len(data.feature_names) == X.shape[2]


class TestHiddenMarkov:
    data = make_hidden_markov(2000, random_state=0)

    def test_means_and_variances(self):
        for state, mean in ((0, [0.1, 1.6, 0.5]), (1, [-0.1, -0.4, -1.5])):
            inside = self.data.data[self.data.states == state]
            assert np.allclose(inside.mean(axis=0), mean, atol=0.02)
            assert np.allclose(inside.var(axis=0), 0.801, atol=0.02)

    def test_moves(self):
        before, after = self.data.states[:, :-1], self.data.states[:, 1:]
        assert np.isclose(after[before == 0].mean(), 0.05, atol=0.005)
        # after the third step in state 1 in a row: 0.95 - 2 / 500 at least
        started = (before[:, :-1] == 0) & (after[:, :-1] == 1)
        assert np.isclose(after[:, 1:][started].mean(), 0.95, atol=0.01)
        assert 0.8 < after[before == 1].mean() < 0.95

    def test_labels_follow_the_relevant_signal(self):
        relevant = self.data.data[self.data.relevance == 1]
        likely = expit(2 * relevant)
        labels = self.data.target.ravel()
        for low in np.arange(0, 1, 0.2):
            inside = (likely >= low) & (likely < low + 0.2)
            assert np.isclose(labels[inside].mean(), likely[inside].mean(), atol=0.02)

    def test_truth(self):
        assert np.array_equal(self.data.relevance.argmax(axis=2), self.data.states + 1)
        assert (self.data.relevance.sum(axis=2) == 1).all()


class TestSwitchingFeature:
    data = make_switching_feature(1000, random_state=0)

    def test_signals(self):
        means = np.array([[0.8, -0.5, -0.2], [0, -1.0, 0], [-0.2, -0.2, 0.8]])
        for state in range(3):
            inside = self.data.data[self.data.states == state]
            assert np.allclose(inside.mean(axis=0), means[state], atol=0.02)
            assert np.allclose(inside.var(axis=0), 0.1, atol=0.01)

    def test_moves(self):
        before, after = self.data.states[:, :-1], self.data.states[:, 1:]
        expected = [[0.95, 0.02, 0.03], [0.02, 0.95, 0.03], [0.03, 0.02, 0.95]]
        for state in range(3):
            shares = np.bincount(after[before == state], minlength=3) / (before == state).sum()
            assert np.allclose(shares, expected[state], atol=0.01)

    def test_labels_follow_the_relevant_signal(self):
        likely = expit(3 * self.data.data[self.data.relevance == 1])
        inside = likely > 0.8
        labels = self.data.target.ravel()
        assert np.isclose(labels[inside].mean(), likely[inside].mean(), atol=0.02)


@pytest.mark.parametrize("rare", ["feature", "time"])
def test_rare_squares(rare):
    data = make_rare_squares(50, rare=rare, random_state=0)
    assert data.relevance.mean() == 0.05
    inside = data.data * data.relevance
    assert np.allclose(data.target, (inside**2).sum(axis=2))
    few = data.relevance.any(axis=0 if rare == "feature" else 1)
    assert few.sum() == 5
    # the noise: x = e - 0.25 x[t-1] - 0.1 x[t-2] - 0.05 x[t-3]
    t = data.data
    e = t[:, 3:] + 0.25 * t[:, 2:-1] + 0.1 * t[:, 1:-2] + 0.05 * t[:, :-3]
    assert np.isclose(e.var(), 1, atol=0.02)
    assert np.isclose((e[:, 1:] * e[:, :-1]).mean(), 0, atol=0.02)


class TestBoxes:
    @pytest.mark.parametrize("noise", ["gaussian", "autoregressive"])
    @pytest.mark.parametrize(
        ("box", "shape"), [("middle", (30, 30)), ("rare_time", (5, 40)), ("rare_feature", (40, 5))]
    )
    def test_inside_shifted_outside_not(self, noise, box, shape):
        data = make_boxes(400, box=box, noise=noise, shift=2, random_state=0)
        assert (data.relevance.sum(axis=1).max(axis=1) == shape[0]).all()
        assert (data.relevance.sum(axis=2).max(axis=1) == shape[1]).all()
        signed = data.data * np.where(data.target == 1, 1, -1)[:, None, None]
        assert np.isclose(signed[data.relevance == 1].mean(), 2, atol=0.05)
        assert np.isclose(signed[data.relevance == 0].mean(), 0, atol=0.05)
        assert np.isclose(signed[data.relevance == 0].var(), 1, atol=0.05)

    def test_places(self):
        fixed = make_boxes(50, box="rare_time", random_state=0).relevance
        assert (fixed == fixed[0]).all()
        moving = make_boxes(50, box="rare_time", moving=True, random_state=0).relevance
        assert len({tuple(sample.any(axis=1)) for sample in moving}) > 10
        assert (moving.sum(axis=(1, 2)) == fixed.sum(axis=(1, 2))).all()
