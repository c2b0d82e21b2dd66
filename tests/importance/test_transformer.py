"""Gradients as features in pipelines."""

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from conftest import linear_network
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skfi import GradientTransformer, LSTMClassifier, from_keras, gradient_importance

TINY = {"units": 3, "epochs": 2, "random_state": 0, "importance": None}


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("feature", ["x0", "x1", "x2", "x3"]),
        ("timestep", ["t-5", "t-4", "t-3", "t-2", "t-1", "t"]),
        (
            "cell",
            [f"x{f}[{t}]" for t in ("t-5", "t-4", "t-3", "t-2", "t-1", "t") for f in range(4)],
        ),
    ],
)
def test_rows_are_the_samples_importances(classification, classifier, by, names):
    X, y = classification.data, classification.target
    frozen = FrozenEstimator(classifier)
    transformer = GradientTransformer(frozen, by=by, target="low").fit(X, y)
    found = transformer.transform(X)
    expected = gradient_importance(classifier, X, by=by, target="low", aggregate="mean")
    assert np.array_equal(found, expected.importances.T)
    assert transformer.get_feature_names_out().tolist() == names
    assert found.shape == (300, len(names))


def test_rows_do_not_depend_on_the_others(classification, classifier):
    transformer = GradientTransformer(FrozenEstimator(classifier)).fit(
        classification.data, classification.target
    )
    whole = transformer.transform(classification.data)
    assert np.array_equal(whole[5:9], transformer.transform(classification.data[5:9]))


def test_importances_are_of_the_features(classification, classifier):
    X, y = classification.data, classification.target
    transformer = GradientTransformer(FrozenEstimator(classifier), by="timestep").fit(X, y)
    importances = transformer.feature_importances_
    assert importances.shape == (4,)
    assert importances.sum() == pytest.approx(1)
    assert np.allclose(importances, classifier.feature_importances_)


def test_fit_trains_a_clone_with_its_fit_params(classification):
    X, y = classification.data[:60], classification.target[:60]
    network = LSTMClassifier(**TINY)
    weight = np.repeat([1.0, 0.0], 30)
    transformer = GradientTransformer(network).fit(X, y, sample_weight=weight)
    alone = LSTMClassifier(**TINY).fit(X, y, sample_weight=weight)
    assert not hasattr(network, "model_")
    assert np.array_equal(transformer.estimator_.predict_proba(X), alone.predict_proba(X))


def test_pipelines_unions_and_searches(classification):
    X, y = classification.data[:90], classification.target[:90]
    last_step = FunctionTransformer(lambda X: X[:, -1])
    union = FeatureUnion(
        [("why", GradientTransformer(LSTMClassifier(**TINY))), ("last", last_step)]
    )
    pipe = make_pipeline(union, LogisticRegression()).fit(X, y)
    assert pipe[0].transform(X).shape == (90, 8)
    assert pipe.score(X, y) > 0.5
    assert make_pipeline(GradientTransformer(LSTMClassifier(**TINY)), KMeans(3)).fit_predict(
        X, y
    ).shape == (90,)
    search = GridSearchCV(
        make_pipeline(GradientTransformer(LSTMClassifier(**TINY)), LogisticRegression()),
        {"gradienttransformer__method": ["saliency", "input_x_gradient"]},
        cv=2,
    ).fit(X, y)
    assert search.best_params_["gradienttransformer__method"] in ("saliency", "input_x_gradient")


def test_2d_frames_and_set_output():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=["rain", "tmin", "tmax"])
    y = frame["rain"] > 0
    transformer = GradientTransformer(LSTMClassifier(**TINY)).set_output(transform="pandas")
    found = make_pipeline(
        StandardScaler().set_output(transform="pandas"), transformer
    ).fit_transform(frame, y)
    assert list(found.columns) == ["rain", "tmin", "tmax"]


def test_a_trained_keras_model():
    weights = np.random.default_rng(0).normal(size=(4, 3, 1))
    model = linear_network(weights)
    X = np.zeros((5, 4, 3))
    frozen = FrozenEstimator(from_keras(model))
    transformer = GradientTransformer(frozen, method="saliency", by="cell")
    assert np.allclose(transformer.fit(X, X[:, 0, 0]).transform(X), weights.ravel(), atol=1e-6)
    with pytest.raises(ValueError, match=r"FrozenEstimator\(from_keras\(model\)\)"):
        GradientTransformer(model).fit(X)


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "integrated_gradients"])
def test_no_method_looks_at_other_rows(classification, classifier, method):
    X, y = classification.data, classification.target
    transformer = GradientTransformer(FrozenEstimator(classifier), method=method).fit(X, y)
    assert np.array_equal(transformer.transform(X)[3:5], transformer.transform(X[3:5]))


@pytest.mark.parametrize("params", [{"method": "smoothgrad"}, {"by": "row"}, {"aggregate": "max"}])
def test_bad_parameters(params, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", None)  # before any training
    with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter"):
        GradientTransformer(LSTMClassifier(), **params).fit(np.ones((4, 2, 2)), [0, 1, 0, 1])


def test_not_fitted():
    with pytest.raises(NotFittedError):
        GradientTransformer(LSTMClassifier()).transform(np.ones((4, 2, 2)))


def test_sample_weight_is_routed():
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(40, 3)), np.repeat([1.0, 0.0], 20)
    y = X[:, 0] > 0
    with sklearn.config_context(enable_metadata_routing=True):
        network = LSTMClassifier(**TINY).set_fit_request(sample_weight=True)
        final = LogisticRegression().set_fit_request(sample_weight=False)
        pipe = make_pipeline(GradientTransformer(network), final)
        pipe.fit(X, y, sample_weight=weight)
    alone = LSTMClassifier(**TINY).fit(X, y, sample_weight=weight)
    assert np.array_equal(pipe[0].estimator_.predict_proba(X), alone.predict_proba(X))


def test_an_inner_pipeline_that_makes_other_features():
    X = np.random.default_rng(0).normal(size=(40, 6))
    inner = make_pipeline(PCA(4), LSTMClassifier(**TINY, n_timesteps=2))
    for by, names in (("feature", ["pca0", "pca1", "pca2", "pca3"]), ("timestep", ["t-1", "t"])):
        transformer = GradientTransformer(inner, by=by).fit(X, X[:, 0] > 0)
        assert transformer.get_feature_names_out().tolist() == names
        assert transformer.transform(X).shape == (40, len(names))
