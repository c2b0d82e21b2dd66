"""Run by test_clusters.py: what a backend of joblib computes, next to what one process does."""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsRegressor

from skfi import LSTMRegressor, lofo_importance, permutation_importance

X = np.random.default_rng(0).normal(size=(60, 4, 3))
y = X[:, :, 0].sum(axis=1)
network = LSTMRegressor(units=2, epochs=1, random_state=0, importance=None)


class Killed(KNeighborsRegressor):
    """Kills the process that it is fitted in, once."""

    def __init__(self, flag=None):
        super().__init__()
        self.flag = flag

    def fit(self, X, y):
        if self.flag is not None and not Path(self.flag).exists():
            Path(self.flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X, y)


def n_threads(_):
    import tensorflow as tf

    from skfi._keras import keep_to_own_threads

    keep_to_own_threads()
    return tf.config.threading.get_intra_op_parallelism_threads()


def results(fitted, n_jobs):
    search = GridSearchCV(network, {"units": [2, 3]}, cv=2, n_jobs=n_jobs, error_score="raise")
    return {
        "lofo": lofo_importance(
            network, X, y, cv=3, n_jobs=n_jobs, refit="warm", refit_epochs=1
        ).importances,
        "permutation": permutation_importance(
            fitted, X, y, n_jobs=n_jobs, random_state=0
        ).importances,
        "cross_val_score": cross_val_score(network, X, y, cv=3, n_jobs=n_jobs),
        "GridSearchCV": search.fit(X, y).cv_results_["mean_test_score"],
    }


def started(backend, stack):
    """Start a cluster of two workers; joblib's configuration of it."""
    if backend == "dask":
        from dask.distributed import Client, LocalCluster

        cluster = stack.enter_context(
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        )
        stack.enter_context(Client(cluster))
    elif backend == "ray":
        import ray
        from ray.util.joblib import register_ray

        ray.init(num_cpus=2, include_dashboard=False, logging_level="error")
        stack.callback(ray.shutdown)
        register_ray()
    stack.enter_context(joblib.parallel_config(backend, n_jobs=2))


def killed(folder):
    """LOFO in which a worker dies: Dask tries again, of Ray the same call goes on."""
    data = X[:, 0], y
    expected = lofo_importance(Killed(), *data, cv=3, n_jobs=1).importances
    params = {"cv": 3, "memory": folder, "n_jobs": 2}
    estimator = Killed(f"{folder}.flag")
    try:
        result = lofo_importance(estimator, *data, **params)
    except Exception as error:
        sys.stdout.write(f"stopped by {type(error).__name__}\n")
        result = lofo_importance(estimator, *data, **params)
    assert Path(f"{folder}.flag").exists()
    np.testing.assert_array_equal(result.importances, expected)


def main(backend, folder):
    fitted = LSTMRegressor(**network.get_params()).fit(X, y)
    serial = results(fitted, 1)
    with ExitStack() as stack:
        started(backend, stack)
        for name, values in results(fitted, None).items():
            np.testing.assert_array_equal(values, serial[name], err_msg=name)
        if backend in ("dask", "ray"):
            counts = joblib.Parallel()(joblib.delayed(n_threads)(i) for i in range(2))
            assert counts == [1, 1], counts
            killed(folder)
        elif backend == "multiprocessing":
            model = LinearRegression().fit(X[:, 0], y)
            permutation_importance(model, X[:, 0], y)
    sys.stdout.write("the same\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
