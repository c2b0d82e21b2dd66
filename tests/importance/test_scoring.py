"""The metric that importances are in, where none is named."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV

from skfi import LSTMClassifier, lofo_importance, permutation_importance
from skfi.metrics import step_scorer

X = np.random.default_rng(0).normal(size=(60, 2))
Y = X[:, 0] + 0.1 * np.random.default_rng(1).normal(size=60)
SEVERAL = {"error": "neg_mean_absolute_error", "r2": "r2"}


@pytest.mark.parametrize(
    ("scoring", "refit", "name"),
    [
        (None, True, "r2"),
        ("neg_mean_absolute_error", True, "neg_mean_absolute_error"),
        (["r2", "neg_mean_absolute_error"], "neg_mean_absolute_error", "neg_mean_absolute_error"),
        (SEVERAL, "error", "neg_mean_absolute_error"),
    ],
    ids=["none", "one", "list", "dict"],
)
def test_a_search_is_scored_by_what_it_chose_by(scoring, refit, name):
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1]}, scoring=scoring, refit=refit).fit(X, Y)
    found = permutation_importance(search, X, Y, random_state=0)
    assert found.scoring == name
    assert np.isclose(found.baseline_score, search.score(X, Y))
    assert lofo_importance(search, X, Y, cv=2).scoring == name


def stepwise(n_outputs, activation, loss):
    layers = [keras.Input((4, 2)), keras.layers.Masking(-9.0), keras.layers.Dense(n_outputs)]
    model = keras.Sequential([*layers, keras.layers.Activation(activation)])
    model.compile(loss=loss, optimizer="adam")
    return model


class TestKerasModelsWithAnOutputAtEveryStep:
    """Their metric is taken over all real steps, as a skfi estimator's."""

    sequences = np.random.default_rng(2).normal(size=(50, 4, 2)).astype("float32")
    sequences[np.arange(50) % 2 == 0, 3] = -9.0

    def test_regression(self):
        model = stepwise(1, "linear", "mse")
        y = np.random.default_rng(3).normal(size=(50, 4))
        found = permutation_importance(model, self.sequences, y, n_repeats=1, random_state=0)
        expected = permutation_importance(
            model, self.sequences, y, scoring="r2", n_repeats=1, random_state=0
        )
        assert found.scoring == "r2"
        assert found.baseline_score == expected.baseline_score
        assert np.array_equal(found.importances, expected.importances)

    def test_classes_whose_padding_is_nan(self):
        model = stepwise(3, "softmax", "sparse_categorical_crossentropy")
        predicted = model.predict(self.sequences, verbose=0).argmax(axis=-1).astype(float)
        predicted[(self.sequences == -9).all(axis=2)] = np.nan
        found = permutation_importance(model, self.sequences, predicted, random_state=0)
        assert (found.scoring, found.baseline_score) == ("accuracy", 1)

    def test_several_metrics_by_name(self):
        y = np.random.default_rng(3).normal(size=(50, 4))
        own = make_scorer(lambda truth, found: -mean_absolute_error(truth, found))
        scoring = {"r2": step_scorer("r2"), "mae": "neg_mean_absolute_error", "own": own}
        found = permutation_importance(
            stepwise(1, "linear", "mse"), self.sequences, y, scoring=scoring, random_state=0
        )
        assert set(found) == {"r2", "mae", "own"}
        assert np.array_equal(found["mae"].importances, found["own"].importances)


def test_folds_of_labels_at_every_step_are_no_strata():
    sequences = np.random.default_rng(2).normal(size=(30, 4, 2))
    sequences[::2, 3] = np.nan
    y = np.where(np.isnan(sequences[:, :, 0]), np.nan, sequences[:, :, 0] > 0)
    params = {"mask_value": np.nan, "return_sequences": True, "epochs": 1, "random_state": 0}
    found = lofo_importance(LSTMClassifier(4, **params, importance=None), sequences, y, cv=2)
    assert found.scoring == "accuracy"
