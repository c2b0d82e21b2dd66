"""Networks that stay compiled, so that Keras traces their training once and not at every fit.

A network is trained in the body of a twin: another network of the same layers, loss and optimizer,
which was traced in an earlier fit. The twin takes over all variables of the network (weights, seeds
of dropout, the optimizer's state), trains, and gives them back. So training starts from what the
fresh network has and comes to the same weights, and no user ever holds a twin.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from skfi._keras import (
    another,
    clear_compiled,
    compiled_loss,
    is_keras,
    n_bytes,
    only_keras,
    structure,
    train_epoch_a_call,
    xla,
)
from skfi.recurrent._training import WeightedMean, loss_known


class Pool:
    """Compiled networks that are free to be trained in, shared by all fits of the process.

    Attributes
    ----------
    max_networks : int
        How many are kept, those used last; 0 switches the pool off.
    max_bytes : int
        How many bytes their variables may take together.
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
        self._free: list[tuple[Any, keras.Model]] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._free)

    def clear(self) -> None:
        """Let go of all networks, and of compiled predictions and gradients."""
        with self._lock:
            self._free.clear()
        clear_compiled()

    @property
    def jit_compile(self) -> bool | None:
        """Whether XLA compiles trainings, and the predictions and gradients of importances."""
        return xla.jit_compile

    @jit_compile.setter
    def jit_compile(self, value: bool | None) -> None:
        xla.jit_compile = value

    @contextmanager
    def twin(self, model: keras.Model) -> Iterator[keras.Model]:
        """A network to train in place of ``model``, which has its state in the end.

        It is ``model`` itself if something of its own code is in it, of which no one can tell
        whether another network has the same.
        """
        kind = _kind(model)
        if kind is None:
            yield model
            return
        twin = self._take(kind)
        if twin is None:
            twin = another(model)
            with loss_known(model):
                twin.compile_from_config(model.get_compile_config())
            train_epoch_a_call(twin)
        _hand_over(model, twin)
        yield twin
        _hand_over(twin, model)
        model.history = twin.history
        model.history.set_model(model)
        self._give_back(kind, twin)

    def _take(self, kind: Any) -> keras.Model | None:
        with self._lock:
            for i, (known, _) in enumerate(self._free):
                if known == kind:
                    return self._free.pop(i)[1]
        return None

    def _give_back(self, kind: Any, twin: keras.Model) -> None:
        if _n_bytes(twin) > self.max_bytes:
            return
        with self._lock:
            self._free.insert(0, (kind, twin))
            del self._free[self.max_networks :]
            while sum(_n_bytes(model) for _, model in self._free) > self.max_bytes:
                del self._free[-1]


pool = Pool()


def _kind(model: keras.Model) -> Any:
    """What networks have in common that are trained by the same graph; None if not known."""
    layers = structure(model)
    loss = compiled_loss(model)
    try:
        compiled = model.get_compile_config()
    except (ValueError, NotImplementedError, TypeError):  # of something that cannot be saved
        return None
    own_loss = isinstance(loss, WeightedMean)
    if own_loss:
        compiled["loss"] = None
    if layers is None or not (is_keras(model.optimizer) and only_keras(compiled)):
        return None
    optimizer = compiled["optimizer"]["config"]
    optimizer["name"] = ""  # counted up
    if isinstance(optimizer.get("learning_rate"), float):  # a variable, which is handed over
        optimizer["learning_rate"] = 0.0
    return layers, json.dumps(compiled), loss.function if own_loss else None


def _hand_over(giver: keras.Model, taker: keras.Model) -> None:
    for model in (giver, taker):
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
    theirs = [*taker.variables, *taker.optimizer.variables]
    for mine, yours in zip([*giver.variables, *giver.optimizer.variables], theirs, strict=True):
        yours.assign(mine)


def _n_bytes(model: keras.Model) -> int:
    return n_bytes([*model.variables, *model.optimizer.variables])
