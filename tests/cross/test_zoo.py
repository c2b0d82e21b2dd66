"""Networks of every make: each method gives what a loop by hand gives."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.saving.serialization_lib import SafeModeScope
from zoo import ZOO, Animal, N

from skfi import gradient_importance, lofo_importance, permutation_importance
from skfi._keras import pool, trains_by_keras_alone
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._read import samples_of
from skfi.importance._lofo._input import check_y, lofo_input

CUSTOM_LAYERS = ("lambda_layer",)


@pytest.fixture(scope="module", params=list(ZOO))
def an(request, tmp_path_factory) -> Animal:
    """A network as it was read from a file, where it predicts as before."""
    keras.utils.set_random_seed(0)
    made = ZOO[request.param]()
    path = tmp_path_factory.mktemp("zoo") / "final.keras"
    made.model.save(path)
    trained, made.model = made.model, keras.saving.load_model(path, safe_mode=False)
    made.tolerance = max(made.tolerance, 1e-5)
    for before, after in zip(outputs(made, made.X, trained), outputs(made, made.X), strict=True):
        np.testing.assert_allclose(before, after, atol=1e-5)
    return made


def arrays(X: Any) -> dict[str | int, np.ndarray]:
    if isinstance(X, Mapping):
        return dict(X)
    return dict(enumerate(X)) if isinstance(X, tuple) else {0: X}


def like(X: Any, of_inputs: dict) -> Any:
    if isinstance(X, Mapping):
        return of_inputs
    return list(of_inputs.values()) if isinstance(X, tuple) else of_inputs[0]


def outputs(made: Animal, X: Any, model: Any = None) -> list[np.ndarray]:
    """The network's own outputs, without a state from one batch to the next."""
    model = model or made.model
    X = like(X, arrays(X))
    if made.kind != "stateful":
        return list(map(np.asarray, keras.tree.flatten(model.predict(X, verbose=0))))
    batches = []
    for start in range(0, N, 8):
        for layer in model.layers:
            if hasattr(layer, "reset_states") and getattr(layer, "stateful", False):
                layer.reset_states()
        batches.append(np.asarray(model(X[start : start + 8], training=False)))
    return [np.concatenate(batches)]


def predicted(made: Animal, X: Any) -> np.ndarray:
    """What an estimator of the network predicts, by hand."""
    of = [np.asarray(values, dtype=np.float64) for values in outputs(made, X)]
    if made.kind == "classes":
        return of[0].argmax(axis=1)
    if made.kind in ("labels", "label logits"):
        return of[0] > (0.5 if made.kind == "labels" else 0)
    if made.kind == "heads":
        return np.column_stack([of[0], of[1].argmax(axis=1)])
    row = of[0] if len(of) == 1 else np.concatenate(of, axis=1)
    return row[..., 0] if row.shape[-1] == 1 else row


def units(made: Animal) -> Iterator[tuple[str | int, Any]]:
    """Each feature: its input, and where it stands there."""
    for name, array in arrays(made.X).items():
        if name in made.ids:
            yield name, ...
        else:
            yield from ((name, np.s_[..., f]) for f in range(array.shape[-1]))


def test_permutation_is_a_loop_over_predict(an):
    y = predicted(an, an.X) + np.random.default_rng(5).normal(size=predicted(an, an.X).shape)

    def score(y_pred: np.ndarray) -> float:
        return -float(np.mean((np.asarray(y_pred, dtype=float) - y) ** 2))

    def scoring(estimator: Any, X: Any, y: Any) -> float:
        return score(np.asarray(estimator.predict(X)))

    random = np.random.RandomState(0)
    order = np.arange(N)
    np.random.RandomState(random.randint(np.iinfo(np.int32).max + 1)).shuffle(order)
    by_hand = []
    for name, at in units(an):
        shuffled = {key: array.copy() for key, array in arrays(an.X).items()}
        shuffled[name][at] = arrays(an.X)[name][order][at]
        by_hand.append(
            score(predicted(an, an.X)) - score(predicted(an, like_given(an.X, shuffled)))
        )
    target = labels(an, y)
    result = permutation_importance(
        an.model, an.X, target, scoring=scoring, n_repeats=1, random_state=0
    )
    np.testing.assert_allclose(
        np.sort(result.importances_mean), np.sort(by_hand), atol=20 * an.tolerance
    )
    assert np.abs(by_hand).max() > 0


def like_given(X: Any, of_inputs: dict) -> Any:
    return tuple(of_inputs.values()) if isinstance(X, tuple) else like(X, of_inputs)


