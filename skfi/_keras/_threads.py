"""Processes that train or predict beside others: their share of the threads, and forks."""

import multiprocessing
import os

import tensorflow as tf

from skfi._keras._private import has_computed
from skfi._private import _openmp_effective_n_threads

FORKED = (
    "A process that is forked from one that has computed with TensorFlow lacks the threads that it "
    "computes in: a network would hang there. Use joblib's backend 'loky', which is the default, "
    "or 'threading'. For 'multiprocessing' set the environment variable "
    "JOBLIB_START_METHOD=forkserver before joblib is imported; of Python's own multiprocessing "
    "take get_context('forkserver')."
)

_forked_after_use = False


def keep_to_own_threads() -> None:
    """Limit TensorFlow's threads to this worker's share.

    joblib, Dask and Ray tell OpenMP and BLAS how many that is, the latter two by an environment
    variable; TensorFlow would take all cores in each worker, which makes small networks train at
    two thirds of the speed.
    """
    is_worker = multiprocessing.parent_process() is not None or "OMP_NUM_THREADS" in os.environ
    if not is_worker:
        return
    n_threads = _openmp_effective_n_threads()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(n_threads)
    except RuntimeError:  # a worker that has begun to compute keeps what it has
        return


def check_not_forked() -> None:
    """Raise RuntimeError in a fork of a process that has computed with TensorFlow.

    The threads that it computes in are not copied by a fork, so that the first computation would
    wait for them for ever.
    """
    if _forked_after_use:
        raise RuntimeError(FORKED)


def _note_fork() -> None:
    global _forked_after_use
    _forked_after_use = has_computed()


os.register_at_fork(after_in_child=_note_fork)
