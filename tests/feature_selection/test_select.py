"""Selection of features, from sequences and by scikit-learn's own selectors."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.feature_selection import RFE, RFECV, SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, SelectSequenceFeatures

TINY = {"units": 4, "epochs": 6, "learning_rate": 0.05, "random_state": 0}


@pytest.fixture(scope="module")
def flat():
    X = np.random.default_rng(0).normal(size=(120, 3))
    return X, X[:, 1] + 0.1 * X[:, 0]


class TestSequences:
    def test_keeps_the_relevant_features_of_every_step(self, regression, regressor):
        X, y = regression.data, regression.target
        selector = SelectSequenceFeatures(FrozenEstimator(regressor)).fit(X, y)
        kept = regressor.feature_importances_ >= regressor.feature_importances_.mean()
        assert np.array_equal(selector.get_support(), kept)
        assert kept[0]
        assert not kept.all()
        assert np.array_equal(selector.transform(X), X[:, :, kept])
        assert selector.get_support(indices=True).tolist() == np.flatnonzero(kept).tolist()
        names = selector.get_feature_names_out(["rain", "tmax", "tmin", "noise"])
        assert names.tolist() == np.array(["rain", "tmax", "tmin", "noise"])[kept].tolist()

    @pytest.mark.parametrize("max_features", [1, 2, lambda X: 3])
    def test_max_features_counts_features_not_steps(self, regression, regressor, max_features):
        selector = SelectSequenceFeatures(
            FrozenEstimator(regressor), threshold=-np.inf, max_features=max_features
        ).fit(regression.data, regression.target)
        expected = 3 if callable(max_features) else max_features
        assert selector.transform(regression.data).shape == (300, 6, expected)

    def test_in_a_pipeline(self, regression):
        X, y = regression.data, regression.target
        pipe = make_pipeline(SelectSequenceFeatures(LSTMRegressor(**TINY)), LSTMRegressor(**TINY))
        assert pipe.fit(X, y).predict(X).shape == (300,)
        assert pipe[-1].n_features_in_ < 4

    def test_importance_getter(self, regression, regressor):
        pipe = make_pipeline(FrozenEstimator(regressor))
        selector = SelectSequenceFeatures(
            pipe, importance_getter="named_steps.frozenestimator.feature_importances_"
        ).fit(regression.data, regression.target)
        assert selector.get_support()[0]

    def test_errors(self, regression, regressor):
        X, y = regression.data, regression.target
        selector = SelectSequenceFeatures(FrozenEstimator(regressor)).fit(X, y)
        with pytest.raises(ValueError, match="X has 3 features, but SelectSequenceFeatures is"):
            selector.transform(X[:, :, :3])
        without = clone(regressor).set_params(importance=None, epochs=1)
        with pytest.raises(ValueError, match=r"coef_. or .feature_importances_"):
            SelectSequenceFeatures(without).fit(X, y)


class TestScikitLearn:
    def test_select_from_model(self, flat):
        X, y = flat
        network = LSTMRegressor(**TINY, importance="permutation")
        pipe = make_pipeline(StandardScaler(), SelectFromModel(network), LSTMRegressor(**TINY))
        pipe.fit(X, y)
        assert pipe[1].get_support().tolist() == [False, True, False]

    def test_rfe(self, flat):
        X, y = flat
        selector = RFE(LSTMRegressor(**TINY), n_features_to_select=1).fit(X, y)
        assert selector.support_.tolist() == [False, True, False]

    def test_rfecv_and_importance_getter(self, flat):
        X, y = flat
        pipe = make_pipeline(StandardScaler(), LSTMRegressor(**TINY))
        selector = RFECV(
            pipe, cv=2, importance_getter="named_steps.lstmregressor.feature_importances_"
        ).fit(X, y)
        assert selector.support_[1]

    def test_a_linear_model_works_in_ours_too(self, flat):
        X, y = flat
        selector = SelectSequenceFeatures(LinearRegression()).fit(X, y)
        assert selector.transform(X).shape == (120, 1)


def test_sample_weight_is_routed_and_frames_come_out(flat):
    X, y = flat
    frame = pd.DataFrame(X, columns=list("abc"))
    weight = np.repeat([1.0, 0.0], 60)
    with sklearn.config_context(enable_metadata_routing=True):
        network = LSTMRegressor(**TINY).set_fit_request(sample_weight=True)
        selector = SelectSequenceFeatures(network).set_output(transform="pandas")
        selector.fit(frame, y, sample_weight=weight)
    alone = LSTMRegressor(**TINY).fit(frame, y, sample_weight=weight)
    assert np.array_equal(selector.estimator_.predict(frame), alone.predict(frame))
    assert list(selector.transform(frame).columns) == ["b"]
    cube = frame.to_numpy()[:, None]
    assert not hasattr(selector.fit(cube, y, sample_weight=weight), "feature_names_in_")
