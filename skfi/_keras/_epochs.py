"""Training whose batches follow each other inside of one TensorFlow call.

``keras.Model.fit`` prepares each batch on its own and calls TensorFlow for each: with small
recurrent networks this takes as long as the arithmetic. Here an epoch is one call, in which a loop
gathers the batches. Keras' own ``train_step`` trains, its callbacks are called, and the rows are
shuffled as it does, so the batches, their order and the updates are the same as in Keras' ``fit``,
to the last bit if XLA is not used. Networks of the same layers share what was traced.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from numbers import Integral
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._private import TensorFlowRandom, with_variables, without_decay
from skfi._keras._rebuild import build_optimizer
from skfi._keras._structure import n_bytes
from skfi._keras._xla import worth_training

_DTYPES = tuple(map(np.dtype, ("int32", "int64", "float32", "float64")))
_BATCH_SIZE = 32  # of Keras, if none is given
_VALIDATION_BATCH = 1024  # its loss is a mean over rows, whatever the batches

Data = tuple[tf.Tensor, ...]  # inputs, targets, and weights if there are any


class TracedTraining:
    """What networks of the same layers, loss and optimizer share of their training.

    It is traced on one of them, the ``pattern``, which is kept with the traces and never trained.
    A network is trained by them with its own variables in place of the pattern's.
    """

    def __init__(self, pattern: keras.Model) -> None:
        self.pattern = pattern
        self._traced: dict[Any, Any] = {}
        self._lock = threading.Lock()
        build_optimizer(pattern)

    @property
    def n_bytes(self) -> int:
        """Bytes that the pattern takes."""
        return n_bytes([*self.pattern.variables, *self.pattern.optimizer.variables])

    @contextmanager
    def trains(self, model: keras.Model, n_rows: int) -> Iterator[None]:
        """Let ``fit`` of a compiled ``model`` inside be one call for each epoch.

        The order of its rows is drawn now; ``fit`` draws nothing.
        """
        build_optimizer(model)
        model.fit = _Epochs(model, self, _shuffled(n_rows)).fit
        try:
            yield
        finally:
            del model.fit

    def of(self, model: Any, kind: Any, trace: Callable[[keras.Model], Any]) -> Any:
        """The function that ``trace`` makes of a network, made once for each ``kind``.

        Another thread that asks for the same one waits: to trace it twice takes twice as long. If
        the pattern is not like the network in all that training follows, that is traced itself.
        """
        with self._lock:
            if kind not in self._traced:
                self._traced[kind] = trace(self.pattern)
        theirs, mine = _state(self.pattern), _state(model)
        if without_decay(model.optimizer) or not _are_alike(theirs, mine):
            return trace(model)
        pairs = [(old.value, new.value) for old, new in zip(theirs, mine, strict=True)]
        return with_variables(self._traced[kind], pairs) or trace(model)


def _build_metrics(model: keras.Model, target: tf.Tensor) -> None:
    """Give metrics that the user has compiled their variables, which get values in each epoch."""
    if len(model.metrics) > 1:  # besides the loss
        shape = model.outputs[0].shape[1:]
        sizes = [target.shape[1 + axis] if n is None else n for axis, n in enumerate(shape)]
        model.compute_metrics(None, target[:1], tf.zeros((1, *sizes)))


def is_plain_training(inputs: Any, target: Any, settings: Mapping[str, Any]) -> bool:
    """Whether a call of ``fit`` asks for nothing that only Keras' own knows how to do."""
    known = {"epochs", "batch_size", "verbose", "sample_weight"}
    weight = settings.get("sample_weight")
    counts = settings["epochs"], settings.get("batch_size") or _BATCH_SIZE
    return (
        set(settings) <= known
        and all(isinstance(count, Integral) and int(count) > 0 for count in counts)
        and all(isinstance(array, np.ndarray) for array in (inputs, target))
        and all(array.dtype in _DTYPES for array in (inputs, target))
        and len(inputs) == len(target)
        and (weight is None or (isinstance(weight, np.ndarray) and weight.shape == (len(inputs),)))
    )


def trains_by_epochs(model: keras.Model) -> bool:
    """Whether the ``fit`` of a compiled model can be one call for each epoch.

    Not if it runs eagerly, by XLA, several steps at once, or under a distribution strategy.
    """
    own_way = model.run_eagerly or model.jit_compile or model.steps_per_execution != 1
    return not (own_way or tf.config.functions_run_eagerly() or tf.distribute.has_strategy())


