"""Networks with the user's own layers and functions, in pickles and in Keras' files."""

import json
import os
import pickle
import subprocess
import sys
import zipfile

import joblib
import keras
import numpy as np
import pytest
from scikeras.wrappers import KerasRegressor

from skfi import LSTMRegressor, from_keras, gradient_importance, permutation_importance
from skfi.importance._inputs._adapters import as_estimator

X = np.random.default_rng(0).normal(size=(20, 4, 2))
y = X[:, 0, 0]


class Double(keras.layers.Layer):
    def call(self, x):
        return 2 * x


class Branch(keras.Model):
    def __init__(self, **params):
        super().__init__(**params)
        self.cell, self.head = keras.layers.LSTM(2), keras.layers.Dense(1)

    def call(self, x):
        return self.head(self.cell(x))


def twice(x):
    return 2 * x


def fourth_power(y_true, y_pred):
    return (y_true - y_pred) ** 4


def own_layer(input_shape, n_outputs):
    return of_middle(Double(), input_shape, n_outputs)


def own_function(input_shape, n_outputs):
    return of_middle(keras.layers.Activation(twice), input_shape, n_outputs)


def own_lambda(input_shape, n_outputs):
    return of_middle(keras.layers.Lambda(lambda x: 2 * x), input_shape, n_outputs)


def keras_only(input_shape, n_outputs):
    return of_middle(keras.layers.Dense(2), input_shape, n_outputs)


def nested(input_shape, n_outputs):
    inner = keras.Sequential([keras.layers.Input((2,)), Double()])
    return of_middle(inner, input_shape, n_outputs)


def subclass(input_shape, n_outputs):
    model = Branch()
    model(np.zeros((1, *input_shape)))
    return model


def of_middle(layer, input_shape, n_outputs):
    cell, head = keras.layers.LSTM(2), keras.layers.Dense(n_outputs)
    return keras.Sequential([keras.layers.Input(input_shape), cell, layer, head])


BUILDERS = [keras_only, own_layer, own_function, own_lambda, nested]


def fitted(builder, **params):
    params = {"epochs": 1, "importance": None, "random_state": 0} | params
    return LSTMRegressor(network=builder, **params).fit(X, y)


def compiled(builder, loss="mse"):
    model = builder(X.shape[1:], 1)
    model.compile("adam", loss)
    return model


ESTIMATORS = {
    **{f"estimator, {b.__name__}": lambda b=b: fitted(b) for b in BUILDERS},
    "estimator, own loss": lambda: fitted(keras_only, loss=fourth_power),
    **{f"from_keras, {b.__name__}": lambda b=b: from_keras(compiled(b)) for b in BUILDERS},
    "from_keras, subclass": lambda: from_keras(compiled(subclass)),
    "from_keras, own loss": lambda: from_keras(compiled(own_layer, loss=fourth_power)),
    "model, own_layer": lambda: as_estimator(compiled(own_layer)),
    "wrapper, own_layer": lambda: as_estimator(
        KerasRegressor(lambda: compiled(own_layer), epochs=1, verbose=0).fit(X, y)
    ),
}


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_an_estimator_is_read_as_it_was_dumped(name, tmp_path):
    estimator = ESTIMATORS[name]()
    if name.startswith("wrapper"):  # what builds it is no part of the question
        estimator.wrapper.model = None
    joblib.dump(estimator, tmp_path / "estimator.joblib")
    copy = joblib.load(tmp_path / "estimator.joblib")
    np.testing.assert_array_equal(copy.predict(X), estimator.predict(X))
    result = gradient_importance(copy, X)
    np.testing.assert_array_equal(result.importances, gradient_importance(estimator, X).importances)


def test_a_read_estimator_is_trained_on():
    estimator = fitted(own_layer, loss=fourth_power, warm_start=True)
    copy = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(copy.fit(X, y).predict(X), estimator.fit(X, y).predict(X))


def test_workers_get_networks_with_own_layers():
    model = compiled(own_layer)
    one, two = (permutation_importance(model, X, y, n_jobs=n, random_state=0) for n in (1, 2))
    np.testing.assert_array_equal(one.importances, two.importances)


def test_a_layer_that_cannot_be_found_again_is_said_when_it_is_dumped(tmp_path):
    class Local(keras.layers.Layer):
        def call(self, x):
            return x

    model = from_keras(compiled(lambda *shape: of_middle(Local(), *shape)))
    with pytest.raises(Exception, match=r"Can't pickle.*Local"):
        joblib.dump(model, tmp_path / "estimator.joblib")


def file_with_loss(path, module, function):
    """A file of a network whose loss is said to be a function of a module."""
    fitted(keras_only, loss=fourth_power).model_.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    loss = config["compile_config"]["loss"]["config"]
    loss |= {"module": module, "function": function, "registered": function}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in (parts | {"config.json": json.dumps(config)}).items():
            archive.writestr(name, part)
    return path


def test_keras_reads_a_file_with_an_own_loss_that_it_is_told(tmp_path):
    estimator = fitted(keras_only, loss=fourth_power)
    estimator.model_.save(tmp_path / "final.keras")
    with pytest.raises((ValueError, TypeError), match=r"custom_objects=\{'fourth_power'"):
        keras.saving.load_model(tmp_path / "final.keras")
    own = {"fourth_power": fourth_power}
    model = keras.saving.load_model(tmp_path / "final.keras", custom_objects=own)
    assert model.loss.function is fourth_power
    trusted = keras.saving.load_model(tmp_path / "final.keras", safe_mode=False)
    assert trusted.loss.function is fourth_power


@pytest.mark.parametrize("function", ["system", "popen", "remove"])
def test_a_file_runs_no_function_that_it_names(tmp_path, function):
    path = file_with_loss(tmp_path / "hostile.keras", "os", function)
    with pytest.raises((ValueError, TypeError), match=f"os.{function}, which is code"):
        keras.saving.load_model(path)


def test_a_file_imports_no_module_that_it_names(tmp_path):
    (tmp_path / "hostile.py").write_text("open('ran', 'w').close()\ndef loss(a, b): return a - b\n")
    path = file_with_loss(tmp_path / "hostile.keras", "hostile", "loss")
    code = "import keras, skfi.recurrent, sys; keras.saving.load_model(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "hostile.loss, which is code" in done.stderr
    assert not (tmp_path / "ran").exists()
