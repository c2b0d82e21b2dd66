"""What skfi loads TensorFlow and Keras with: quietly, and only as they serve it."""

import os
import subprocess
import sys

import numpy as np
import pytest

from skfi import (
    ExplainedEstimator,
    LSTMRegressor,
    from_keras,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi._keras import _start

CHATTER = (
    "2026-01-02 03:04:05.678901: I tensorflow/core/util/port.cc:153] oneDNN custom operations are\n"
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1795886305.839768   29128 cudart_stub.cc:31] Could not find cuda drivers\n"
    "E0000 00:00:1795886300.495429   29111 cuda_dnn.cc:8310] Unable to register cuDNN factory: "
    "Attempting to register factory for plugin cuDNN when one has already been registered\n"
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow\n"
)
OTHERS = "E0000 00:00:1795886300.495429   29111 xla.cc:1] Something is wrong\na word of another\n"


def run(code, **environment):
    """Run Python without the variables that a person need not set."""
    unset = ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND", "KERAS_HOME")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [sys.executable, "-c", code], env=env | environment, capture_output=True, text=True
    )


def test_a_fit_says_nothing():
    code = (
        "import numpy as np, skfi; X = np.random.default_rng(0).normal(size=(40, 3, 2)); "
        "skfi.LSTMRegressor(2, epochs=1).fit(X, X[:, 0, 0])"
    )
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_only_chatter_is_held_back(capfd):
    with _start._quiet():
        os.write(2, (CHATTER + OTHERS).encode())
    os.write(2, b"after it\n")
    assert capfd.readouterr().err == OTHERS + "after it\n"


def test_all_is_said_when_an_import_fails(capfd):
    def load():
        with _start._quiet():
            os.write(2, CHATTER.encode())
            raise ImportError("libcuda.so.1 is missing")

    with pytest.raises(ImportError, match="libcuda"):
        load()
    assert capfd.readouterr().err == CHATTER


def test_without_standard_error_it_is_imported_all_the_same(monkeypatch):
    def dup(_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "dup", dup)
    with _start._quiet() as caught:
        assert caught is None


def test_another_backend_is_an_error_at_first_use(tmp_path):
    done = run("import skfi; skfi.LSTMRegressor", KERAS_BACKEND="jax")
    assert done.returncode == 1
    assert "ImportError: skfi computes with TensorFlow, but Keras is set to" in done.stderr
    assert "backend 'jax' (by the environment variable KERAS_BACKEND)" in done.stderr
    assert run("import skfi; skfi.datasets", KERAS_BACKEND="jax").returncode == 0  # needs none
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    done = run("import skfi.importance", KERAS_HOME=str(tmp_path))
    assert "the backend 'torch'" in done.stderr
    assert "KERAS_BACKEND=tensorflow" in done.stderr


class Legacy:
    """As a model of tf_keras looks from outside."""

    def fit(self, X, y):
        """As Keras does."""

    def predict(self, X):
        """As Keras does."""


Legacy.__module__ = "tf_keras.src.engine.functional"
Legacy.__qualname__ = "Functional"


class OwnLegacy(Legacy):
    """A subclass in a module of the user's."""


X, y = np.zeros((8, 3, 2)), np.arange(8.0)


@pytest.mark.parametrize("kind", [Legacy, OwnLegacy])
@pytest.mark.parametrize(
    "use",
    [
        lambda model: gradient_importance(model, X),
        lambda model: permutation_importance(model, X, y),
        lambda model: lofo_importance(model, X, y),
        lambda model: from_keras(model),
        lambda model: ExplainedEstimator(model, cv="prefit").fit(X, y),
        lambda model: LSTMRegressor(network=lambda shape, n_outputs: model).fit(X, y),
    ],
    ids=["gradient", "permutation", "lofo", "from_keras", "explained", "network"],
)
def test_a_network_of_keras_2_is_refused_in_words(kind, use):
    with pytest.raises(TypeError, match=r"of Keras 2 \(.*and skfi takes networks of Keras 3"):
        use(kind())
