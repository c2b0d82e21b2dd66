"""Load TensorFlow and Keras, before anything else in skfi does.

TensorFlow tells at its import that it found no GPU and what it was built for, past Python and, in
part, past ``TF_CPP_MIN_LOG_LEVEL``. These lines are held back, and only these. Who wants to see
them sets ``TF_CPP_MIN_LOG_LEVEL=0``.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

# Lines of information and warnings, in both forms in which TensorFlow writes them; and errors that
# its builds with CUDA write at each import, of plugins that are registered twice, and, without a
# driver, of CUDA that does not start.
_CHATTER = re.compile(
    rb"(I|W)\d{4} \d\d:\d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: (I|W) "
    rb"|.*Attempting to register factory for plugin|.*failed call to cuInit"
    rb"|WARNING: All log messages before absl::InitializeLog\(\)"
    rb"|To enable the following instructions: "
)
_NO_DRIVER = b"Could not find cuda drivers"


@contextmanager
def _quiet() -> Iterator[IO[bytes] | None]:
    """Hold back TensorFlow's chatter in standard error; give everything else on at the end.

    All of it, if the block raises. It is the process's own descriptor, as the lines do not come
    from Python: what other threads write meanwhile comes later, and what a crash of the whole
    process would write is lost.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # there is none, such as in a program with a window
        yield None
        return
    keep_all = True
    with tempfile.TemporaryFile() as caught:
        _flush()
        os.dup2(caught.fileno(), 2)
        try:
            yield caught
            keep_all = False
        finally:
            _flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            lines = _so_far(caught).splitlines(keepends=True)
            rest = b"".join(line for line in lines if keep_all or not _CHATTER.match(line))
            while rest:
                rest = rest[os.write(2, rest) :]


def _flush() -> None:
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.flush()


def _so_far(caught: IO[bytes]) -> bytes:
    caught.seek(0)
    return caught.read()  # from here on the descriptor, which is shared, writes at the end again


def _load() -> None:
    with _quiet() as caught:
        import keras  # noqa: F401
        import tensorflow as tf

        if caught is not None and _NO_DRIVER in _so_far(caught):
            # else it would say once more, when it is first asked for GPUs, that there is none
            tf.config.list_physical_devices()


def _refuse_backend(found: str, where: str) -> None:
    raise ImportError(
        f"skfi computes with TensorFlow, but Keras is set to the backend {found!r} ({where}). Set "
        "the environment variable KERAS_BACKEND=tensorflow, before Keras is imported."
    )


def start() -> None:
    """Import TensorFlow and Keras; ImportError if Keras computes with something else."""
    asked = os.environ.get("KERAS_BACKEND")
    if "keras" not in sys.modules and asked not in (None, "", "tensorflow"):
        _refuse_backend(str(asked), "by the environment variable KERAS_BACKEND")
    is_loaded = {"tensorflow", "keras"} <= set(sys.modules)
    try:
        if not is_loaded and os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "0":
            _load()
        import keras
    except ModuleNotFoundError as error:
        if error.name in ("jax", "torch", "openvino"):
            _refuse_backend(error.name, "by keras.json, in the folder .keras")
        raise
    if int(keras.__version__.split(".")[0]) < 3:
        raise ImportError(f"skfi needs Keras 3; found Keras {keras.__version__}. Upgrade keras.")
    if keras.config.backend() != "tensorflow":
        _refuse_backend(keras.config.backend(), "by KERAS_BACKEND, or keras.json in .keras")


start()
