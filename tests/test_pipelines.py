"""A Chain says the same of an estimator, whatever it is wrapped in."""

import keras
import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skfi import LSTMRegressor, SlidingWindow
from skfi._pipelines import Chain, unfrozen, with_last
from skfi.importance._inputs._numbers import columns_fold_into, input_features_stay, window_of

X = np.random.default_rng(0).normal(size=(30, 4))
Y = X @ [1.0, 2, 0, 0]
ALPHAS = {"ridge__alpha": [0.1, 1.0]}


def scaled():
    return make_pipeline(StandardScaler(), Ridge())


# of each: types of the steps, whether the last one is frozen, whether it is searched for
FORMS = {
    "plain": (Ridge(), ["Ridge"], False, False),
    "pipeline": (scaled(), ["StandardScaler", "Ridge"], False, False),
    "nested": (
        make_pipeline(MinMaxScaler(), scaled()),
        ["MinMaxScaler", "StandardScaler", "Ridge"],
        False,
        False,
    ),
    "a pipeline of transformers": (
        make_pipeline(make_pipeline(MinMaxScaler(), StandardScaler()), Ridge()),
        ["MinMaxScaler", "StandardScaler", "Ridge"],
        False,
        False,
    ),
    "passthrough": (
        Pipeline([("a", "passthrough"), ("b", None), ("ridge", Ridge())]),
        ["Ridge"],
        False,
        False,
    ),
    "frozen": (FrozenEstimator(Ridge().fit(X, Y)), ["Ridge"], True, False),
    "a frozen pipeline": (
        FrozenEstimator(scaled().fit(X, Y)),
        ["StandardScaler", "Ridge"],
        True,
        False,
    ),
    "a pipeline of frozen steps": (
        make_pipeline(FrozenEstimator(StandardScaler().fit(X)), Ridge()),
        ["StandardScaler", "Ridge"],
        False,
        False,
    ),
    "a frozen pipeline in a pipeline": (
        make_pipeline(MinMaxScaler(), FrozenEstimator(scaled().fit(X, Y))),
        ["MinMaxScaler", "StandardScaler", "Ridge"],
        True,
        False,
    ),
    "a search": (GridSearchCV(Ridge(), {"alpha": [1, 2]}), ["Ridge"], False, True),
    "a search over a pipeline": (
        GridSearchCV(scaled(), ALPHAS),
        ["StandardScaler", "Ridge"],
        False,
        True,
    ),
    "a search in a pipeline": (
        make_pipeline(StandardScaler(), RandomizedSearchCV(Ridge(), {"alpha": [1, 2]}, n_iter=1)),
        ["StandardScaler", "Ridge"],
        False,
        True,
    ),
    "a frozen search": (
        FrozenEstimator(GridSearchCV(scaled(), ALPHAS).fit(X, Y)),
        ["StandardScaler", "Ridge"],
        True,
        True,
    ),
}


@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_unwrapped(form, is_fitted):
    estimator, steps, is_frozen, is_searched = FORMS[form]
    if is_fitted:
        estimator.fit(X, Y)
    chain = Chain(estimator)
    assert [type(step).__name__ for step in chain.steps] == steps
    assert type(chain.last).__name__ == "Ridge"
    assert [*chain.before, chain.last] == chain.steps
    assert (chain.is_frozen, chain.is_searched) == (is_frozen, is_searched)


@pytest.mark.parametrize("form", FORMS)
def test_the_last_step_predicts_what_the_whole_does(form):
    estimator = FORMS[form][0].fit(X, Y)
    chain = Chain(estimator)
    chain.check_is_fitted()
    assert np.allclose(chain.last.predict(chain.transform(X)), estimator.predict(X))
    if chain.before:
        rest = chain.behind(0)
        assert np.allclose(rest.predict(chain.transform(X, 1)), estimator.predict(X))


@pytest.mark.parametrize(
    "estimator", [Ridge(), scaled(), make_pipeline(MinMaxScaler(), scaled()), FORMS["a search"][0]]
)
def test_what_is_not_fitted_says_so(estimator):
    from sklearn.base import clone

    with pytest.raises(NotFittedError):
        Chain(clone(estimator)).check_is_fitted()


