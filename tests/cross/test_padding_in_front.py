"""Finalized networks whose sequences are padded in front, as Keras' pad_sequences makes them."""

import keras
import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi import LSTMRegressor, gradient_importance, permutation_importance

LENGTHS = np.random.default_rng(0).integers(2, 7, size=40)


def in_front(values):
    """``values`` (40, 6, ...) with zeros before each sequence's last steps."""
    real = np.arange(6) >= 6 - LENGTHS[:, None]
    return np.where(real.reshape(real.shape + (1,) * (values.ndim - 2)), values, 0), real


@pytest.fixture(scope="module")
def sequences():
    random = np.random.default_rng(1)
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((6, 2)),
        keras.layers.Masking(0.0),
        keras.layers.LSTM(4),
        keras.layers.Dense(1),
    ]
    X, real = in_front(random.normal(size=(40, 6, 2)).astype("float32"))
    return keras.Sequential(layers), X, real


@pytest.fixture(scope="module")
def words():
    random = np.random.default_rng(1)
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((6,)),
        keras.layers.Embedding(9, 3, mask_zero=True, embeddings_initializer="normal"),
        keras.layers.LSTM(4),
        keras.layers.Dense(1),
    ]
    ids, real = in_front(random.integers(1, 9, size=(40, 6)))
    return keras.Sequential(layers), ids, real


@pytest.mark.parametrize("kind", ["sequences", "words"])
def test_gradients_are_those_of_the_network_as_it_predicts(kind, request):
    model, X, real = request.getfixturevalue(kind)
    found = gradient_importance(
        model, X, method="integrated_gradients", by="timestep", aggregate="mean"
    )
    assert (found.attributions[~real] == 0).all()
    assert (found.attributions[real] != 0).any()
    baseline = np.zeros_like(X)
    # of real steps zero, while the padding stays skipped: nothing is read from it
    total = found.attributions.reshape(40, -1).sum(axis=1)
    if kind == "words":
        assert np.abs(found.completeness_error).max() < 1e-3
        return
    start = np.where(real[:, :, None], 1e-6, baseline)
    change = model(X).numpy().ravel() - model(start).numpy().ravel()
    assert np.allclose(total, change, atol=1e-3)


def test_padding_is_no_word(words):
    model, ids, real = words
    found = gradient_importance(model, ids)
    assert "0" not in found.feature_names
    assert found.counts.sum() == real.sum()


def test_permutation_leaves_padding_where_it_is(sequences):
    model, X, _ = sequences
    y = LENGTHS.astype(float)
    # a network that sees the lengths only: no feature tells anything
    counting = keras.Sequential([keras.Input((6, 2)), keras.layers.Masking(0.0), StepCounter()])
    found = permutation_importance(counting, X, y, scoring="r2", random_state=0)
    assert found.baseline_score == 1
    assert (found.importances == 0).all()
    assert (
        permutation_importance(model, X, y, scoring="r2", random_state=0).importances != 0
    ).any()


@keras.saving.register_keras_serializable("tests")
class StepCounter(keras.layers.Layer):
    """The number of steps that the mask lets through."""

    supports_masking = True

    def call(self, inputs, mask=None):
        return keras.ops.sum(keras.ops.cast(mask, "float32"), axis=1, keepdims=True)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, shape):
        return (shape[0], 1)


class TestWherePaddingIsFound:
    """The padding is what reaches the network as its mask value, whatever stands before it."""

    @pytest.fixture(scope="class")
    @classmethod
    def panel(cls):
        random = np.random.default_rng(1)
        X = random.normal(size=(40, 6, 2))
        X[np.arange(6) >= LENGTHS[:, None]] = np.nan
        return X, np.nanmean(X[:, :, 0], axis=1)

    def test_behind_a_step_that_marks_it_otherwise(self, panel):
        X, y = panel
        mark = FunctionTransformer(np.nan_to_num, kw_args={"nan": -9.0}, check_inverse=False)
        params = {"epochs": 1, "importance": None, "random_state": 0}
        pipe = make_pipeline(mark, LSTMRegressor(4, mask_value=-9.0, **params)).fit(X, y)
        expected = permutation_importance(pipe[-1], mark.transform(X), y, random_state=0)
        for form in (pipe, FrozenEstimator(pipe)):
            found = permutation_importance(form, X, y, random_state=0)
            assert np.array_equal(found.importances, expected.importances)

    def test_in_a_scikeras_wrapper(self, sequences):
        model, X, _ = sequences
        y = model.predict(X, verbose=0).ravel()
        fitted = LSTMRegressor(4, mask_value=0.0, epochs=1, importance=None, random_state=0)
        with pytest.warns(UserWarning, match="hold mask_value"):
            fitted.fit(X, y)
        call = {"scoring": "r2", "random_state": 0}
        expected = permutation_importance(fitted.model_, X, y, **call)
        found = permutation_importance(fitted.wrapper_, X, y, **call)
        assert np.allclose(found.importances, expected.importances)

    def test_columns_that_cannot_be_followed(self, panel):
        X, y = panel
        flat = np.nan_to_num(X.reshape(40, -1), nan=-9.0)
        pipe = make_pipeline(
            FunctionTransformer(np.asarray),
            LSTMRegressor(4, n_timesteps=6, mask_value=-9.0, epochs=1, importance=None),
        )
        pipe.fit(flat, y)
        with pytest.raises(ValueError, match="fold into 6 steps only behind the steps"):
            permutation_importance(pipe, flat, y)


def test_a_mask_value_of_another_float_type():
    """float64's -0.1 is another number than float32's; data and mask are both the network's."""
    random = np.random.default_rng(1)
    X = random.normal(size=(30, 5, 2))
    longer = np.concatenate([X, np.full((30, 3, 2), -0.1)], axis=1)
    params = {"epochs": 1, "importance": None, "random_state": 0}
    short = LSTMRegressor(4, **params, mask_value=np.float64(-0.1)).fit(X, X[:, 0, 0])
    padded = LSTMRegressor(4, **params, mask_value=np.float64(-0.1)).fit(longer, X[:, 0, 0])
    assert np.allclose(short.predict(X), padded.predict(longer), atol=1e-6)
