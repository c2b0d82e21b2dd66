"""A value, or a label, at every step."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score
from sklearn.model_selection import GridSearchCV

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets import make_lagged_sequences
from skfi.metrics import step_scorer

NAN = np.nan
PARAMS = {"mask_value": NAN, "return_sequences": True, "random_state": 0, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def lagged():
    """The target of a step is the first feature two steps before; sequences of 5 to 8 steps."""
    return make_lagged_sequences(200, n_timesteps=8, lag=2, min_timesteps=5, random_state=0)


@pytest.fixture(scope="module")
def model(lagged):
    return LSTMRegressor(16, epochs=40, **PARAMS).fit(lagged.data, lagged.target)


@pytest.fixture(scope="module")
def labels(lagged):
    return np.where(np.isnan(lagged.target), "?", np.where(lagged.target > 0, "up", "down"))


@pytest.fixture(scope="module")
def classifier(lagged, labels):
    model = LSTMClassifier(16, epochs=20, **PARAMS)
    return model.fit(lagged.data, labels)


def real_of(data):
    return ~np.isnan(data.data[:, :, 0])


class TestRegressor:
    def test_it_learns_and_predicts_every_real_step(self, model, lagged):
        predicted = model.predict(lagged.data)
        assert predicted.shape == lagged.target.shape
        assert (np.isnan(predicted) == np.isnan(lagged.target)).all()
        assert (model.sequence_mask(lagged.data) == real_of(lagged)).all()

    def test_the_score_is_over_real_steps_only(self, model, lagged):
        real = real_of(lagged)
        expected = r2_score(lagged.target[real], model.predict(lagged.data)[real])
        assert expected > 0.85
        assert model.score(lagged.data, lagged.target) == pytest.approx(expected)
        weight = np.arange(200.0)
        of_steps = np.broadcast_to(weight[:, None], real.shape)[real]
        expected = r2_score(
            lagged.target[real], model.predict(lagged.data)[real], sample_weight=of_steps
        )
        assert model.score(lagged.data, lagged.target, weight) == pytest.approx(expected)

    def test_padding_changes_nothing(self, lagged):
        X = np.concatenate([lagged.data, np.full((200, 3, 3), NAN)], axis=1)
        y = np.concatenate([lagged.target, np.full((200, 3), 1e6)], axis=1)  # may be anything
        short = LSTMRegressor(4, epochs=2, **PARAMS).fit(lagged.data, lagged.target)
        longer = clone(short).fit(X, y)
        real = real_of(lagged)
        ours, theirs = short.predict(lagged.data)[real], longer.predict(X)[:, :8][real]
        assert np.abs(ours - theirs).max() < 1e-6
        assert longer.score(X, y) == pytest.approx(
            short.score(lagged.data, lagged.target), abs=1e-6
        )

    def test_weights_are_repetitions(self, lagged):
        weight = np.arange(200) % 3
        model = LSTMRegressor(4, epochs=3, batch_size=1000, importance=None, **PARAMS)
        weighted = model.fit(lagged.data, lagged.target, weight).predict(lagged.data)
        rows = np.repeat(np.arange(200), weight)
        repeated = clone(model).fit(lagged.data[rows], lagged.target[rows]).predict(lagged.data)
        assert np.nanmax(np.abs(weighted - repeated)) < 1e-5

    def test_without_padding(self):
        X, y = make_lagged_sequences(60, n_timesteps=4, return_X_y=True, random_state=0)
        model = LSTMRegressor(4, epochs=1, return_sequences=True, early_stopping=True)
        assert model.fit(X, y).predict(X).shape == (60, 4)
        flat = clone(model).set_params(n_timesteps=4).fit(X.reshape(60, -1), y)
        assert flat.feature_importances_.shape == (12,)


class TestClassifier:
    def test_it_learns_labels_of_steps(self, classifier, lagged, labels):
        real = real_of(lagged)
        assert classifier.classes_.tolist() == ["down", "up"]
        predicted = classifier.predict(lagged.data)
        expected = accuracy_score(labels[real], predicted[real])
        assert expected > 0.85
        assert classifier.score(lagged.data, labels) == pytest.approx(expected)
        proba = classifier.predict_proba(lagged.data)
        assert proba.shape == (200, 8, 2)
        assert np.allclose(proba[real].sum(axis=1), 1)
        assert np.isnan(proba[~real]).all()

    def test_it_survives_pickling(self, classifier, lagged):
        again = pickle.loads(pickle.dumps(classifier))
        assert (again.predict(lagged.data) == classifier.predict(lagged.data)).all()

    def test_more_classes_and_class_weights(self, lagged):
        y = np.digitize(np.nan_to_num(lagged.target), [-0.5, 0.5])
        for loss in (None, "categorical_crossentropy"):
            model = LSTMClassifier(
                4, epochs=1, loss=loss, class_weight="balanced", importance=None, **PARAMS
            )
            assert model.fit(lagged.data, y).predict_proba(lagged.data).shape == (200, 8, 3)


class TestImportances:
    def test_gradients_of_one_step_find_the_lag(self, model, lagged):
        full = lagged.data[~np.isnan(lagged.data).any(axis=(1, 2))]
        found = gradient_importance(model, full, output_step=6, by="cell")
        assert found.to_frame().index[0] == "x0[4]"
        assert found.importances_mean[-3:].max() == 0  # the future

    def test_gradients_of_all_steps(self, model, lagged):
        full = lagged.data[~np.isnan(lagged.data).any(axis=(1, 2))]
        call = {"method": "saliency"}
        found = gradient_importance(model, full, output_step="all", aggregate="mean", **call)
        assert found.attributions.shape == (len(full), 8, 8, 3)  # sample, step, input step, feature
        mean = found.attributions.mean(axis=0)
        assert np.corrcoef(mean.ravel(), lagged.relevance.ravel())[0, 1] > 0.9
        one = gradient_importance(model, full, output_step=6, **call)
        assert np.allclose(found.attributions[:, 6], one.attributions, atol=1e-6)
        both = gradient_importance(model, full, aggregate="mean", **call)  # the mean over the steps
        assert np.allclose(found.attributions.mean(axis=1), both.attributions, atol=1e-5)
        sizes = gradient_importance(model, full, **call)  # in which nothing cancels
        assert np.allclose(np.abs(found.attributions).mean(axis=1), sizes.attributions, atol=1e-5)

    def test_a_sequence_without_the_step_has_no_part_in_the_mean(self, model, lagged):
        longest = real_of(lagged).sum(axis=1) == 8
        found = gradient_importance(model, lagged.data, output_step=7)
        expected = gradient_importance(model, lagged.data[longest], output_step=7)
        assert np.allclose(found.importances_mean, expected.importances_mean)
        shortest = lagged.data[real_of(lagged).sum(axis=1) == 5]
        with pytest.raises(ValueError, match="the longest of these sequences has 5 steps"):
            gradient_importance(model, shortest, output_step=6)

    def test_all_steps_are_as_many_as_a_sequence_has(self, model, lagged):
        call = {"aggregate": "mean", "by": "feature"}
        every = gradient_importance(model, lagged.data, output_step="all", **call)
        together = gradient_importance(model, lagged.data, **call)  # the mean over real steps
        assert np.allclose(every.importances, together.importances, atol=1e-6)

    def test_negative_steps_count_from_each_end(self, model, lagged):
        last = gradient_importance(model, lagged.data, output_step=-1)
        lengths = real_of(lagged).sum(axis=1)
        for length in (5, 8):
            rows = lengths == length
            same = gradient_importance(model, lagged.data[rows], output_step=length - 1)
            assert np.allclose(last.attributions[rows], same.attributions, atol=1e-6)

    def test_integrated_gradients_are_complete(self, model, classifier, lagged):
        for estimator in (model, classifier):
            for step in (None, -1, "all"):
                found = gradient_importance(
                    estimator, lagged.data[:20], method="integrated_gradients", output_step=step
                )
                assert np.abs(found.completeness_error).max() < 1e-3
                padded = ~real_of(lagged)[:20]
                cells = np.moveaxis(found.attributions, -2, 1)
                assert (cells[padded] == 0).all()

    @pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error"])
    def test_permutation(self, model, lagged, scoring):
        found = permutation_importance(
            model, lagged.data, lagged.target, scoring=scoring, random_state=0
        )
        real = real_of(lagged)
        predicted = model.predict(lagged.data)[real]
        expected = r2_score(lagged.target[real], predicted)
        if scoring:
            expected = -mean_absolute_error(lagged.target[real], predicted)
        assert found.baseline_score == pytest.approx(expected)
        assert found.to_frame().index[0] == "x0"
        assert np.abs(found.importances_mean[1:]).max() < 0.1 * found.importances_mean[0]

    def test_permutation_of_time_steps(self, model, lagged):
        call = {"by": "cell", "n_repeats": 1, "random_state": 0}
        found = permutation_importance(model, lagged.data, lagged.target, **call).to_frame()
        # the last two steps answer nothing
        assert set(found.index[:4]) == {"x0[0]", "x0[1]", "x0[2]", "x0[3]"}

    def test_lofo(self, lagged):
        model = LSTMRegressor(8, epochs=15, importance=None, **PARAMS)
        groups = {"noise": ["x1", "x2"]}
        call = {"cv": 2, "feature_groups": groups, "random_state": 0}
        found = lofo_importance(model, lagged.data, lagged.target, scoring="r2", **call)
        assert found.to_frame().index[0] == "x0"
        with pytest.raises(ValueError, match="left out has no input for its output"):
            lofo_importance(model, lagged.data, lagged.target, by="timestep", leave_out="remove")

    def test_finalized_network(self, model, lagged):
        X = model.to_sequences(lagged.data)
        scaled = (lagged.target - model.target_scaler_.mean_) / model.target_scaler_.scale_
        estimator = from_keras(model.model_)
        assert estimator.return_sequences
        score = model.score(lagged.data, lagged.target)
        assert estimator.score(X, scaled) == pytest.approx(score, abs=1e-5)
        ours = permutation_importance(model, lagged.data, lagged.target, random_state=0)
        theirs = permutation_importance(
            model.model_, X, np.nan_to_num(scaled), scoring="r2", random_state=0
        )
        assert np.allclose(ours.importances, theirs.importances, atol=1e-5)


class TestStepScorer:
    def test_scikit_learns_metrics_over_real_steps(self, classifier, model, lagged, labels):
        real = real_of(lagged)
        predicted = classifier.predict(lagged.data)[real]
        expected = f1_score(labels[real], predicted, average="macro")
        assert step_scorer("f1_macro")(classifier, lagged.data, labels) == pytest.approx(expected)
        assert step_scorer("roc_auc")(classifier, lagged.data, labels) > expected
        several = step_scorer(["r2", "neg_mean_absolute_error"])
        assert several(model, lagged.data, lagged.target)["r2"] > 0.85

    def test_in_a_grid_search(self, lagged):
        model = LSTMRegressor(2, epochs=1, importance=None, **PARAMS)
        search = GridSearchCV(model, {"units": [2, 3]}, cv=2, scoring=step_scorer("r2"))
        search.fit(lagged.data, lagged.target)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    def test_a_single_target_is_refused(self, model, lagged):
        with pytest.raises(ValueError, match=r"y has shape \(200,\); a target at every step"):
            step_scorer("r2")(model, lagged.data, np.zeros(200))


class TestBadInput:
    def test_targets_of_another_shape(self, lagged):
        model = LSTMRegressor(2, **PARAMS)
        with pytest.raises(ValueError, match=r"y has shape \(200, 7\), but return_sequences=True"):
            model.fit(lagged.data, lagged.target[:, :7])

    def test_nan_at_a_real_step(self, lagged):
        y = lagged.target.copy()
        y[0, 0] = NAN
        with pytest.raises(ValueError, match="contains NaN"):
            LSTMRegressor(2, **PARAMS).fit(lagged.data, y)

    def test_a_network_without_steps(self, lagged):
        def network(input_shape, n_outputs):
            layers = [
                keras.Input(input_shape),
                keras.layers.Masking(-1e9),
                keras.layers.LSTM(2),
                keras.layers.Dense(n_outputs),
            ]
            return keras.Sequential(layers)

        with pytest.raises(ValueError, match=r"with return_sequences=True \(None, n_timesteps"):
            LSTMRegressor(network=network, **PARAMS).fit(lagged.data, lagged.target)

    def test_output_steps(self, model, lagged, regressor, regression):
        with pytest.raises(ValueError, match="output_step=8, but the network has 8 output steps"):
            gradient_importance(model, lagged.data, output_step=8)
        with pytest.raises(ValueError, match="for networks with an output at every step"):
            gradient_importance(regressor, regression.data, output_step=0)
