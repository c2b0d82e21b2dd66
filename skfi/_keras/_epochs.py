"""Training whose batches follow each other inside of one TensorFlow call.

``keras.Model.fit`` prepares each batch on its own and calls TensorFlow for each: with small
recurrent networks this takes as long as the arithmetic. Here ``fit`` sees row numbers only, all in
one batch; a loop in the graph gathers the real batches. Keras' own ``fit`` still shuffles, calls
the callbacks and stops, and its own ``train_step`` trains, so the batches, their order and the
updates are the same, to the last bit if XLA is not used.
"""

import weakref
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._xla import worth_training

_VALIDATION_BATCH = 1024  # its loss is a mean over rows, whatever the batches


def train_epoch_a_call(model: keras.Model) -> None:
    """Make ``fit`` of a compiled ``model`` quick, unless it was compiled to run in its own way.

    Which is to run eagerly, by XLA, several steps at once, or under a distribution strategy.
    """
    own_way = model.run_eagerly or model.jit_compile or model.steps_per_execution != 1
    if own_way or tf.config.functions_run_eagerly() or tf.distribute.has_strategy():
        return
    epochs = _Epochs(model)
    model.train_function = epochs  # which Keras makes only if it is None
    model.fit = epochs.fit


class _Epochs:
    """Trains a model on row numbers, which come shuffled once an epoch."""

    def __init__(self, model: keras.Model) -> None:
        self.model = weakref.proxy(model)
        self._fit = type(model).fit
        self.data: tuple[tf.Tensor, ...] = ()
        self.batch_size = 32
        self.xla = False
        self._traced: dict[Any, Any] = {}

    def fit(
        self,
        x: np.ndarray,
        y: Any,
        *,
        sample_weight: Any = None,
        batch_size: int,
        epochs: int,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """``keras.Model.fit`` on arrays."""
        arrays = [x, y] if sample_weight is None else [x, y, sample_weight]
        self.data = tuple(tf.convert_to_tensor(_as_keras_does(array)) for array in arrays)
        self.batch_size = min(batch_size, len(x))
        n_timesteps = x.shape[1] if x.ndim > 1 else 1
        n_batches = epochs * (len(x) // self.batch_size)
        self.xla = worth_training(self.model, n_timesteps, n_batches)
        if kwargs.get("validation_data") is not None:
            kwargs["validation_batch_size"] = max(batch_size, _VALIDATION_BATCH)
        try:
            rows = np.arange(len(x))
            return self._fit(self.model, rows, batch_size=len(x), epochs=epochs, **kwargs)
        finally:
            self.data = ()

    def __call__(self, iterator: Any) -> dict[str, tf.Tensor]:
        """Train on all rows, in the order that ``iterator`` gives."""
        order = next(iterator)
        specs = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in self.data)
        # XLA compiles for one size of batches
        kind = (specs, self.batch_size if self.xla else None)
        if kind not in self._traced:
            train = partial(self._train_xla, self.batch_size) if self.xla else self._train
            function = tf.function(train, autograph=False)
            self._traced[kind] = function.get_concrete_function(
                tf.TensorSpec((), "int32"), tf.TensorSpec((None,), order.dtype), specs
            )
        return self._traced[kind](tf.constant(self.batch_size), order, self.data)

    def _train(
        self, batch_size: tf.Tensor, order: tf.Tensor, data: tuple[tf.Tensor, ...]
    ) -> dict[str, tf.Tensor]:
        def train_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
            rows = order[start : start + batch_size]
            self.model.train_step(tuple(tf.gather(part, rows) for part in data))
            return (start + batch_size,)

        n_rows = tf.size(order)
        tf.while_loop(lambda start: start < n_rows, train_batch, (0,), parallel_iterations=1)
        return self.model.get_metrics_result()

    def _train_xla(
        self, batch_size: int, _: tf.Tensor, order: tf.Tensor, data: tuple[tf.Tensor, ...]
    ) -> dict[str, tf.Tensor]:
        step = tf.function(self.model.train_step, jit_compile=True, autograph=False)

        def train_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
            rows = tf.ensure_shape(order[start : start + batch_size], (batch_size,))
            step(tuple(tf.gather(part, rows) for part in data))
            return (start + batch_size,)

        n_rows = tf.size(order)
        n_full = n_rows // batch_size * batch_size
        tf.while_loop(lambda start: start < n_full, train_batch, (0,), parallel_iterations=1)

        def train_rest() -> tf.Tensor:  # not by XLA: it would compile for every number of rows
            self.model.train_step(tuple(tf.gather(part, order[n_full:]) for part in data))
            return n_rows

        tf.cond(n_full < n_rows, train_rest, lambda: n_rows)
        return self.model.get_metrics_result()


def _as_keras_does(array: Any) -> np.ndarray:
    """Floats in the type that networks compute in."""
    array = np.asarray(array)
    return array.astype(keras.config.floatx(), copy=False) if array.dtype.kind == "f" else array
