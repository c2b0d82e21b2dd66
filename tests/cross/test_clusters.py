"""Every backend of joblib gives the numbers of one process, to the last bit."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score

from skfi import LSTMRegressor, lofo_importance, permutation_importance

SCRIPT = Path(__file__).with_name("on_cluster.py")


def needs(package):
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{package} is not installed")


@pytest.mark.parametrize(
    "backend",
    [
        "loky",
        "multiprocessing",
        pytest.param("dask", marks=[pytest.mark.cluster, needs("distributed")]),
        pytest.param("ray", marks=[pytest.mark.cluster, needs("ray")]),
    ],
)
def test_a_backend_gives_the_numbers_of_one_process(backend, tmp_path):
    environment = {"JOBLIB_START_METHOD": "forkserver", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", SCRIPT, backend, tmp_path / "memory"],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env=os.environ | environment,
    )
    assert done.stdout.endswith("the same\n"), done.stdout[-500:] + done.stderr[-3000:]


X = np.random.default_rng(0).normal(size=(40, 3, 2))
y = X[:, -1, 0]
network = LSTMRegressor(units=2, epochs=1, random_state=0, importance=None)

FORKED = {
    "lofo": lambda fitted: lofo_importance(network, X, y),
    "permutation": lambda fitted: permutation_importance(fitted, X, y),
    "cross_val_score": lambda fitted: cross_val_score(network, X, y, error_score="raise"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are not forked")
@pytest.mark.parametrize("name", list(FORKED))
def test_a_fork_of_a_process_that_has_computed_is_an_error_and_no_hang(name):
    fitted = LSTMRegressor(units=2, epochs=1, importance=None).fit(X, y)
    with (
        joblib.parallel_config("multiprocessing", n_jobs=2),
        pytest.raises(RuntimeError, match=r"forked from one that has computed .* 'loky'"),
    ):
        FORKED[name](fitted)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are not forked")
def test_a_fork_without_a_network_is_as_good_as_any():
    LSTMRegressor(units=2, epochs=1, importance=None).fit(X, y)
    with joblib.parallel_config("multiprocessing", n_jobs=2):
        result = lofo_importance(LinearRegression(), X[:, 0], y, cv=3, scoring="r2")
    assert np.isfinite(result.importances).all()
