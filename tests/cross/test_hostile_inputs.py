"""Bad values for every parameter of the importance functions: an error that names them."""

import keras
import numpy as np
import pytest
from hostile import (
    ARRAYS,
    FOLDS,
    GROUPS,
    LABELS,
    NO_ARRAY,
    NO_BOOL,
    NO_INT,
    NO_NAMES,
    NO_SEED,
    NO_STR,
    SCORERS,
    TARGETS,
    VALUES,
    WEIGHTS,
    X,
    Y,
    cases,
    check_refused,
)

from skfi import (
    ExplainedEstimator,
    GradientTransformer,
    check_importances,
    compare_importances,
    correlation_groups,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.recurrent import _targets
from tests.conftest import linear_network

NETWORK = linear_network(np.ones((4, 3, 1)))
NETWORK.compile("sgd", "mse")
MODEL = from_keras(linear_network(np.ones((4, 3, 1))))
LABELLED = from_keras(linear_network(np.ones((4, 3, 1)), "sigmoid"))
RESULT = gradient_importance(NETWORK, X, n_steps=2)


@pytest.fixture(autouse=True)
def _no_training(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("training began")

    monkeypatch.setattr(keras.Model, "fit", refuse)
    for targets in (_targets.Targets, _targets.StepTargets):
        monkeypatch.setattr(targets, "fit_wrapper", staticmethod(refuse))


def gradient(X=X, **params):
    return gradient_importance(NETWORK, X, **params)


def permutation(X=X, y=Y, **params):
    return permutation_importance(MODEL, X, y, **params)


def lofo(X=X, y=Y, **params):
    return lofo_importance(MODEL, X, y, **{"cv": 2, "n_jobs": 1} | params)


def compare(X=X, y=Y, **params):
    return compare_importances(NETWORK, X, y, **{"methods": ["gradient", "permutation"]} | params)


def check(X=X, y=Y, result=RESULT, **params):
    return check_importances(NETWORK, X, y, result, n_refits=0, **params)


def correlation(X=X, **params):
    return correlation_groups(X, **params)


def explained(X=X, y=Y, **params):
    return ExplainedEstimator(MODEL, **params).fit(X, y)


def transformer(X=X, **params):
    return GradientTransformer(MODEL, **params).fit(X, Y)


def target_of_class(target):
    return gradient_importance(LABELLED, X, target=target)


CALLS = {
    function.__name__: function
    for function in (
        *(gradient, permutation, lofo, compare, check, correlation, explained, transformer),
        target_of_class,
    )
}
NO_OPTIONAL_INT = [name for name in NO_INT if name != "None"]
NO_SHARE = [name for name in NO_INT if name != "huge"]
TABLE = [
    *(
        case
        for call in ("gradient", "permutation", "lofo", "correlation")
        for case in cases(call, "feature_names", VALUES, NO_NAMES)
    ),
    *(
        case
        for call in ("gradient", "permutation", "lofo")
        for parameter, values, names in (
            ("X", ARRAYS, None),
            ("X", VALUES, NO_ARRAY),
            ("sample_weight", WEIGHTS, None),
            ("sample_weight", VALUES, NO_ARRAY),
            ("feature_groups", GROUPS, None),
            ("by", VALUES, NO_STR),
            ("per_output", VALUES, NO_BOOL),
            ("random_state", VALUES, NO_SEED),
        )
        for case in cases(call, parameter, values, names)
    ),
    *(
        case
        for call in ("permutation", "lofo")
        for parameter, values, names in (
            ("y", TARGETS, None),
            ("y", VALUES, NO_ARRAY),
            ("scoring", SCORERS, None),
            ("n_jobs", VALUES, [n for n in NO_OPTIONAL_INT if n != "negative"]),
        )
        for case in cases(call, parameter, values, names)
    ),
    *cases("gradient", "n_steps", VALUES, NO_INT),
    *cases("gradient", "max_samples", VALUES, NO_SHARE),
    *cases("gradient", "baseline", VALUES, NO_ARRAY[:-4]),
    *cases("target_of_class", "target", VALUES, [*NO_ARRAY, "NaN", "negative"]),
    *cases("permutation", "n_repeats", VALUES, NO_INT),
    *cases("permutation", "max_features", VALUES, NO_OPTIONAL_INT),
    *cases("permutation", "sample_groups", VALUES, NO_OPTIONAL_INT),
    *cases("lofo", "cv", FOLDS),
    *cases("lofo", "refit_epochs", VALUES, NO_OPTIONAL_INT),
    *cases("lofo", "fit_params", VALUES, ["str", "set", "object", "True", "dict"]),
    *cases("compare", "methods", VALUES, [n for n in VALUES if n != "huge"]),
    *cases("compare", "permutation_params", VALUES, ["str", "set", "object", "True", "empty"]),
    *cases("check", "result", VALUES),
    *cases("check", "gradient_params", VALUES, ["str", "set", "object", "True", "dict"]),
    *cases("check", "scoring", SCORERS),
    *cases("explained", "cv", FOLDS),
    *cases("explained", "importance_params", VALUES, ["str", "set", "object", "True", "dict"]),
    *cases("transformer", "target", VALUES, [n for n in VALUES if n not in ("None", "zero")]),
]


@pytest.mark.parametrize(
    ("call", "parameter", "value"),
    [pytest.param(*case[:3], id=case[3]) for case in TABLE],
)
def test_functions(call, parameter, value):
    check_refused(CALLS[call], parameter, value())


def test_labels_are_taken():
    assert permutation_importance(LABELLED, X, LABELS, n_repeats=np.int64(1)).importances.size == 3
