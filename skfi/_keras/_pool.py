"""Trainings that stay compiled, so that Keras traces them once and not at every fit.

A network is trained by what was traced on another network of the same layers, loss and optimizer,
with its own variables (weights, seeds of dropout, the optimizer's state, metrics) in place of the
other's. So training starts from what the fresh network has and comes to the same weights.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from skfi._keras._compiled import clear_compiled
from skfi._keras._epochs import TracedTraining, trains_by_epochs
from skfi._keras._hidden_arguments import hand_over, hidden_in
from skfi._keras._networks import compiled_loss
from skfi._keras._private import compile_arguments
from skfi._keras._seeds import while_others_draw
from skfi._keras._structure import another, is_keras, is_own_code, only_keras, structure
from skfi._keras._weighted_mean import WeightedMean
from skfi._keras._xla import xla


class Pool:
    """Compiled trainings, shared by all fits of the process and by its threads.

    Attributes
    ----------
    max_networks : int
        Of how many kinds of networks they are kept, those used last; 0 switches the pool off.
    max_bytes : int
        How many bytes the variables of one network of each kind may take together.
    jit_compile : bool or None
        Whether XLA compiles trainings, and the predictions and gradients of importances: True
        or False, or None (the default) where the work ahead is worth the second that it takes.
        Numbers by XLA differ from others in the last digits of a float, but what dropout draws is
        another draw: networks with dropout are trained by XLA only if this is True. It holds for
        this process, and for importances with ``n_jobs`` in theirs.

    Examples
    --------
    >>> from skfi.recurrent import pool
    >>> pool.clear()
    >>> len(pool)
    0
    """

    def __init__(self, max_networks: int = 8, max_bytes: int = 2**28) -> None:
        self.max_networks = max_networks
        self.max_bytes = max_bytes
        self._kept: list[tuple[Any, TracedTraining]] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Let go of all compiled trainings, predictions and gradients."""
        with self._lock:
            self._kept.clear()
        clear_compiled()

    @property
    def jit_compile(self) -> bool | None:
        """Whether XLA compiles trainings, and the predictions and gradients of importances."""
        return xla.jit_compile

    @jit_compile.setter
    def jit_compile(self, value: bool | None) -> None:
        xla.jit_compile = value

    @contextmanager
    def trains(self, model: keras.Model, n_rows: int) -> Iterator[None]:
        """Let ``fit`` of a compiled ``model`` inside share what fits of others have compiled.

        Nothing is shared if something of its own code is in it, of which no one can tell whether
        another network has the same. ``fit`` takes arrays of ``n_rows``, whose order is drawn now.
        """
        kind = _kind(model) if trains_by_epochs(model) else None
        if kind is None:
            yield
            return
        if _has_own_loss(model):  # it may read what changes from fit to fit, and draw
            with TracedTraining(model).trains(model, n_rows):
                yield
            return
        traced = self._of(kind)
        if traced is None:
            pattern = another(model)
            pattern.compile_from_config(model.get_compile_config())
            hand_over(hidden_in(model), pattern)
            traced = TracedTraining(pattern)
        self._keep(kind, traced)
        with traced.trains(model, n_rows), while_others_draw():
            yield

    def _of(self, kind: Any) -> TracedTraining | None:
        with self._lock:
            return next((traced for known, traced in self._kept if known == kind), None)

    def _keep(self, kind: Any, traced: TracedTraining) -> None:
        """As the one used last."""
        with self._lock:
            others = [kept for kept in self._kept if kept[0] != kind]
            fits = traced.n_bytes <= self.max_bytes
            self._kept = [*([(kind, traced)] if fits else []), *others][: self.max_networks]
            while sum(traced.n_bytes for _, traced in self._kept) > self.max_bytes:
                del self._kept[-1]


pool = Pool()


def _kind(model: keras.Model) -> Any:
    """What networks have in common that are trained by the same graph; None if not known."""
    layers = structure(model)
    if layers is None or not len(model.inputs) == len(model.outputs) == 1:
        return None
    given = compile_arguments(model)
    if any(is_own_code(it) and not isinstance(it, WeightedMean) for it in given):
        return None
    loss = compiled_loss(model)
    if getattr(loss, "dtype", keras.config.floatx()) != keras.config.floatx():
        return None  # it is in no configuration
    try:
        compiled = model.get_compile_config()
    except (ValueError, NotImplementedError, TypeError):  # of something that cannot be saved
        return None
    if not (is_keras(model.optimizer) and only_keras(compiled | {"loss": None})):
        return None
    optimizer = compiled["optimizer"]["config"]
    optimizer["name"] = ""  # counted up
    if isinstance(optimizer.get("learning_rate"), float):  # a variable, which is handed over
        optimizer["learning_rate"] = 0.0
    return layers, json.dumps(compiled), hidden_in(model)


def trains_by_keras_alone(model: keras.Model) -> bool:
    """Whether no code but Keras' own runs in the training of a compiled network."""
    return _kind(model) is not None and not _has_own_loss(model)


def _has_own_loss(model: keras.Model) -> bool:
    loss = compiled_loss(model)
    return isinstance(loss, WeightedMean) and loss.function.__module__.split(".")[0] != "keras"
