"""Threads of TensorFlow in processes that share the machine."""

import multiprocessing

import tensorflow as tf
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads


def keep_to_own_threads() -> None:
    """In a worker process of joblib: use as many threads as are this worker's share.

    joblib tells OpenMP and BLAS how many that is; TensorFlow would take all cores in each worker,
    which makes small networks train at two thirds of the speed.
    """
    if multiprocessing.parent_process() is None:
        return
    n_threads = _openmp_effective_n_threads()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(n_threads)
    except RuntimeError:  # a worker that has begun to compute keeps what it has
        return
