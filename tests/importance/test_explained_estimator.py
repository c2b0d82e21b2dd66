"""Any estimator with importances: what the functions give, wherever scikit-learn asks for them."""

import pickle

import keras
import numpy as np
import pytest
from keras import layers
from scikeras.wrappers import KerasRegressor
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfi import (
    ExplainedEstimator,
    LSTMRegressor,
    SelectSequenceFeatures,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

X = np.random.default_rng(0).normal(size=(120, 4))
Y = 3 * X[:, 0] + X[:, 1]
SEQUENCES = np.random.default_rng(1).normal(size=(80, 4, 3)).astype("float32")
OF_SEQUENCES = SEQUENCES[:, :, 1].sum(axis=1)


class LeastSquares(KerasRegressor):
    """A SciKeras wrapper whose network is linear, and solved in place of trained."""

    def _keras_build_fn(self, meta):
        layer = layers.Dense(1)
        model = keras.Sequential([keras.Input((meta["n_features_in_"],)), layer])
        model.compile("sgd", "mse")
        return model

    def _fit_keras_model(self, X, y, *, sample_weight, **_):
        root = np.ones(len(X)) if sample_weight is None else np.sqrt(np.asarray(sample_weight))
        inputs = np.column_stack([X, np.ones(len(X))]) * root[:, None]
        target = np.asarray(y, dtype=float).reshape(len(y), -1) * root[:, None]
        weights = np.linalg.lstsq(inputs, target, rcond=None)[0]
        self.model_.set_weights([weights[:-1], weights[-1]])
        self.history_ = {}


# what SciKeras itself does otherwise
OF_SCIKERAS = {
    "check_n_features_in_after_fitting": "its predict raises another message",
    "check_estimator_sparse_array": "its fit raises another message",
    "check_supervised_y_2d": "it takes a column as two-dimensional targets, without a warning",
}


def expected_failures(estimator):
    return OF_SCIKERAS if isinstance(estimator.estimator, LeastSquares) else {}


@parametrize_with_checks(
    [
        ExplainedEstimator(
            LeastSquares(verbose=0), importance_params={"n_repeats": 1, "random_state": 0}
        ),
        ExplainedEstimator(Ridge()),
        ExplainedEstimator(LogisticRegression(), importance_params={"n_repeats": 1}),
        ExplainedEstimator(
            RandomForestRegressor(n_estimators=5, random_state=0),
            importance_params={"n_repeats": 1, "random_state": 0},
        ),
        ExplainedEstimator(
            RandomForestClassifier(n_estimators=5, random_state=0),
            importance_params={"n_repeats": 1, "random_state": 0},
        ),
    ],
    expected_failed_checks=expected_failures,
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks(estimator, check):
    check(estimator)  # which raises what it asserts


def network():
    model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(4), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.03), "mse")
    return model


@pytest.fixture(scope="module")
def wrapper():
    return KerasRegressor(network, epochs=8, verbose=0)


def normalised(result):
    positive = np.clip(result.importances_mean, 0, None)
    return positive / positive.sum()


def test_it_is_what_the_function_gives():
    params = {"random_state": 3, "n_repeats": 2, "scoring": "neg_mean_absolute_error"}
    model = ExplainedEstimator(Ridge(), importance_params=params).fit(X, Y)
    expected = permutation_importance(Ridge().fit(X, Y), X, Y, **params)
    np.testing.assert_array_equal(model.importances_.importances, expected.importances)
    np.testing.assert_array_equal(model.feature_importances_, normalised(expected))
    np.testing.assert_array_equal(model.predict(X), Ridge().fit(X, Y).predict(X))
    assert model.score(X, Y) == Ridge().fit(X, Y).score(X, Y)


def test_lofo_trains_by_folds():
    model = ExplainedEstimator(Ridge(), importance="lofo", cv=KFold(3)).fit(X, Y)
    expected = lofo_importance(Ridge(), X, Y, cv=KFold(3))
    np.testing.assert_array_equal(model.importances_.importances, expected.importances)


def test_of_held_out_rows():
    params = {"random_state": 0}
    model = ExplainedEstimator(Ridge(), cv=KFold(3), importance_params=params).fit(X, Y)
    by_hand = [
        permutation_importance(
            Ridge().fit(X[train], Y[train]), X[test], Y[test], **params
        ).importances_mean
        for train, test in KFold(3).split(X)
    ]
    np.testing.assert_array_equal(model.importances_.importances, np.transpose(by_hand))
    np.testing.assert_array_equal(model.predict(X), Ridge().fit(X, Y).predict(X))  # of all rows


def test_weights_count_in_fit_and_importances():
    weight = np.r_[np.ones(60), np.zeros(60)]
    changed = np.r_[Y[:60], X[60:, 3]]
    model = ExplainedEstimator(Ridge(), importance_params={"random_state": 0})
    model.fit(X, changed, sample_weight=weight)
    expected = permutation_importance(
        Ridge().fit(X, changed, weight), X, changed, sample_weight=weight, random_state=0
    )
    np.testing.assert_array_equal(model.importances_.importances, expected.importances)
    assert model.feature_importances_[3] < 0.01
    cv = KFold(3, shuffle=True, random_state=0)
    folds = clone(model).set_params(cv=cv).fit(X, changed, sample_weight=weight)
    assert folds.importances_.importances.shape == (4, 3)