def labels(made: Animal, y: np.ndarray) -> Any:
    """Targets that the network may have; the metric of the test does not look at them."""
    if made.kind == "classes":
        return np.arange(N) % 3
    if made.kind in ("labels", "label logits"):
        return np.ones((N, 3), dtype=int)
    if made.kind == "heads":
        return (y[:, 0], np.arange(N) % 3)
    return y


def test_gradient_is_that_of_a_tape(an):
    inputs = {key: tf.Variable(array) for key, array in arrays(an.X).items()}
    floats = [x for key, x in inputs.items() if x.dtype.is_floating and key not in an.ids]
    expected = []
    for start in range(0, N, 8):
        rows = {key: tf.convert_to_tensor(x[start : start + 8]) for key, x in inputs.items()}
        for layer in an.model.layers:
            if hasattr(layer, "reset_states") and getattr(layer, "stateful", False):
                layer.reset_states()
        with tf.GradientTape() as tape:
            for key in rows:
                if rows[key].dtype.is_floating:
                    tape.watch(rows[key])
            out = an.model(like(an.X, rows), training=False)
            chosen = an.output(out) if callable(an.output) else out[..., an.output]
            total = tf.reduce_sum(chosen)
        expected.append(tape.gradient(total, rows, unconnected_gradients="zero"))
    step = {"output_step": 1} if an.kind == "step 1" else {}
    result = gradient_importance(
        an.model, an.X, method="saliency", scale=None, target=an.target, **step
    )
    found = result.attributions
    found = found if isinstance(found, dict) else {0: found}
    if isinstance(an.X, tuple):  # by the names of the network
        found = dict(enumerate(found.values()))
    assert floats or an.ids
    for key in inputs:
        if key in an.ids:
            np.testing.assert_allclose(found[key], at_the_embedding(an, key), atol=1e-6)
            continue
        by_hand = np.concatenate([np.asarray(batch[key]) for batch in expected])
        largest = np.abs(by_hand).max()
        np.testing.assert_allclose(found[key], by_hand, atol=an.tolerance * max(largest, 1e-3))


def at_the_embedding(made: Animal, name: str) -> np.ndarray:
    """The gradient of the vector of each id, summed, in networks where a sample has an id once."""
    rows = []
    for i in range(N):
        sample = {key: array[i : i + 1] for key, array in arrays(made.X).items()}
        of_tables = [
            layer.embeddings.value
            for layer in made.model._flatten_layers()
            if isinstance(layer, keras.layers.Embedding)
        ]
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(made.model(like(made.X, sample), training=False))
        gradient = tf.convert_to_tensor(tape.gradient(total, of_tables)[0])
        rows.append(gradient.numpy().sum(axis=1)[sample[name].ravel().astype(int)])
    return np.array(rows).reshape(made.X[name].shape)


FOLD = [(np.arange(16), np.arange(16, N))]


def left_out(made: Animal) -> dict[str, list[str]] | None:
    """All features but the first as one, so that there are two units, and three fits."""
    names = [f"{name}__x{at[1]}" if at is not ... else name for name, at in units(made)]
    if len(arrays(made.X)) == 1:
        names = [name.split("__")[1] for name in names]
    elif isinstance(made.X, tuple):
        own = [tensor.name for tensor in made.model.inputs]
        names = [f"{own[int(name[0])]}{name[1:]}" for name in names]
    return {"first": names[:1], "others": names[1:]}


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_lofo_is_a_loop_by_hand(an, eager):
    if an.kind == "quantized":
        pytest.skip("Keras does not train what was quantized")
    y = labels(an, np.random.default_rng(3).normal(size=predicted(an, an.X).shape))
    if an.kind == "step 1" and y.ndim == 2 and an.model.output_shape[-1] > 1:
        y = y[..., None].repeat(2, axis=2)

    def scoring(estimator: Any, X: Any, y: Any) -> float:
        return -float(np.mean(np.asarray(estimator.predict(X), dtype=float) ** 2))

    settings = {"feature_groups": left_out(an), "cv": FOLD, "random_state": 0, "scoring": scoring}
    result = lofo_importance(
        an.model,
        an.X,
        y,
        leave_out="constant",
        fit_params={"epochs": 1, "batch_size": 8},
        **settings,
    )
    seed = np.random.RandomState(np.random.RandomState(0).randint(2**31 - 1)).randint(2**31 - 1)
    whole = by_hand(an, an.X, y, seed)
    assert result.baseline_scores == pytest.approx([whole], rel=1e-4)
    names = list(units(an))
    for group, own in (("first", names[:1]), ("others", names[1:])):
        held = {key: array.copy() for key, array in arrays(an.X).items()}
        for name, at in own:
            held[name][at] = constant(an, name, at)
        expected = whole - by_hand(an, like_given(an.X, held), y, seed)
        found = result.importances[list(result.feature_names).index(group), 0]
        assert found == pytest.approx(expected, abs=2e-5 * max(1, abs(whole)))


