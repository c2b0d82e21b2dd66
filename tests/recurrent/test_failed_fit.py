"""A fit that fails leaves the estimator as it was."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skfi import LSTMClassifier, LSTMRegressor

random = np.random.default_rng(0)
X = random.normal(size=(60, 5, 3))
Y = X[:, -1, 0]
LABELS = np.where(Y > 0, "up", "down")
PARAMS = {"units": 3, "epochs": 2, "random_state": 0}


class Stops(keras.callbacks.Callback):
    """A training that is broken off in its second epoch."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_epoch_end(self, epoch, logs=None):
        if epoch:
            raise self.error


def no_importances(estimator, X, y):
    raise RuntimeError("no importances")


FAILURES = {
    "parameter": ({"loss": "nope"}, ValueError),
    "optimizer": ({"optimizer": "nope"}, ValueError),
    "callback": ({"callbacks": [Stops(RuntimeError("stop"))]}, RuntimeError),
    "Ctrl-C": ({"callbacks": [Stops(KeyboardInterrupt())]}, KeyboardInterrupt),
    "divergence": ({"learning_rate": 1e30, "optimizer": "sgd"}, ValueError),
    "importances": ({"importance": no_importances}, RuntimeError),
}


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        *((LSTMRegressor, failure) for failure in FAILURES),
        # a cross-entropy is bounded: it does not diverge
        *((LSTMClassifier, failure) for failure in FAILURES if failure != "divergence"),
    ],
)
def test_a_fitted_estimator_stays_what_it_was(kind, failure, warm_start):
    y = Y if kind is LSTMRegressor else LABELS
    model = kind(**PARAMS, warm_start=warm_start).fit(X, y)
    before = dict(vars(model))
    predicted, score = model.predict(X), model.score(X, y)
    importances = model.feature_importances_
    params, error = FAILURES[failure]
    # other units, classes and shapes than those that were learnt
    new_X, new_y = (X, y) if warm_start else (np.tile(X, (1, 2, 2)), np.tile(y, 1))
    if not warm_start and kind is LSTMRegressor:
        new_y = 1000 * new_y
    elif not warm_start:
        new_y = np.where(new_X[:, 0, 1] > 0, "a", "b")
    with pytest.raises(error):
        model.set_params(**params).fit(new_X, new_y)
    model.set_params(**{name: before[name] for name in params})
    assert vars(model).keys() == before.keys()
    assert np.array_equal(model.predict(X), predicted)
    assert model.score(X, y) == score
    assert np.array_equal(model.feature_importances_, importances)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_first_fit_that_fails_fits_nothing(failure):
    params, error = FAILURES[failure]
    model = LSTMRegressor(**PARAMS | params)
    with pytest.raises(error):
        model.fit(X, Y)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert vars(model).keys() == vars(clone(model)).keys()


def test_a_warm_start_that_failed_goes_on_where_it_was():
    def trained(*, fails):
        model = LSTMRegressor(**PARAMS, warm_start=True).fit(X, Y)
        if fails:
            with pytest.raises(RuntimeError):
                model.set_params(callbacks=[Stops(RuntimeError("stop"))], loss="mae").fit(X, Y)
            model.set_params(callbacks=None, loss=None)
        return model.fit(X, Y)

    # weights, and what the optimizer remembers
    expected, found = trained(fails=False), trained(fails=True)
    for one, other in zip(expected.model_.get_weights(), found.model_.get_weights(), strict=True):
        assert np.array_equal(one, other)