@pytest.mark.parametrize("importance", ["permutation", "gradient"])
def test_a_persons_own_keras_regressor(wrapper, importance):
    keras.utils.set_random_seed(0)
    params = {"random_state": 0}
    model = ExplainedEstimator(wrapper, importance=importance, importance_params=params)
    model.fit(SEQUENCES, OF_SEQUENCES)
    assert model.feature_importances_.shape == (3,) == (model.n_features_in_,)
    assert model.feature_importances_.argmax() == 1
    assert is_regressor(model)
    expected = model.estimator_.predict(SEQUENCES)
    np.testing.assert_allclose(model.predict(SEQUENCES), expected, atol=1e-5)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.feature_importances_, model.feature_importances_)
    selector = SelectSequenceFeatures(clone(model), max_features=1).fit(SEQUENCES, OF_SEQUENCES)
    assert selector.get_support().tolist() == [False, True, False]


def test_a_trained_network():
    keras.utils.set_random_seed(0)
    trained = network()
    trained.fit(SEQUENCES, OF_SEQUENCES, epochs=8, verbose=0)
    before = trained.get_weights()
    model = ExplainedEstimator(trained, importance="gradient", cv="prefit")
    model.fit(SEQUENCES, OF_SEQUENCES)
    expected = gradient_importance(trained, SEQUENCES)
    np.testing.assert_array_equal(model.importances_.importances, expected.importances)
    for old, new in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_allclose(
        model.predict(SEQUENCES), trained.predict(SEQUENCES, verbose=0)[:, 0], atol=1e-5
    )
    with pytest.raises(ValueError, match="is explained with cv='prefit'"):
        ExplainedEstimator(trained).fit(SEQUENCES, OF_SEQUENCES)
    with pytest.raises(NotFittedError):
        ExplainedEstimator(Ridge(), cv="prefit").fit(X, Y)


def test_where_scikit_learn_asks_for_importances():
    params = {"random_state": 0}
    model = ExplainedEstimator(make_pipeline(StandardScaler(), Ridge()), importance_params=params)
    selected = SelectFromModel(model, max_features=2).fit(X, Y).get_support()
    assert selected[0]
    assert not selected[2:].any()
    assert RFE(model, n_features_to_select=2).fit(X, Y).support_.tolist() == [
        *(True, True, False, False)
    ]
    search = GridSearchCV(model, {"estimator__ridge__alpha": [0.1, 1e4]}, cv=3).fit(X, Y)
    assert search.best_params_ == {"estimator__ridge__alpha": 0.1}
    assert search.best_estimator_.feature_importances_.argmax() == 0


def test_it_has_what_the_estimator_has():
    assert is_classifier(ExplainedEstimator(LogisticRegression()))
    assert hasattr(ExplainedEstimator(LogisticRegression()), "predict_proba")
    assert not hasattr(ExplainedEstimator(Ridge()), "predict_proba")
    assert not hasattr(ExplainedEstimator(RandomForestClassifier()), "decision_function")
    labels = np.where(Y > 0, "wet", "dry")
    model = ExplainedEstimator(LogisticRegression()).fit(X, labels)
    assert model.classes_.tolist() == ["dry", "wet"]
    with pytest.raises(NotFittedError):
        ExplainedEstimator(Ridge()).predict(X)


def test_an_lstm_of_columns():
    inner = LSTMRegressor(4, n_timesteps=2, epochs=2, importance=None, random_state=0)
    model = ExplainedEstimator(inner, importance="gradient").fit(X, Y)
    assert model.feature_importances_.shape == (4,) == (model.n_features_in_,)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"importance": "shap"}, ValueError, "The 'importance' parameter"),
        ({"cv": "fitted"}, ValueError, "The 'cv' parameter"),
        ({"importance": "gradient"}, TypeError, "Gradients need a neural network"),
        ({"importance_params": {"n_repeat": 2}}, TypeError, "n_repeat"),
        ({"estimator": 3}, ValueError, "The 'estimator' parameter"),
    ],
)
def test_parameters_that_do_not_fit(params, error, message):
    with pytest.raises(error, match=message):
        ExplainedEstimator(**{"estimator": Ridge()} | params).fit(X, Y)


def test_metadata_goes_where_it_is_asked_for():
    weight = np.random.default_rng(3).uniform(size=len(X))
    params = {"importance_params": {"random_state": 0}}
    plain = ExplainedEstimator(Ridge(), **params).fit(X, Y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        model = ExplainedEstimator(Ridge().set_fit_request(sample_weight=True), **params)
        model.fit(X, Y, sample_weight=weight)
        np.testing.assert_array_equal(model.estimator_.coef_, plain.estimator_.coef_)
        np.testing.assert_array_equal(model.feature_importances_, plain.feature_importances_)
        unasked = ExplainedEstimator(Ridge(), **params)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            unasked.fit(X, Y, sample_weight=weight)
