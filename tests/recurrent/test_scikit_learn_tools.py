"""Dropped into scikit-learn code: searches, scores, routing, outputs, representations."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMClassifier, LSTMRegressor, SlidingWindow

TINY = {"units": 3, "epochs": 2, "random_state": 0, "importance": None}


def test_cross_validation_stratifies(classification):
    y = np.repeat(["rare", "often"], [30, 270])

    seen = []

    def scorer(estimator, X, labels):
        seen.append((labels == "rare").sum())
        return 0.0

    cross_val_score(LSTMClassifier(**TINY), classification.data, y, cv=3, scoring=scorer)
    assert seen == [10, 10, 10]


def test_grid_search_over_3d(classification):
    X, y = classification.data[:120], classification.target[:120]
    grid = {"units": [2, (3, 2)], "cell": ["gru"]}
    search = GridSearchCV(LSTMClassifier(**TINY), grid, cv=2, scoring="roc_auc_ovr").fit(X, y)
    assert search.best_params_["units"] in (2, (3, 2))
    assert set(search.predict(X)) <= set(y)


def test_cross_val_predict_of_probabilities(classification):
    X, y = classification.data[:120], classification.target[:120]
    cv = StratifiedKFold(2)
    proba = cross_val_predict(LSTMClassifier(**TINY), X, y, cv=cv, method="predict_proba")
    assert proba.shape == (120, 3)
    assert roc_auc_score(y, proba, multi_class="ovr", labels=np.unique(y)) > 0.4


def test_inside_other_estimators():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 4))
    y = X[:, 0] > 0
    network = LSTMClassifier(**TINY | {"epochs": 10, "learning_rate": 0.05})
    vote = VotingClassifier([("net", network), ("line", LogisticRegression())], voting="soft")
    assert vote.fit(X, y).score(X, y) > 0.8
    assert CalibratedClassifierCV(network, cv=2).fit(X, y).predict_proba(X).shape == (90, 2)


def test_sample_weight_is_routed_through_a_pipeline():
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(60, 3)), np.repeat([1.0, 0.0], 30)
    y = X[:, 0]
    with sklearn.config_context(enable_metadata_routing=True):
        network = LSTMRegressor(**TINY).set_fit_request(sample_weight=True)
        network.set_score_request(sample_weight=True)
        pipe = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), network)
        pipe.fit(X, y, sample_weight=weight)
        scaled = StandardScaler().fit_transform(X)
        direct = LSTMRegressor(**TINY).fit(scaled, y, sample_weight=weight)
        assert np.array_equal(pipe.predict(X), direct.predict(scaled))
        expected = r2_score(y, direct.predict(scaled), sample_weight=weight)
        assert pipe.score(X, y, sample_weight=weight) == pytest.approx(expected)
    by_name = make_pipeline(StandardScaler(), LSTMRegressor(**TINY))
    by_name.fit(X, y, lstmregressor__sample_weight=weight)
    assert np.array_equal(by_name.predict(X), direct.predict(scaled))


def test_frames_flow_through_set_output():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["rain", "tmin"])
    y = frame["rain"]
    pipe = make_pipeline(StandardScaler(), LSTMRegressor(**TINY | {"importance": "gradient"}))
    pipe.set_output(transform="pandas").fit(frame, y)
    assert pipe[-1].feature_names_in_.tolist() == ["rain", "tmin"]
    assert pipe[-1].importances_.feature_names.tolist() == ["rain", "tmin"]
    windows = make_pipeline(StandardScaler(), SlidingWindow(4), LSTMRegressor(**TINY))
    assert windows.set_output(transform="pandas").fit(frame, y).predict(frame).shape == (60,)
    with sklearn.config_context(transform_output="pandas"):
        windows = make_pipeline(StandardScaler(), SlidingWindow(4), LSTMRegressor(**TINY))
        assert windows.fit(frame, y).predict(frame).shape == (60,)


def test_representations(classifier):
    assert "LSTMClassifier(epochs=15" in repr(classifier)
    html = make_pipeline(StandardScaler(), clone(classifier))._repr_html_()
    assert "LSTMClassifier" in html
    assert "fitted" in classifier._repr_html_()


def test_nested_parameters_are_set():
    pipe = make_pipeline(StandardScaler(), LSTMClassifier())
    pipe.set_params(lstmclassifier__units=(4, 2), lstmclassifier__cell="gru")
    assert pipe[-1].get_params()["units"] == (4, 2)
    with pytest.raises(ValueError, match="Invalid parameter 'unit'"):
        pipe.set_params(lstmclassifier__unit=3)
