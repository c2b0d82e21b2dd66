"""Number of TensorFlow threads in worker processes."""

import multiprocessing

import tensorflow as tf

from skfi._private import _openmp_effective_n_threads


def keep_to_own_threads() -> None:
    """Limit TensorFlow's threads to this joblib worker's share.

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
