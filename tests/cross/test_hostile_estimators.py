"""Bad values for estimators, tables, results and displays: an error that names them."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hostile import (
    ARRAYS,
    FOLDS,
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
from sklearn.exceptions import NotFittedError

from skfi import (
    ComparisonDisplay,
    DeletionCurveDisplay,
    ImportanceComparison,
    ImportanceDisplay,
    ImportanceResult,
    LSTMClassifier,
    LSTMRegressor,
    OutputImportanceDisplay,
    SelectSequenceFeatures,
    SlidingWindow,
    TemporalImportanceDisplay,
    TextSequencer,
    TokenImportanceDisplay,
    from_keras,
    gradient_importance,
    make_windows,
    stack_sequences,
    unstack_sequences,
)
from skfi.datasets import make_sequence_classification
from skfi.metrics import relevance_score, step_scorer
from skfi.recurrent import _targets
from tests.conftest import linear_network

MODEL = from_keras(linear_network(np.ones((4, 3, 1))))
RESULT = gradient_importance(MODEL, X, n_steps=2)
SEQUENCER = TextSequencer(min_count=1).fit(["a b"])
WINDOWS = SlidingWindow(2).fit(X[:, 0])
RELEVANT = np.eye(4, 3)
FRAME = pd.DataFrame(X[:, 0], columns=list("abc")).assign(id=[1] * 10 + [2] * 10, y=Y)


@pytest.fixture(autouse=True)
def _no_training(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("training began")

    monkeypatch.setattr(keras.Model, "fit", refuse)
    for targets in (_targets.Targets, _targets.StepTargets):
        monkeypatch.setattr(targets, "fit_wrapper", staticmethod(refuse))


def regressor(X=X, y=Y, sample_weight=None, validation_data=None, **params):
    model = LSTMRegressor(**{"units": 2, "epochs": 1} | params)
    model.fit(X, y, sample_weight, validation_data=validation_data)


def classifier(X=X, y=LABELS, sample_weight=None, **params):
    LSTMClassifier(**{"units": 2, "epochs": 1} | params).fit(X, y, sample_weight)


def embedded(embedding):
    LSTMClassifier(2, embedding=embedding).fit(np.ones((20, 4), dtype=int), LABELS)


def validation(validation):
    regressor(early_stopping=True, validation=validation)


def predict(X):
    MODEL.predict(X)


def score(X=X, y=Y, sample_weight=None):
    MODEL.score(X, y, sample_weight)


def keras_model(model=MODEL.model_, **params):
    from_keras(model, **params)


def result(**params):
    given = {"importances": np.ones((2, 2)), "feature_names": ["a", "b"], "method": "lofo"}
    ImportanceResult.from_values(**given | params)


def frame_of(**params):
    RESULT.to_frame(**params)


def sample(number):
    RESULT.sample(number)


def of_input(name):
    RESULT.of_input(name)


def comparison(results):
    ImportanceComparison.from_results(results)


def bars(**params):
    ImportanceDisplay.from_result(RESULT).plot(**params)


def heat_map(**params):
    TemporalImportanceDisplay.from_result(RESULT).plot(**params)


def shown(display):
    def draw(result):
        display(result)

    return draw


def windows(X=X[:, 0], **params):
    SlidingWindow(**{"window": 2} | params).fit_transform(X)


def column_names(input_features):
    WINDOWS.get_feature_names_out(input_features)


def selected(X=X, **params):
    SelectSequenceFeatures(MODEL, **params).fit(X, Y)


def table_windows(**params):
    make_windows(**{"frame": FRAME, "target": "y", "window": 2, "horizon": 1} | params)


def stacked(**params):
    stack_sequences(**{"data": FRAME, "by": "id"} | params)


def unstacked(X=X, **params):
    unstack_sequences(X, **params)


def texts(X=("a b", "b a"), **params):
    TextSequencer(**{"min_count": 1} | params).fit(X)


def words(X):
    SEQUENCER.inverse_transform(X)


def relevance(relevance=RELEVANT, importances=X, **params):
    relevance_score(relevance, importances, **params)


def scorer_of_steps(scoring):
    step_scorer(scoring)


def generated(**params):
    make_sequence_classification(**params)


DISPLAYS = (ImportanceDisplay, OutputImportanceDisplay, TokenImportanceDisplay)
CALLS = {
    **{display.__name__: shown(display) for display in DISPLAYS},
    "ComparisonDisplay": lambda comparison: ComparisonDisplay(comparison),
    "DeletionCurveDisplay": lambda report: DeletionCurveDisplay(report),
    **{
        function.__name__: function
        for function in (
            *(regressor, classifier, embedded, validation, predict, score, keras_model, result),
            *(frame_of, sample, of_input, comparison, bars, heat_map, windows, column_names),
            *(selected, table_windows, stacked, unstacked, texts, words, relevance),
            *(scorer_of_steps, generated),
        )
    },
}
OPTIONAL_INT = [name for name in NO_INT if name != "None"]
NO_LAYERS = [name for name in OPTIONAL_INT if name not in ("huge", "array")]
NO_PLACE = [name for name in OPTIONAL_INT if name not in ("zero", "negative")]
INTS = ("batch_size", "epochs", "n_iter_no_change")
BOOLS = ("bidirectional", "early_stopping", "warm_start", "return_sequences")
TABLE = [
    *(case for name in INTS for case in cases("regressor", name, VALUES, NO_INT)),
    *(case for name in BOOLS for case in cases("classifier", name, VALUES, NO_BOOL)),
    *(
        case
        for call in ("regressor", "classifier", "predict", "score", "windows", "unstacked")
        for case in cases(call, "X", VALUES, NO_ARRAY)
    ),
    *(
        case
        for call in ("regressor", "classifier", "predict", "score")
        for case in cases(call, "X", ARRAYS)
    ),
    *(case for call in ("regressor", "score") for case in cases(call, "y", TARGETS)),
    *(
        case
        for call in ("regressor", "classifier", "score")
        for case in (
            *cases(call, "y", VALUES, NO_ARRAY),
            *cases(call, "sample_weight", WEIGHTS),
            *cases(call, "sample_weight", VALUES, NO_ARRAY),
        )
    ),
    *cases("regressor", "units", VALUES, NO_LAYERS),
    *cases("regressor", "n_timesteps", VALUES, OPTIONAL_INT),
    *cases("regressor", "random_state", VALUES, NO_SEED),
    *cases("regressor", "validation_data", VALUES, [n for n in VALUES if n != "None"]),
    *cases("regressor", "network", VALUES, NO_STR[1:]),
    *cases("regressor", "loss", VALUES, NO_STR[1:]),
    *cases("regressor", "importance", VALUES, NO_STR[1:]),
    *cases("embedded", "embedding", VALUES, [n for n in VALUES if n not in ("None", "texts")]),
    *cases("validation", "validation", FOLDS, ["True", "one", "str", "object", "none"]),
    *cases("keras_model", "model", VALUES),
    *cases("keras_model", "n_timesteps", VALUES, OPTIONAL_INT),
    *cases("result", "importances", VALUES),
    *cases("result", "feature_names", VALUES, ["None", *NO_NAMES]),
    *cases("result", "weights", VALUES, NO_ARRAY),
    *cases("result", "by", VALUES),
    *cases("frame_of", "sort", VALUES, NO_BOOL),
    *cases("sample", "number", VALUES, ["None", *NO_PLACE]),
    *cases("of_input", "name", VALUES),
    *cases("comparison", "results", VALUES),
    *cases("bars", "ax", VALUES, NO_STR[1:]),
    *cases("bars", "max_features", VALUES, OPTIONAL_INT),
    *cases("bars", "kind", VALUES),
    *cases(
        "heat_map", "samples", VALUES, [n for n in OPTIONAL_INT if n not in ("zero", "negative")]
    ),
    *cases("heat_map", "weigh_steps", VALUES, NO_BOOL),
    *(case for display in DISPLAYS for case in cases(display.__name__, "result", VALUES)),
    *cases("ComparisonDisplay", "comparison", VALUES),
    *cases("DeletionCurveDisplay", "report", VALUES),
    *cases("windows", "window", VALUES, NO_INT),
    *cases("column_names", "input_features", VALUES, [n for n in VALUES if n != "None"]),
    *cases("selected", "threshold", VALUES, ["dict", "set", "object", "True", "NaN"]),
    *cases("selected", "max_features", VALUES, [n for n in OPTIONAL_INT if n != "zero"][:-2]),
    *cases("table_windows", "frame", VALUES),
    *cases("table_windows", "window", VALUES, NO_INT),
    *cases("table_windows", "horizon", VALUES, [n for n in NO_INT if n not in ("zero", "huge")]),
    *cases("table_windows", "features", VALUES, NO_NAMES),
    *cases("stacked", "data", VALUES),
    *cases("stacked", "features", VALUES, NO_NAMES),
    *cases(
        "stacked", "mask_value", VALUES, [n for n in NO_INT if n in NO_BOOL and n != "float"][:14]
    ),
    *cases("unstacked", "feature_names", VALUES, NO_NAMES),
    *cases("unstacked", "index", VALUES, NO_NAMES),
    *cases("texts", "min_count", VALUES, NO_INT),
    *cases("texts", "token_pattern", VALUES, NO_STR),
    *cases("texts", "vocabulary", VALUES, ["True", "float", "object", "function", "class", "set"]),
    *cases("words", "X", VALUES),
    *cases("relevance", "relevance", VALUES),
    *cases("relevance", "importances", VALUES),
    *cases("relevance", "metric", VALUES),
    *cases("scorer_of_steps", "scoring", SCORERS),
    *cases("generated", "n_samples", VALUES, [n for n in NO_INT if n != "huge"]),
    *cases("generated", "noise", VALUES, ["None", "str", "True", "NaN", "infinity", "negative"]),
]


@pytest.mark.parametrize(
    ("call", "parameter", "value"),
    [pytest.param(*case[:3], id=case[3]) for case in TABLE],
)
def test_classes(call, parameter, value):
    check_refused(CALLS[call], parameter, value())
    plt.close("all")


@pytest.mark.parametrize("method", ["predict", "score", "to_sequences"])
def test_unfitted(method):
    with pytest.raises(NotFittedError, match="LSTMRegressor instance is not fitted"):
        getattr(LSTMRegressor(), method)(*[X, Y][: 2 if method == "score" else 1])
