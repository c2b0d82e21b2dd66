"""What fit does and learns."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.metrics import accuracy_score, r2_score

from skfi import LSTMClassifier, LSTMRegressor

TINY = {"units": 4, "epochs": 2, "random_state": 0, "importance": None}


def test_regressor_learns_in_the_units_of_y(regression, regressor):
    y = 1000 + 50 * regression.target
    model = clone(regressor).fit(regression.data, y)
    assert model.score(regression.data, y) > 0.9
    # standardised inside: the same network, whatever the units
    assert np.allclose(
        model.predict(regression.data), 1000 + 50 * regressor.predict(regression.data)
    )


def test_classifier_learns_string_labels(classification, classifier):
    X, y = classification.data, classification.target
    assert classifier.classes_.tolist() == ["high", "low", "middle"]
    assert classifier.score(X, y) > 0.85
    proba = classifier.predict_proba(X)
    assert np.allclose(proba.sum(axis=1), 1)
    assert np.array_equal(classifier.classes_[proba.argmax(axis=1)], classifier.predict(X))


def test_kinds():
    assert is_classifier(LSTMClassifier())
    assert is_regressor(LSTMRegressor())
    assert not is_regressor(LSTMClassifier())


@pytest.mark.parametrize("columns", [None, list("abcdefgh")])
def test_2d_input_equals_3d_input(regression, columns):
    X3, y = regression.data[:100, :2], regression.target[:100]
    X2 = X3.reshape(len(X3), -1)
    if columns:
        X2 = pd.DataFrame(X2, columns=columns)
    by_3d = LSTMRegressor(**TINY).fit(X3, y)
    by_2d = LSTMRegressor(**TINY, n_timesteps=2).fit(X2, y)
    assert np.array_equal(by_3d.predict(X3), by_2d.predict(X2))
    assert (by_3d.n_features_in_, by_3d.n_timesteps_in_) == (4, 2)
    assert (by_2d.n_features_in_, by_2d.n_timesteps_in_) == (8, 2)
    assert hasattr(by_2d, "feature_names_in_") == (columns is not None)


def test_binary_and_multiclass_networks(classification):
    X, y = classification.data[:60], classification.target[:60]
    binary = LSTMClassifier(**TINY).fit(X, y == "low")
    assert binary.model_.output_shape == (None, 1)
    assert binary.predict_proba(X[:1]).shape == (1, 2)
    assert binary.predict(X).dtype == bool
    assert LSTMClassifier(**TINY).fit(X, y).model_.output_shape == (None, 3)


def test_multi_output_regression(regression):
    X, y = regression.data, regression.target
    Y = np.column_stack([y, 100 - 10 * y])
    model = LSTMRegressor(8, epochs=15, learning_rate=0.02, random_state=0).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert min(r2_score(Y, model.predict(X), multioutput="raw_values")) > 0.9


def test_column_vector_y_warns_and_is_ravelled(regression):
    X, y = regression.data[:40], regression.target[:40]
    with pytest.warns(DataConversionWarning):
        model = LSTMRegressor(**TINY).fit(X, y[:, None])
    assert model.predict(X).shape == (40,)


@pytest.mark.parametrize(
    ("params", "kinds"),
    [
        ({"cell": "lstm", "units": (6, 4)}, ["LSTM", "LSTM", "Dense"]),
        ({"cell": "gru", "bidirectional": True}, ["Bidirectional", "Dense"]),
        ({"cell": "rnn", "dropout": 0.2}, ["SimpleRNN", "Dropout", "Dense"]),
    ],
)
def test_architecture(regression, params, kinds):
    model = LSTMRegressor(**TINY | params).fit(regression.data[:40], regression.target[:40])
    assert [type(layer).__name__ for layer in model.model_.layers] == kinds


def test_sample_weight_zero_is_a_row_removed(regression):
    X, y = regression.data[:60], regression.target[:60]
    weight = np.repeat([1.0, 0.0], 30)
    weighted = LSTMRegressor(**TINY).fit(X, y, sample_weight=weight)
    removed = LSTMRegressor(**TINY).fit(X[:30], y[:30], sample_weight=weight[:30])
    assert np.array_equal(weighted.predict(X), removed.predict(X))


def test_sample_weight_is_not_changed(classification):
    weight = np.ones(60)
    model = LSTMClassifier(**TINY, class_weight="balanced")
    model.fit(classification.data[:60], classification.target[:60], sample_weight=weight)
    assert np.array_equal(weight, np.ones(60))


def test_score_takes_sample_weight(regression, regressor):
    X, y = regression.data, regression.target
    weight = np.arange(len(y), dtype=float)
    assert regressor.score(X, y, weight) == r2_score(y, regressor.predict(X), sample_weight=weight)


def test_class_weight_moves_the_predictions(classification):
    X, y = classification.data, classification.target == "low"
    model = LSTMClassifier(4, epochs=5, learning_rate=0.02, random_state=0, importance=None)
    plain = model.fit(X, y).predict(X).mean()
    heavy = clone(model).set_params(class_weight={True: 10, False: 1}).fit(X, y).predict(X).mean()
    assert heavy > plain


def test_early_stopping_restores_the_best_weights(regression):
    X, y = regression.data, regression.target
    rng = np.random.default_rng(0)
    model = LSTMRegressor(
        16,
        epochs=60,
        learning_rate=0.05,
        early_stopping=True,
        n_iter_no_change=3,
        validation_fraction=0.2,
        random_state=0,
        importance=None,
    ).fit(X, y + rng.normal(size=len(y)))
    losses = model.history_["val_loss"]
    assert model.n_iter_ == len(losses) < 60
    assert model.n_iter_ == int(np.argmin(losses)) + 1 + 3


def test_early_stopping_holds_out_stratified_rows(classification):
    y = np.repeat([0, 1], [280, 20])
    seen = {}

    def spy(estimator, X, labels):
        seen["share"] = labels.mean()
        seen["n"] = len(labels)
        return np.ones(4)

    LSTMClassifier(**TINY | {"importance": spy}, early_stopping=True, validation_fraction=0.2).fit(
        classification.data, y
    )
    assert seen == {"share": pytest.approx(20 / 300, abs=0.01), "n": 60}


def test_callbacks_are_called(regression):
    epochs = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    LSTMRegressor(**TINY, callbacks=[callback]).fit(regression.data[:40], regression.target[:40])
    assert epochs == [0, 1]


def test_warm_start_goes_on(regression):
    X, y = regression.data, regression.target
    model = LSTMRegressor(8, epochs=4, learning_rate=0.02, warm_start=True, random_state=0)
    first = model.fit(X, y).history_["loss"]
    network = model.model_
    second = model.fit(X, y).history_["loss"]
    assert second[0] < first[-1] < first[0]
    assert model.model_ is network
    model.set_params(warm_start=False)
    assert model.fit(X, y).history_["loss"] == pytest.approx(first)
    assert model.model_ is not network


def test_warm_start_on_some_of_the_classes(classification):
    """A batch without the first class is not numbered anew."""
    X, y = classification.data[:60], classification.target[:60]
    model = LSTMClassifier(4, epochs=5, learning_rate=0.05, warm_start=True, random_state=0)
    model.set_params(importance=None).fit(X, y)
    later = y != "high"  # class 0
    before = model.predict_proba(X)[:, 0].mean()
    model.set_params(epochs=10).fit(X[later], y[later])
    assert model.predict_proba(X)[:, 0].mean() < before
    two = LSTMClassifier(4, epochs=5, learning_rate=0.05, warm_start=True, random_state=0)
    two.set_params(importance=None).fit(X, y == "high")
    before = two.predict_proba(X)[:, 1].mean()
    two.fit(X[~later], np.ones((~later).sum(), dtype=bool))
    assert two.predict_proba(X)[:, 1].mean() > before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, X, y: m.set_params(units=5).fit(X, y), "network's parameters have changed"),
        (lambda m, X, y: m.fit(X[:, :, :2], y), "X has 2 features"),
        (lambda m, X, y: m.fit(X, np.column_stack([y, y])), r"y has 2 output\(s\)"),
    ],
)
def test_warm_start_refuses_another_task(regression, change, message):
    X, y = regression.data[:40], regression.target[:40]
    model = LSTMRegressor(**TINY, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=message):
        change(model, X, y)


def test_optimizer_instance_is_copied(regression):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    model = LSTMRegressor(**TINY, optimizer=optimizer, learning_rate=0.01)
    model.fit(regression.data[:40], regression.target[:40])
    assert model.model_.optimizer is not optimizer
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.01)
    assert float(optimizer.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize("loss", ["mae", "MeanAbsoluteError", keras.losses.MeanAbsoluteError()])
def test_losses(regression, loss):
    model = LSTMRegressor(**TINY, loss=loss).fit(regression.data[:40], regression.target[:40])
    reference = LSTMRegressor(**TINY, loss="mean_absolute_error")
    reference.fit(regression.data[:40], regression.target[:40])
    assert np.allclose(model.history_["loss"], reference.history_["loss"])


def test_predictions_do_not_depend_on_the_other_rows(classification, classifier):
    X = np.concatenate([classification.data] * 2)
    whole = classifier.predict_proba(X)
    order = np.random.default_rng(0).permutation(len(X))
    assert np.array_equal(classifier.predict_proba(X[order]), whole[order])
    assert np.array_equal(classifier.predict_proba(X[7:8]), whole[7:8])
    assert np.array_equal(classifier.predict_proba(X[10:400]), whole[10:400])


def test_not_fitted(regression):
    for call in ("predict", "to_sequences"):
        with pytest.raises(NotFittedError):
            getattr(LSTMRegressor(), call)(regression.data)
    assert not hasattr(LSTMRegressor(), "feature_importances_")


def test_accuracy_is_scikit_learns(classification, classifier):
    X, y = classification.data, classification.target
    assert classifier.score(X, y) == accuracy_score(y, classifier.predict(X))