class _Epochs:
    """Trains a model, epoch by epoch."""

    def __init__(self, model: keras.Model, traced: TracedTraining, order: tf.Tensor) -> None:
        self.model: Any = model
        self.order = order  # of the rows
        self._traced = traced
        self._functions: dict[Any, Any] = {}

    def fit(
        self,
        x: np.ndarray,
        y: Any,
        *,
        batch_size: int | None = None,
        epochs: int = 1,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        sample_weight: Any = None,
        validation_data: tuple | None = None,
        verbose: int = 0,
        **_: Any,  # what SciKeras passes besides: Keras' defaults
    ) -> keras.callbacks.History:
        """``keras.Model.fit`` on arrays."""
        model, order, n_rows = self.model, self.order, len(x)
        batch_size = int(batch_size or _BATCH_SIZE)
        data = _tensors(x, y, sample_weight)
        _build_metrics(model, data[1])
        held_out = None if validation_data is None else _tensors(*validation_data)
        n_full, n_last = divmod(n_rows, batch_size)
        n_timesteps = x.shape[1] if x.ndim > 1 else 1
        by_xla = n_full > 0 and worth_training(model, n_timesteps, epochs * n_full)
        callback_list = keras.callbacks.CallbackList(
            list(callbacks),
            add_history=True,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=epochs,
            steps=n_full + (n_last > 0),
            model=model,
        )
        model.stop_training = False
        callback_list.on_train_begin()
        logs: dict[str, float] = {}
        for epoch in range(epochs):
            callback_list.on_epoch_begin(epoch)
            logs = self._run("train_step", data, order, batch_size, by_xla=by_xla)
            if verbose:  # the progress bar counts batches
                callback_list.on_train_batch_end(n_full + (n_last > 0) - 1, logs)
            if held_out is not None:
                rows = tf.range(len(held_out[0]), dtype=order.dtype)
                metrics = self._run("test_step", held_out, rows, _VALIDATION_BATCH)
                logs |= {f"val_{name}": value for name, value in metrics.items()}
            callback_list.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.trainable_weights)
        callback_list.on_train_end(logs)
        return model.history

    def _run(
        self, step: str, data: Data, order: tf.Tensor, batch_size: int, *, by_xla: bool = False
    ) -> dict[str, float]:
        """One call over all batches: the metrics' means."""
        self.model.reset_metrics()
        specs = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in data)
        kind = (step, specs, batch_size if by_xla else None)  # XLA compiles for a size of batches
        if kind not in self._functions:
            signature = (tf.TensorSpec((), "int32"), tf.TensorSpec((None,), order.dtype), specs)
            trace = partial(_trace, kind=kind, signature=signature)
            self._functions[kind] = self._traced.of(self.model, kind, trace)
        metrics = self._functions[kind](tf.constant(batch_size), order, data)
        return {name: float(value) for name, value in metrics.items()}


def _trace(model: keras.Model, *, kind: tuple, signature: tuple) -> Any:
    """A function that trains or tests a network on all batches, and returns the metrics' means."""
    step, _, batch_size = kind
    step_fn = getattr(model, step)
    by_xla = batch_size is not None
    loop = partial(_loop_by_xla, step_fn, batch_size) if by_xla else partial(_loop, step_fn)

    def metrics_after(*arguments: Any) -> dict[str, tf.Tensor]:
        loop(*arguments)
        return model.get_metrics_result()

    return tf.function(metrics_after, autograph=False).get_concrete_function(*signature)


def _loop(step: Callable, batch_size: tf.Tensor, order: tf.Tensor, data: Data) -> None:
    def one_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
        step(_rows(data, order[start : start + batch_size]))
        return (start + batch_size,)

    n_rows = tf.size(order)
    tf.while_loop(lambda start: start < n_rows, one_batch, (0,), parallel_iterations=1)


def _loop_by_xla(
    step: Callable, batch_size: int, _: tf.Tensor, order: tf.Tensor, data: Data
) -> None:
    """The last batch, if it is smaller, is not by XLA: it would compile for each size of data."""
    compiled = tf.function(step, jit_compile=True, autograph=False)

    def one_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
        rows = tf.ensure_shape(order[start : start + batch_size], (batch_size,))
        compiled(_rows(data, rows))
        return (start + batch_size,)

    n_rows = tf.size(order)
    n_full = n_rows // batch_size * batch_size
    tf.while_loop(lambda start: start < n_full, one_batch, (0,), parallel_iterations=1)

    def the_rest() -> tf.Tensor:
        step(_rows(data, order[n_full:]))
        return n_rows

    tf.cond(n_full < n_rows, the_rest, lambda: n_rows)


def _state(model: keras.Model) -> list[keras.Variable]:
    """All that a step of training or testing reads or changes, but for its arguments."""
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


def _are_alike(theirs: list[Any], mine: list[Any]) -> bool:
    """Whether variables follow the same rules, which may have been set after they were made."""

    def rules(variables: list[Any]) -> list[Any]:
        return [
            (v.shape, v.dtype, v.trainable, _settings(v.regularizer), _settings(v.constraint))
            for v in variables
        ]

    return rules(theirs) == rules(mine)


def _settings(rule: Any) -> Any:
    return None if rule is None else (type(rule), rule.get_config())


def _rows(data: Data, rows: tf.Tensor) -> Data:
    return tuple(tf.gather(part, rows) for part in data)


def _shuffled(n_rows: int) -> tf.Tensor:
    """Row numbers in the order in which Keras shuffles them; with a seed the same in each epoch."""
    seed = TensorFlowRandom.now().seed
    return _draw(n_rows) if seed is None else _drawn_before(n_rows, seed)


@lru_cache(maxsize=8)
def _drawn_before(n_rows: int, seed: int) -> tf.Tensor:
    """The order that TensorFlow draws with its present ``seed``; folds and searches repeat it."""
    return _draw(n_rows)


def _draw(n_rows: int) -> tf.Tensor:
    @tf.autograph.experimental.do_not_convert  # which on Python 3.13 warns of itself
    def shuffled(_: tf.Tensor) -> tf.Tensor:
        return tf.random.shuffle(tf.range(n_rows, dtype=tf.int64))

    return next(iter(tf.data.Dataset.range(1).map(shuffled)))


def _tensors(*arrays: Any) -> Data:
    """Arrays as Keras converts them, floats to the type that networks compute in."""
    numpy_arrays = [np.asarray(array) for array in arrays if array is not None]
    floatx = keras.config.floatx()
    return tuple(
        tf.convert_to_tensor(array.astype(floatx, copy=False) if array.dtype.kind == "f" else array)
        for array in numpy_arrays
    )
