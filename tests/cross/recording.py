"""What every public function gives on small data: each method, kind of input, unit and error.

Before code is moved, and after it, for behaviour that must not change:

    PYTHONHASHSEED=0 python tests/cross/recording.py before.json
    PYTHONHASHSEED=0 python tests/cross/recording.py before.json    # says what differs by now

It takes some minutes, and numbers are compared to the last bit: both on the same machine.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skfi import (
    GradientTransformer,
    LSTMClassifier,
    LSTMRegressor,
    SelectSequenceFeatures,
    SlidingWindow,
    TextSequencer,
    check_importances,
    compare_importances,
    correlation_groups,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)

N, T, F = 24, 4, 3
TEXTS = ["a good film", "a bad film", "not good", "not bad at all", "good good", "bad"] * 4
random = np.random.default_rng(0)
X = random.normal(size=(N, T, F)).astype("float32")
Y = (X[:, -1] @ [2, -1, 0]).astype("float64")
LABELS = np.array(["low", "middle", "high"])[np.digitize(Y, [-1, 1])]
TWO = np.array(["no", "yes"])[(Y > 0).astype(int)]
STEPS = np.cumsum(X[:, :, 0], axis=1)
PADDED = X.copy()
for _row, _length in enumerate(random.integers(1, T + 1, size=N)):
    PADDED[_row, _length:] = np.nan
TABLE = pd.DataFrame(X[:, -1], columns=["rain", "tmin", "tmax"])
MIXED = TABLE.assign(kind=np.array(["dry", "wet"])[random.integers(0, 2, size=N)])
FLAT = pd.DataFrame(X.reshape(N, -1), columns=[f"{f}{t}" for t in range(T) for f in "abc"])
IDS = np.where(np.arange(5) < random.integers(1, 6, size=(N, 1)), random.integers(2, 8, (N, 5)), 0)
WEIGHT = random.integers(1, 4, size=N).astype(float)
SMALL: dict[str, Any] = {"epochs": 2, "random_state": 0, "importance": None}
FEW = {"n_repeats": 2, "random_state": 0}


def _network(n_outputs: int = 1, activation: str = "linear") -> keras.Model:
    layers = [keras.layers.LSTM(2), keras.layers.Dense(n_outputs, activation=activation)]
    model = keras.Sequential([keras.Input((T, F)), *layers])
    draw = np.random.default_rng(1)
    model.set_weights([draw.normal(size=w.shape) for w in model.get_weights()])
    model.compile(loss="mean_squared_error")
    return model


def estimators() -> dict[str, tuple[Any, Any, Any]]:
    """Fitted ones of each kind, with samples and targets."""
    linear = keras.Sequential([keras.Input((T, F)), keras.layers.Flatten(), keras.layers.Dense(1)])
    linear.set_weights([np.arange(T * F, dtype=float)[:, None], np.zeros(1)])
    linear.compile(loss="mean_squared_error")
    regressor = LSTMRegressor(2, **SMALL)
    columns = make_pipeline(
        ColumnTransformer(
            [("kind", OneHotEncoder(sparse_output=False), ["kind"])], remainder="passthrough"
        ),
        regressor,
    )
    found: dict[str, tuple[Any, Any, Any]] = {
        "linear": (LinearRegression(), TABLE, Y),
        "logistic": (LogisticRegression(), TABLE.to_numpy(), LABELS),
        "regressor": (regressor, X, Y),
        "classifier": (LSTMClassifier(2, **SMALL), X, LABELS),
        "two classes": (LSTMClassifier(2, **SMALL), X, TWO),
        "several outputs": (regressor, X, np.column_stack([Y, -Y + X[:, 0, 1]])),
        "folded": (LSTMRegressor(2, n_timesteps=T, **SMALL), FLAT, Y),
        "padded": (LSTMRegressor(2, mask_value=np.nan, **SMALL), PADDED, Y),
        "folded and padded": (
            LSTMRegressor(2, n_timesteps=T, mask_value=np.nan, **SMALL),
            PADDED.reshape(N, -1),
            Y,
        ),
        "every step": (LSTMRegressor(2, return_sequences=True, **SMALL), X, STEPS),
        "every step, padded": (
            LSTMRegressor(2, return_sequences=True, mask_value=np.nan, **SMALL),
            PADDED,
            STEPS,
        ),
        "scaled": (make_pipeline(StandardScaler(), LSTMRegressor(2, **SMALL)), TABLE, Y),
        "encoded": (columns, MIXED, Y),
        "windows": (make_pipeline(SlidingWindow(3), LSTMRegressor(2, **SMALL)), TABLE, Y),
        "search": (GridSearchCV(regressor, {"units": [2]}, cv=2), X, Y),
        "token ids": (LSTMClassifier(2, embedding_dim=2, n_tokens=8, **SMALL), IDS, TWO),
        "texts": (
            make_pipeline(TextSequencer(), LSTMClassifier(2, embedding_dim=2, **SMALL)),
            TEXTS,
            np.array(["bad" not in text for text in TEXTS]).astype(int),
        ),
    }
    fitted = {name: (clone(model).fit(A, b), A, b) for name, (model, A, b) in found.items()}
    fitted["keras"] = (linear, X, Y)
    fitted["keras lstm"] = (_network(), X, Y)
    fitted["keras classes"] = (_network(3, "softmax"), X, np.digitize(Y, [-1, 1]))
    fitted["from_keras"] = (from_keras(linear), X, Y)
    fitted["frozen"] = (FrozenEstimator(fitted["regressor"][0]), X, Y)
    fitted["frozen pipeline"] = (
        make_pipeline(FrozenEstimator(make_pipeline(fitted["regressor"][0]))),
        X,
        Y,
    )
    return fitted


def worst_error(model: Any, A: Any, b: Any) -> float:
    return -float(np.abs(b - model.predict(A)).max())


def not_a_number(model: Any, A: Any, b: Any) -> float:
    return np.nan


def in_words(model: Any, A: Any, b: Any) -> str:
    return "good"


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype} {value.shape}"
    return getattr(value, "__name__", None) or f"{value!r:.80}"


def cases() -> dict[str, Callable[[], Any]]:
    """Calls by what they show."""
    fitted = estimators()
    found: dict[str, Callable[[], Any]] = {}

    def add(function: Callable, name: str, *args: Any, **params: Any) -> None:
        label = ", ".join(f"{k}={_text(value)}" for k, value in params.items() if k not in FEW)
        key = f"{function.__name__} of {name}: {label}"
        assert key not in found, key
        found[key] = lambda: function(*args, **params)

    words = {"film": ["film"], "judgement": ["good", "bad"]}
    for name, (model, A, b) in fitted.items():
        is_text, is_ids = name == "texts", name == "token ids"
        if name not in ("linear", "logistic"):
            add(gradient_importance, name, model, A)
        if name not in ("linear", "logistic", "search"):
            add(gradient_importance, name, model, A, method="saliency", by="timestep")
        add(permutation_importance, name, model, A, b, **FEW)
        add(permutation_importance, name, model, A, b, sample_weight=WEIGHT, **FEW)
        params: dict[str, Any] = {"cv": 2, "random_state": 0}
        if name.startswith("keras"):
            params["fit_params"] = {"epochs": 1}
        if is_text or is_ids:
            params["feature_groups"] = words if is_text else {"two": [2], "others": [3, 4]}
        add(lofo_importance, name, model, A, b, **params)
        if name in ("linear", "regressor", "folded", "padded", "folded and padded", "encoded"):
            weight = None if name == "encoded" else WEIGHT
            params |= {"leave_out": "constant", "sample_weight": weight}
            add(lofo_importance, name, model, A, b, **params)
    _of_gradients(add, fitted)
    _of_permutation(add, fitted)
    _of_lofo(add, fitted)
    _of_the_rest(add, found, fitted)
    return found


def _of_gradients(add: Callable, fitted: Any) -> None:
    regressor, A, _ = fitted["regressor"]
    for method in ("input_x_gradient", "smoothgrad", "expected_gradients"):
        for name in ("regressor", "padded", "classifier", "token ids"):
            model, B, _ = fitted[name]
            params = {"n_steps": 5, "random_state": 0}
            add(gradient_importance, name, model, B, method=method, **params)
    for method in ("saliency", "integrated_gradients", "expected_gradients"):
        params = {"temporal_rescaling": True, "n_steps": 5, "random_state": 0}
        add(gradient_importance, "padded", *fitted["padded"][:2], method=method, **params)
    for params in (
        {"by": "cell"},
        {"feature_groups": {"both": ["x0", 2]}, "feature_names": ["x0", "b", "c"]},
        {"feature_groups": "auto"},
        {"baseline": 1.0},
        {"max_samples": 5, "random_state": 0},
        {"sample_weight": WEIGHT, "aggregate": "mean"},
        {"method": "saliency", "scale": None},
    ):
        add(gradient_importance, "regressor", regressor, A, **params)
    several, every = fitted["several outputs"][:2], fitted["every step, padded"][:2]
    add(gradient_importance, "several outputs", *several, target=1)
    add(gradient_importance, "several outputs", *several, max_outputs=1, random_state=0)
    for step in (-1, 0, "all"):
        add(gradient_importance, "every step, padded", *every, output_step=step)
    add(gradient_importance, "classifier", *fitted["classifier"][:2], target="high")
    texts = fitted["texts"][:2]
    add(gradient_importance, "texts", *texts, feature_groups={"judgement": ["good", "bad"]})
    add(gradient_importance, "texts", *texts, min_count=5, baseline="film")


def _of_permutation(add: Callable, fitted: Any) -> None:
    for name, more in (
        ("regressor", {"by": "timestep"}),
        ("regressor", {"by": "cell"}),
        ("regressor", {"shuffle": "values"}),
        ("regressor", {"conditional": True}),
        ("regressor", {"feature_groups": {"both": [0, 1]}}),
        ("regressor", {"max_samples": 0.5}),
        ("regressor", {"scoring": "neg_mean_squared_error"}),
        ("regressor", {"scoring": ["r2", "neg_median_absolute_error"]}),
        ("regressor", {"scoring": worst_error}),
        ("regressor", {"sample_groups": 2}),
        ("regressor", {"n_jobs": 2}),
        ("several outputs", {"scoring": "neg_root_mean_squared_error"}),
        ("classifier", {"scoring": "neg_log_loss"}),
        ("classifier", {"scoring": "f1_macro"}),
        ("two classes", {"scoring": "roc_auc"}),
        ("two classes", {"scoring": "neg_brier_score"}),
        ("every step, padded", {"scoring": ["r2", "neg_max_error"]}),
        ("padded", {"shuffle": "values"}),
        ("padded", {"by": "timestep"}),
        ("folded", {"by": "timestep", "conditional": True}),
        ("linear", {"conditional": True}),
        ("windows", {"sample_groups": 4}),
        ("texts", {"max_features": 3}),
        ("texts", {"by": "timestep"}),
        ("token ids", {"feature_groups": {"some": [2, 3]}}),
    ):
        add(permutation_importance, name, *fitted[name], **FEW, **more)


def _of_lofo(add: Callable, fitted: Any) -> None:
    for name, more in (
        ("regressor", {"by": "timestep"}),
        ("regressor", {"by": "timestep", "leave_out": "constant"}),
        ("regressor", {"by": "cell", "feature_groups": {"some": range(10)}}),
        ("regressor", {"refit": "warm", "refit_epochs": 1}),
        ("regressor", {"refit": "warm", "leave_out": "constant"}),
        ("regressor", {"n_jobs": 2}),
        ("regressor", {"feature_groups": {"both": ["x0", "x1"]}}),
        ("folded", {"by": "timestep"}),
        ("folded", {"feature_groups": {f: [f"{f}{t}" for t in range(T)] for f in "abc"}}),
        ("scaled", {"refit": "warm"}),
        ("token ids", {"by": "timestep"}),
        ("classifier", {"scoring": "neg_log_loss", "cv": KFold(2, shuffle=True, random_state=0)}),
    ):
        add(lofo_importance, name, *fitted[name], **{"cv": 2, "random_state": 0} | more)


def _of_the_rest(add: Callable, found: dict[str, Callable], fitted: Any) -> None:
    lofo = {"cv": 3, "random_state": 0}
    for name in ("regressor", "encoded", "texts"):
        groups = {"feature_groups": {"good": ["good"], "bad": ["bad"]}} if name == "texts" else {}
        add(compare_importances, name, *fitted[name], **lofo, **groups)
    for name in ("regressor", "padded", "linear"):
        model, A, b = fitted[name]
        if name != "linear":
            result = gradient_importance(model, A)
            add(check_importances, name, model, A, b, result, n_random=3, random_state=0)
        result = permutation_importance(model, A, b, **FEW)
        add(
            check_importances,
            f"{name}, permutation",
            model,
            A,
            b,
            result,
            n_random=3,
            random_state=0,
        )
    add(correlation_groups, "correlated", np.column_stack([X[:, 0], X[:, 0] + 0.1 * X[:, 1]]))
    for importance in ("gradient", "permutation", "lofo", lambda model, A, b: np.arange(F)):
        model = LSTMRegressor(2, **SMALL | {"importance": importance})
        found[f"fit, importance={importance!r:.20}"] = lambda m=model: m.fit(X, Y).importances_
    tokens = LSTMClassifier(2, embedding_dim=2, n_tokens=8, **SMALL | {"importance": "gradient"})
    found["fit of token ids"] = lambda: tokens.fit(IDS, TWO).importances_
    named = LSTMRegressor(2, n_timesteps=T, **SMALL | {"importance": "permutation"})
    found["fit of named columns"] = lambda: named.fit(FLAT, Y).importances_
    for name in ("regressor", "padded", "several outputs", "every step, padded", "classifier"):
        model, A, b = fitted[name]
        found[f"fit of {name} with weights"] = lambda m=model, A=A, b=b: (
            clone(m).set_params(early_stopping=True).fit(A, b, WEIGHT).predict(A)
        )
    frozen = FrozenEstimator(fitted["regressor"][0])
    found["GradientTransformer"] = lambda: GradientTransformer(frozen).fit(X, Y).transform(X)
    by_step = GradientTransformer(frozen, method="saliency", by="timestep", aggregate="mean_abs")
    found["GradientTransformer by step"] = lambda: by_step.fit(X, Y).transform(X)
    select = SelectSequenceFeatures(LSTMRegressor(2, **SMALL | {"importance": "gradient"}))
    found["SelectSequenceFeatures"] = lambda: select.fit(X, Y).get_support()
    _of_errors(add, fitted)


def _of_errors(add: Callable, fitted: Any) -> None:
    model, A, b = fitted["regressor"]
    texts, ids = fitted["texts"], fitted["token ids"]
    for params in (
        {"by": "row"},
        {"target": 3},
        {"baseline": np.zeros((7, 7))},
        {"baseline": np.nan},
        {"method": "saliency", "baseline": 0.0},
        {"feature_names": ["a"]},
        {"feature_groups": {"g": ["x9"]}},
        {"feature_groups": {"g": []}},
        {"feature_groups": "some"},
        {"output_step": 1},
        {"n_steps": 0},
        {"sample_weight": (-WEIGHT).tolist()},
    ):
        add(gradient_importance, "regressor", model, A, **params)
    add(gradient_importance, "linear", *fitted["linear"][:2])
    add(gradient_importance, "a wrong shape", model, A[:, :, :2])
    add(gradient_importance, "unfitted", LSTMRegressor(), A)
    add(gradient_importance, "classifier", *fitted["classifier"][:2], target="unknown")
    add(gradient_importance, "token ids", *ids[:2], by="cell")
    add(gradient_importance, "token ids", *ids[:2], temporal_rescaling=True)
    add(gradient_importance, "texts", *texts[:2], baseline="unknown word")
    add(gradient_importance, "every step", *fitted["every step"][:2], output_step=9)
    for params in (
        {"scoring": "unknown"},
        {"max_samples": 1},
        {"sample_weight": (-WEIGHT).tolist()},
        {"sample_groups": np.zeros(N)},
        {"sample_groups": [1, 2]},
        {"scoring": not_a_number},
        {"scoring": in_words},
        {"by": "cell", "feature_groups": "auto"},
    ):
        add(permutation_importance, "regressor", model, A, b, **params)
    add(permutation_importance, "no estimator", None, A, b)
    add(permutation_importance, "a class", LSTMRegressor, A, b)
    add(permutation_importance, "unfitted", LSTMRegressor(), A, b)
    add(permutation_importance, "short y", model, A, b[:5])
    add(permutation_importance, "padded", *fitted["padded"], conditional=True)
    add(permutation_importance, "texts", *texts, conditional=True)
    add(permutation_importance, "texts", *texts, feature_groups={"g": ["unknown"]})
    add(permutation_importance, "texts without a sequencer", model, TEXTS, b)
    add(permutation_importance, "windows", *fitted["windows"], max_samples=0.5)
    add(permutation_importance, "wrong classes", *fitted["keras classes"][:2], LABELS)
    for params in (
        {"by": "cell", "leave_out": "remove"},
        {"cv": []},
        {"cv": [([0, 1], [1, 2])]},
        {"cv": 1},
        {"scoring": ["r2"]},
        {"feature_groups": {"all": [0, 1, 2]}},
        {"leave_out": "somehow"},
        {"scoring": not_a_number},
    ):
        add(lofo_importance, "regressor", model, A, b, **params)
    add(lofo_importance, "linear", *fitted["linear"], refit="warm")
    add(lofo_importance, "texts", *texts)
    add(lofo_importance, "texts", *texts, by="timestep")
    add(lofo_importance, "texts", *texts, refit="warm", feature_groups={"g": ["good"]})
    add(lofo_importance, "token ids", *ids, feature_groups={"g": [1]})
    add(lofo_importance, "folded", *fitted["folded"], leave_out="remove")
    add(lofo_importance, "padded", *fitted["padded"], by="timestep", leave_out="remove")
    add(lofo_importance, "keras", *fitted["keras"])
    add(lofo_importance, "no targets", model, A, None)
    add(lofo_importance, "NaN", model, np.where(A > 1, np.nan, A), b)
    add(lofo_importance, "infinity", model, np.where(A > 1, np.inf, A), b)
    add(compare_importances, "regressor", model, A, b, methods=["lofo"])
    add(compare_importances, "regressor", model, A, b, methods=["lofo", "shap"])
    result = gradient_importance(model, A)
    add(check_importances, "no result", model, A, b, None)
    add(check_importances, "regressor", model, A, b, result, gradient_params={"by": "cell"})
    add(check_importances, "texts", *texts, result)
    for params in (
        {"units": ()},
        {"network_params": {"n": 1}},
        {"callbacks": [1]},
        {"loss": "unknown"},
        {"loss": "categorical_crossentropy"},
        {"optimizer": "unknown"},
        {"importance": "gradient", "importance_params": {"by": "cell"}},
        {"importance": "gradient", "importance_params": {"target": 7}},
        {"importance": "permutation", "importance_params": {"scoring": "unknown"}},
        {"importance": "lofo", "importance_params": {"cv": 1}},
        {"importance": None, "importance_params": {"cv": 2}},
        {"n_timesteps": 3},
        {"return_sequences": True},
        {"embedding_dim": 2},
    ):
        add(LSTMRegressor(2, epochs=1).set_params(**params).fit, f"{params!r:.80}", X, Y)


def recorded(call: Callable[[], Any]) -> Any:
    """What a call gives, in numbers and texts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _plain(call())
        except Exception as error:
            return f"{type(error).__name__}: {error}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):  # a Bunch, too
        return {str(key): _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, pd.DataFrame):
        return _plain(value.to_dict("list"))
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Where two recordings differ; NaN is equal to NaN."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from differences(before.get(key), after.get(key), f"{place} {key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, pair in enumerate(zip(before, after, strict=True)):
            yield from differences(*pair, f"{place} {i}")
    elif before != after and not (before != before and after != after):
        yield f"{place}: {before!r:.300} is now {after!r:.300}"


def main(path: Path) -> None:
    recording = {name: recorded(call) for name, call in cases().items()}
    text = json.dumps(recording, indent=1)
    if not path.exists():
        path.write_text(text + "\n", encoding="utf-8")
        return
    found = list(differences(json.loads(path.read_text(encoding="utf-8")), json.loads(text)))
    sys.stdout.write("\n".join([*found, f"{len(found)} differences", ""]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