def test_of_a_fitted_search_it_is_the_best_estimator():
    search = GridSearchCV(scaled(), ALPHAS).fit(X, Y)
    assert Chain(search).last is search.best_estimator_[-1]
    assert Chain(FrozenEstimator(search)).last is search.best_estimator_[-1]


def test_names_reach_the_last_step():
    pipe = make_pipeline(MinMaxScaler(), scaled()).fit(X, Y)
    assert Chain(pipe).names_behind(list("abcd")) == list("abcd")
    unnamed = make_pipeline(FunctionTransformer(), Ridge()).fit(X, Y)
    assert Chain(unnamed).names_behind(list("abcd")) is None
    assert Chain(Ridge()).names_behind(["a"]) == ["a"]


def test_a_network_is_a_last_step():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    chain = Chain(make_pipeline(StandardScaler().fit(X), network))
    assert chain.last is network
    chain.check_is_fitted()


@pytest.mark.parametrize(
    ("estimator", "kept"),
    [
        (FrozenEstimator(Ridge().fit(X, Y)), []),
        (make_pipeline(StandardScaler(), FrozenEstimator(Ridge().fit(X, Y))), ["StandardScaler"]),
        (FrozenEstimator(FrozenEstimator(scaled().fit(X, Y))), ["StandardScaler"]),
        (GridSearchCV(FrozenEstimator(Ridge().fit(X, Y)), {}), []),
    ],
)
def test_a_frozen_last_step_is_opened(estimator, kept):
    chain = Chain(unfrozen(estimator))
    assert not chain.is_frozen
    assert type(chain.last) is Ridge
    assert [type(step).__name__ for step in chain.before] == kept


def test_what_is_not_frozen_stays_the_same_object():
    for estimator in (Ridge(), scaled(), GridSearchCV(Ridge(), {})):
        assert unfrozen(estimator) is estimator


def test_another_last_step():
    pipe = make_pipeline(MinMaxScaler(), scaled())
    other = with_last(pipe, lambda last: LinearRegression())
    assert type(Chain(other).last) is LinearRegression
    assert type(Chain(pipe).last) is Ridge
    assert Chain(other).before == Chain(pipe).before
    assert with_last(pipe, lambda last: last) is pipe


@pytest.mark.parametrize(
    ("wrap", "fold"),
    [
        (lambda model: model, 2),
        (lambda model: make_pipeline(StandardScaler(), model), 2),
        (lambda model: make_pipeline(make_pipeline(StandardScaler()), model), 2),
        (lambda model: make_pipeline(FrozenEstimator(StandardScaler().fit(X)), model), 2),
        (lambda model: GridSearchCV(make_pipeline(StandardScaler(), model), {}), 2),
        (lambda model: make_pipeline(FunctionTransformer(), model), None),
        (lambda model: make_pipeline(ColumnTransformer([], remainder="drop"), model), None),
    ],
)
def test_where_columns_fold(wrap, fold):
    chain = Chain(wrap(LSTMRegressor(n_timesteps=2)))
    assert columns_fold_into(chain, X) == fold
    assert columns_fold_into(chain, X.reshape(30, 2, 2)) is None


def test_features_stay_through_scalers_and_windows_only():
    stays = make_pipeline(make_pipeline(StandardScaler()), SlidingWindow(3), Ridge())
    assert input_features_stay(Chain(stays))
    assert input_features_stay(Chain(GridSearchCV(stays, {})))
    mixed = make_pipeline(ColumnTransformer([], remainder="passthrough"), Ridge())
    assert not input_features_stay(Chain(mixed))
    assert not input_features_stay(Chain(GridSearchCV(mixed, {})))
    assert input_features_stay(Chain(mixed), constant=True)


def test_windows_are_found_in_every_form():
    windows = make_pipeline(SlidingWindow(5), Ridge())
    for estimator in (windows, make_pipeline(StandardScaler(), windows), GridSearchCV(windows, {})):
        assert window_of(Chain(estimator)) == 5
    assert window_of(Chain(scaled())) == 1
