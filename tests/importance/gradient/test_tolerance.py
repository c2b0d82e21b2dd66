"""Integrated gradients that sum up to the change of the output, to a tolerance."""

import warnings

import numpy as np
import pytest

from skfi import gradient_importance
from skfi._keras import _compiled, forward
from skfi.importance._gradient import _batches
from skfi.recurrent import pool
from tests.conftest import linear_network


@pytest.fixture
def steep():
    """A step of the sum of all cells: most of the path says nothing."""
    random = np.random.default_rng(0)
    model = linear_network(random.normal(size=(3, 2, 1)) * 8, activation="tanh")
    return model, random.normal(size=(60, 3, 2)).astype(np.float32)


def missed(model, X, result):
    change = forward(model, X) - forward(model, np.zeros_like(X))
    unit = np.maximum(1, np.abs(change[:, 0]))
    return np.abs(result.completeness_error) / unit


@pytest.mark.parametrize("tolerance", [0.1, 1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("n_steps", [2, 10, 50])
def test_is_kept(steep, tolerance, n_steps):
    model, X = steep
    result = gradient_importance(model, X, n_steps=n_steps, tolerance=tolerance)
    assert missed(model, X, result).max() <= tolerance
    total = result.attributions.sum(axis=(1, 2))
    expected = (forward(model, X) - forward(model, np.zeros_like(X)))[:, 0]
    np.testing.assert_allclose(total, expected, atol=tolerance * 1.01)


def test_a_wider_one_takes_fewer_gradients(steep):
    model, X = steep
    counts = [
        gradient_importance(model, X, n_steps=5, tolerance=tolerance).n_gradients
        for tolerance in (1, 0.05, 1e-3)
    ]
    assert counts[0] == 5 * len(X)
    assert counts[0] < counts[1] < counts[2]


def test_few_steps_take_no_more_gradients_than_many(steep):
    model, X = steep
    few, many = (gradient_importance(model, X, n_steps=n).n_gradients for n in (10, 50))
    assert few <= many


def test_what_the_network_cannot_reach_is_said(steep):
    model, X = steep
    with pytest.warns(UserWarning, match="completeness_error"):
        gradient_importance(model, X, tolerance=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient_importance(model, X, tolerance=0.5, n_steps=1)


@pytest.mark.parametrize("tolerance", [0, -1, "small"])
def test_of_a_wrong_kind(steep, tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        gradient_importance(*steep, tolerance=tolerance)


def test_xla_compiles_for_one_number_of_points(steep, monkeypatch):
    """Whatever is refined goes in blocks of the size of the first ones, or without XLA."""
    model, X = steep
    shapes = []
    compiled = _compiled.compiled

    def recording(model, trace, *, by_xla=False):
        call = compiled(model, trace, by_xla=by_xla)
        if by_xla and trace is _compiled._trace_gradient:

            class Recording:
                specs = call.specs

                def now(self):
                    function = call.now()

                    def called(*inputs):
                        shapes.append(tuple(inputs[0].shape))
                        return function(*inputs)

                    return called

            return Recording()
        return call

    monkeypatch.setattr(_compiled, "compiled", recording)
    monkeypatch.setattr(pool, "jit_compile", True)
    by_xla = gradient_importance(model, np.tile(X, (4, 1, 1)), tolerance=1e-4)
    monkeypatch.setattr(pool, "jit_compile", False)
    plain = gradient_importance(model, np.tile(X, (4, 1, 1)), tolerance=1e-4)
    np.testing.assert_allclose(by_xla.attributions, plain.attributions, atol=2e-3)
    assert shapes
    assert len(set(shapes)) == 1


@pytest.mark.parametrize(("n_rows", "blocks"), [(76, [76]), (77, [39, 38]), (230, [58] * 3 + [56])])
def test_blocks_are_of_about_one_size(n_rows, blocks, monkeypatch):
    monkeypatch.setattr(_batches, "_points_at_once", lambda *_: 76)
    model = linear_network(np.ones((1, 1, 1)))
    rows = []
    method = _batches.Method.attribute

    def recording(self, explained, of_block, *arguments):
        rows.append(len(of_block))
        return method(self, explained, of_block, *arguments)

    monkeypatch.setattr(_batches.Method, "attribute", recording)
    gradient_importance(
        model, np.ones((n_rows, 1, 1)), method="smoothgrad", n_steps=1, random_state=0, scale=None
    )
    assert rows == blocks
