"""scikit-learn's own checks on every estimator, transformer and selector."""

import keras
import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfi import (
    ExplainedEstimator,
    GradientTransformer,
    LSTMClassifier,
    LSTMRegressor,
    SelectSequenceFeatures,
    SlidingWindow,
    TextSequencer,
)


@pytest.fixture(autouse=True, scope="module")
def _float64():
    """The checks compare to 1e-7 and expect weight 2 to equal two rows: more than float32 has."""
    # both: the policy of layers is the floatx at the time when the first layer was made
    policy = keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy(policy)


# One batch of all rows: rows grouped otherwise are other gradient steps, so that only then a row
# of weight 2 is the same as two rows.
ALL_ROWS = 1000
SHORT = {"units": 4, "epochs": 2, "batch_size": ALL_ROWS, "random_state": 0, "importance": None}
ESTIMATORS = [
    LSTMRegressor(8, epochs=12, learning_rate=0.1, batch_size=ALL_ROWS, random_state=0),
    LSTMClassifier(8, epochs=8, learning_rate=0.2, batch_size=ALL_ROWS, random_state=0),
    GradientTransformer(LSTMRegressor(**SHORT)),
    GradientTransformer(LSTMClassifier(**SHORT), method="input_x_gradient"),
    SelectSequenceFeatures(LSTMRegressor(**SHORT | {"importance": "gradient"})),
    SlidingWindow(3),
]


def expected_failures(estimator):
    if isinstance(estimator, SlidingWindow):
        order = "a window is made of the rows before it: their order is the input"
        return {
            "check_methods_sample_order_invariance": order,
            "check_methods_subset_invariance": order,
        }
    return {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_scikit_learn_checks(estimator, check):
    check(estimator)  # which raises what it asserts


def test_the_list_covers_every_public_estimator():
    import skfi

    public = {
        value
        for name in skfi.__all__
        if isinstance(value := getattr(skfi, name), type) and hasattr(value, "get_params")
    }
    # the last one around several estimators, in a file of its own
    elsewhere = {TextSequencer, ExplainedEstimator}
    assert {type(estimator) for estimator in ESTIMATORS} | elsewhere == public


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_mixin_order,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learn_checks_without_data(check):
    """Of texts scikit-learn generates none, so it can check what needs no data."""
    check("TextSequencer", TextSequencer())