def test_shared_training_is_that_of_keras(an, monkeypatch):
    """Of networks that share what was traced; the others are trained by Keras in any case."""
    model = an.model
    if model.loss is None or not trains_by_keras_alone(model):
        pytest.skip("it is trained by Keras' own fit")
    shape = (N, *np.shape(predicted(an, an.X))[1:])
    y = labels(an, np.random.default_rng(3).normal(size=shape))
    weights = []
    for trains in (pool.trains, lambda *_: nullcontext()):
        monkeypatch.setattr(pool, "trains", trains)
        estimator = as_estimator(model).set_params(epochs=2, batch_size=7, random_state=3)
        weights.append(estimator.fit(an.X, y).model_.get_weights())
    for shared, of_keras in zip(*weights, strict=True):
        np.testing.assert_array_equal(shared, of_keras)


def constant(made: Animal, name: Any, at: Any) -> Any:
    """The mean of a feature over samples and time steps; of ids the most frequent."""
    array = arrays(made.X)[name]
    if name in made.ids:
        return np.bincount(array.ravel().astype(int)).argmax()
    places = array[at].reshape(N * array.shape[1] if array.ndim > 2 else N, -1)
    return places.astype(float).mean(axis=0).reshape(array[at].shape[2:])


def by_hand(made: Animal, X: Any, y: Any, seed: int) -> float:
    """The metric of a fresh network that Keras alone trains from a seed."""
    train, test = FOLD[0]
    model = made.model
    config = without_state(model) if made.kind == "stateful" else model.get_config()
    keras.utils.set_random_seed(int(seed))
    with SafeModeScope(safe_mode=False):  # of a lambda
        fresh = type(model).from_config(config)
    fresh(like(X, {key: array[:2] for key, array in arrays(X).items()}))
    for old, new in zip(model._flatten_layers(), fresh._flatten_layers(), strict=True):
        if isinstance(old, keras.layers.Normalization):
            new.set_weights(old.get_weights())
            new.finalize_state()
    optimizer = keras.optimizers.Adam.from_config(model.optimizer.get_config())
    weights = [1.0, 0.3] if made.kind == "heads" else None
    fresh.compile(optimizer, model.loss, loss_weights=weights)
    rows = like(X, {key: array[train] for key, array in arrays(X).items()})
    fresh.fit(rows, encoded(made, y, train), epochs=1, batch_size=8, verbose=0)
    kind = "values" if made.kind == "stateful" else made.kind
    predictions = predicted(replace(made, model=fresh, kind=kind), X)[test]
    return -float(np.mean(np.asarray(predictions, dtype=float) ** 2))


def without_state(model: keras.Model) -> dict[str, Any]:
    config = model.get_config()
    for layer in config["layers"]:
        layer.pop("build_config", None)
        if "stateful" in layer["config"]:
            layer["config"]["stateful"] = False
        if "batch_shape" in layer["config"]:
            layer["config"]["batch_shape"] = (None, *layer["config"]["batch_shape"][1:])
    return type(model).from_config(config).get_config()


def encoded(made: Animal, y: Any, rows: np.ndarray) -> Any:
    if made.kind == "classes":
        return np.eye(3)[y[rows]]
    if made.kind == "heads":
        return [part[rows] for part in y]
    if isinstance(made.target, tuple):  # of named heads
        return {"flow": y[rows, :2], "level": y[rows, 2:]}
    return y[rows]


REMOVED = {  # the networks from which a feature can be removed for sure
    *("lstm", "horizons", "quantiles", "several_labels", "several_labels_of_logits", "classes"),
    *("encoder_decoder", "decoder_with_attention", "two_outputs_at_every_step", "stateful"),
    *("fixed_batch", "started_by_data", "masking_at_both_ends", "plain_rows"),
    *("time_distributed_first", "network_in_a_network", "bfloat16", "float16", "float64"),
    *("heads_of_values_and_classes", "quantized"),
}


def test_lofo_removes_a_feature_where_that_is_sure(an, request):
    y = labels(an, np.zeros(predicted(an, an.X).shape))
    if an.kind == "step 1" and y.ndim == 2 and an.model.output_shape[-1] > 1:
        y = y[..., None].repeat(2, axis=2)
    estimator = as_estimator(an.model)
    settings = {"leave_out": "auto", "by": "feature", "groups": left_out(an), "names": None}
    X, y = samples_of(estimator, an.X), check_y(estimator, y)
    given = lofo_input(estimator, X, y, None, unknown_id=1, **settings)  # before any training
    removes = request.node.callspec.params["an"] in REMOVED
    assert given.data.leave_out == ("remove" if removes else "constant")
