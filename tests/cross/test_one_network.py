"""The same network gives the same numbers, however it is handed over, also with padding inside."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfi import (
    LSTMClassifier,
    LSTMRegressor,
    from_keras,
    gradient_importance,
    permutation_importance,
)

PARAMS = {"epochs": 2, "importance": None, "random_state": 0, "mask_value": 0.0}


def padded(n_samples=40):
    """Sequences of three to six steps, then zeros; every third has a step of zeros inside."""
    random = np.random.default_rng(0)
    X = random.normal(size=(n_samples, 6, 2))
    X[np.arange(6) >= random.integers(3, 7, size=n_samples)[:, None]] = 0
    X[::3, 1] = 0
    return X


def fitted(kind):
    X = padded()
    y = X.sum(axis=(1, 2))
    if kind == "classifier":
        model, y = LSTMClassifier(3, **PARAMS), (y > 0).astype(int)
    elif kind == "every step":
        model, y = LSTMRegressor(3, return_sequences=True, **PARAMS), np.cumsum(X[:, :, 0], axis=1)
    else:
        model = LSTMRegressor(3, **PARAMS)
    with pytest.warns(UserWarning, match="whole steps, which are padding to the network"):
        model.fit(X, y)
    if kind != "classifier":  # the network itself predicts the standardised target
        y = model.target_scaler_.transform(y.reshape(-1, 1)).reshape(y.shape)
        model.target_scaler_.mean_[:], model.target_scaler_.scale_[:] = 0, 1
    return model, X, y


@pytest.fixture(scope="module", params=["regressor", "classifier", "every step"])
def network(request):
    return fitted(request.param)


def search_of(model):
    search = GridSearchCV(model, {})
    # as after a fit that found just this one
    search.best_estimator_, search.multimetric_ = model, False
    search.scorer_ = check_scoring(model)
    return search


FORMS = {
    "model_": lambda model: model.model_,
    "from_keras": lambda model: from_keras(model.model_),
    "wrapper_": lambda model: model.wrapper_,
    "frozen": FrozenEstimator,
    "frozen network": lambda model: FrozenEstimator(from_keras(model.model_)),
    "pipeline": lambda model: make_pipeline(FunctionTransformer(np.asarray), model),
    "network in a pipeline": lambda model: make_pipeline(
        FunctionTransformer(np.asarray), model.model_
    ),
    "search": search_of,
    "search in a pipeline": lambda model: make_pipeline(
        FunctionTransformer(np.asarray), search_of(model)
    ),
}
CALLS = {
    "saliency": lambda form, X, y: gradient_importance(form, X, method="saliency"),
    "integrated gradients": lambda form, X, y: gradient_importance(
        form, X, method="integrated_gradients", n_steps=8, by="timestep"
    ),
    "expected gradients": lambda form, X, y: gradient_importance(
        form, X, method="expected_gradients", n_steps=4, by="cell", random_state=0
    ),
    "permutation": lambda form, X, y: permutation_importance(form, X, y, random_state=0),
    "permutation of steps": lambda form, X, y: permutation_importance(
        form, X, y, by="timestep", random_state=0
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_network_has_the_same_importances(network, form, call):
    model, X, y = network
    if form == "wrapper_" and model.return_sequences and call.startswith("permutation"):
        pytest.skip("a SciKeras wrapper takes no target at every step")
    expected = CALLS[call](model, X, y)
    found = CALLS[call](FORMS[form](model), X, y)
    assert expected.importances.any()
    assert found.feature_names.tolist() == expected.feature_names.tolist()
    assert np.allclose(found.importances, expected.importances, rtol=1e-5, atol=1e-7)
