"""Training whose batches follow each other inside of one TensorFlow call.

``keras.Model.fit`` prepares each batch on its own and calls TensorFlow for each: with small
recurrent networks this takes as long as the arithmetic. Here an epoch is one call, in which a loop
gathers the batches. Keras' own ``train_step`` trains, its callbacks are called, and the rows are
shuffled as it does, so the batches, their order and the updates are the same as in Keras' ``fit``,
to the last bit if XLA is not used.
"""

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._xla import worth_training

_VALIDATION_BATCH = 1024  # its loss is a mean over rows, whatever the batches

Data = tuple[tf.Tensor, ...]  # inputs, targets, and weights if there are any


def train_epoch_a_call(model: keras.Model) -> None:
    """Speed up ``fit`` of a compiled ``model``.

    Not if it runs eagerly, by XLA, several steps at once, or under a distribution strategy.
    """
    own_way = model.run_eagerly or model.jit_compile or model.steps_per_execution != 1
    if own_way or tf.config.functions_run_eagerly() or tf.distribute.has_strategy():
        return
    model.fit = _Epochs(model).fit


def draw_order(model: keras.Model, n_rows: int) -> bool:
    """Draw now in which order the next ``fit`` takes the rows, after which it draws nothing.

    False if ``fit`` is Keras' own.
    """
    epochs = getattr(model.fit, "__self__", None)
    if not isinstance(epochs, _Epochs):
        return False
    epochs.order = _shuffled(n_rows)
    return True


class _Epochs:
    """Trains a model, epoch by epoch."""

    def __init__(self, model: keras.Model) -> None:
        self.model: Any = weakref.proxy(model)
        self.order: tf.Tensor | None = None  # of the rows, if it was drawn before
        self._traced: dict[Any, Any] = {}

    def fit(
        self,
        x: np.ndarray,
        y: Any,
        *,
        batch_size: int,
        epochs: int,
        callbacks: list[keras.callbacks.Callback],
        sample_weight: Any = None,
        validation_data: tuple | None = None,
        verbose: int = 0,
        **_: Any,  # what SciKeras passes besides: Keras' defaults
    ) -> keras.callbacks.History:
        """``keras.Model.fit`` on arrays."""
        model, n_rows = self.model, len(x)
        data = _tensors(x, y, sample_weight)
        held_out = None if validation_data is None else _tensors(*validation_data)
        n_full, n_last = divmod(n_rows, batch_size)
        n_timesteps = x.shape[1] if x.ndim > 1 else 1
        by_xla = n_full > 0 and worth_training(model, n_timesteps, epochs * n_full)
        callback_list = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=epochs,
            steps=n_full + (n_last > 0),
            model=model,
        )
        order = _shuffled(n_rows) if self.order is None else self.order
        self.order = None
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
        if kind not in self._traced:
            step_fn = getattr(self.model, step)
            loop = partial(_loop_by_xla, step_fn, batch_size) if by_xla else partial(_loop, step_fn)
            function = tf.function(partial(self._metrics_after, loop), autograph=False)
            self._traced[kind] = function.get_concrete_function(
                tf.TensorSpec((), "int32"), tf.TensorSpec((None,), order.dtype), specs
            )
        metrics = self._traced[kind](tf.constant(batch_size), order, data)
        return {name: float(value) for name, value in metrics.items()}

    def _metrics_after(self, loop: Callable, *arguments: Any) -> dict[str, tf.Tensor]:
        loop(*arguments)
        return self.model.get_metrics_result()


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


def _rows(data: Data, rows: tf.Tensor) -> Data:
    return tuple(tf.gather(part, rows) for part in data)


def _shuffled(n_rows: int) -> tf.Tensor:
    """Row numbers in the order in which Keras shuffles them; with a seed the same in each epoch."""

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
