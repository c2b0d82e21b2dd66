"""One hash of everything that decides a score: data, parameters, code and versions."""

import platform
from functools import cache
from importlib.metadata import version
from pickle import PicklingError
from types import FunctionType, ModuleType
from typing import Any

import keras
import numpy as np
from joblib.hashing import NumpyHasher, Pickler

from skfi._keras import (
    PASSING,
    PickledNetwork,
    all_layers,
    description,
    hidden_arguments,
    is_keras,
    learning_rate_schedule,
    on_gpu,
    seeded,
    structure,
)
from skfi._private import PassthroughScorer
from skfi.importance._own_code import VERSIONED, described, module_text, of_package, wrapped


def fingerprint(*parts: Any) -> str:
    """A hash that is the same in another process if, and only if, the same would be computed.

    Functions and classes of the user's own count by their code and by all values, functions and
    own modules that it names; those of packages by their version. A network counts by its layers,
    its weights, and what layers of the user's own hold.

    Raises
    ------
    TypeError
        If a part cannot be described, such as an open file.
    """
    import skfi

    versions = [*((name, version(name)) for name in VERSIONED[:-1]), ("skfi", skfi.__version__)]
    floats = (keras.config.floatx(), keras.config.dtype_policy().name)
    machine = (platform.python_version(), floats, on_gpu())
    try:
        return hash_of(versions, machine, parts)
    except Exception as error:  # whatever a user's object raises when it is pickled
        raise TypeError(
            "memory= finds stored scores again by the data, the parameters and the code that "
            f"decide them, and a part of these cannot be compared: {error.args[0]}. Leave "
            "memory=None, or pass parameters that can be pickled."
        ) from error


def hash_of(*parts: Any) -> str:
    """A hash of data, parameters and code, without the versions of all that runs it."""
    return _Hasher("sha256", coerce_mmap=True).hash(parts)


class _Hasher(NumpyHasher):
    """joblib's hash of pickles, in which code and networks count by what they hold."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inside: set[int] = set()  # own code that is being described

    def save(self, obj: Any) -> None:
        """Write ``obj`` in the form that is hashed."""
        obj = self._in_own_form(obj)
        try:
            super().save(obj)
        except TypeError as error:  # which joblib takes for keys that cannot be ordered
            raise PicklingError(str(error)) from error

    def _in_own_form(self, obj: Any) -> Any:
        if isinstance(obj, PickledNetwork):
            obj = obj.model
        if isinstance(obj, np.ndarray) and not obj.flags.c_contiguous:
            return np.ascontiguousarray(obj)  # a worker gets it so
        if type(obj) in (set, frozenset):  # of texts in another order in each process
            return (type(obj).__name__, sorted(map(hash_of, obj)))
        if isinstance(obj, ModuleType):
            return module_text(obj)
        if isinstance(obj, PassthroughScorer):  # which holds the estimator, fitted or not
            return "score"
        if isinstance(obj, keras.Variable):
            return (type(obj).__name__, np.asarray(obj))
        if isinstance(obj, (FunctionType, type)):
            return of_package(obj) or self._described(obj)
        if isinstance(obj, keras.Model) or _has_config(obj):
            return _keras_object(obj)
        inside = wrapped(obj)
        return obj if inside is None else (type(obj).__name__, inside)

    def _batch_setitems(self, items: Any, *more: Any) -> None:
        """Write a dict in the order of its keys, which need not be comparable."""
        in_order = sorted(items, key=lambda item: (type(item[0]).__name__, repr(item[0])))
        Pickler._batch_setitems(self, iter(in_order), *more)

    def _described(self, code: Any) -> tuple:
        if id(code) in self._inside:  # a function that calls itself
            return (code.__qualname__,)
        self._inside.add(id(code))
        return described(code)


def _has_config(obj: Any) -> bool:
    """Whether it is one of Keras' objects, such as an optimizer or a loss, or one like it."""
    return not isinstance(obj, type) and any(
        cls.__module__.startswith("keras.") and hasattr(obj, "get_config")
        for cls in type(obj).__mro__
    )


def _keras_object(obj: Any) -> tuple:
    weights = obj.get_weights() if hasattr(obj, "get_weights") else []
    if not isinstance(obj, keras.Model):
        schedule = learning_rate_schedule(obj)
        config = _nameless(obj.get_config()), hidden_arguments(obj)
        return (type(obj), config, weights, _own_state(obj), schedule)
    own = [(type(part), _own_state(part)) for part in (obj, *all_layers(obj)) if not is_keras(part)]
    layers = structure(obj) or description(obj, fingerprint)
    training: tuple = ()
    if obj.compiled:
        training = (_nameless(obj.get_compile_config()), obj.loss, obj.optimizer)
    return (layers, own, weights, training)


def _own_state(obj: Any) -> dict[str, Any]:
    """What an object of the user's own class holds beside what Keras keeps in it.

    Layers and variables in it count as those of the network do.
    """
    if is_keras(obj):
        return {}
    kept = _keras_attributes() | PASSING
    state = {name: value for name, value in vars(obj).items() if name not in kept}
    return {name: value for name, value in state.items() if not _is_tracked(value)}


def _is_tracked(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_tracked, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_is_tracked, value))
    return isinstance(value, (keras.Variable, keras.layers.Layer, keras.optimizers.Optimizer))


@cache
def _keras_attributes() -> frozenset[str]:
    """Names of what Keras keeps in its objects."""
    with seeded(0, only_keras=True):  # draws from nobody's generator
        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Activation("relu")])
        model.compile("sgd", "mse")
        model.optimizer.build([])
        objects = (keras.layers.Layer(), model, model.optimizer, model.loss, keras.metrics.Mean())
        losses = (keras.losses.Loss(), keras.optimizers.Optimizer(0.1))
    return frozenset(name for one in (*objects, *losses) for name in getattr(one, "__dict__", {}))


def _nameless(config: Any) -> Any:
    """Without the names of optimizers and losses, of which Keras counts some up."""
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key != "name"}
    return [_nameless(value) for value in config] if isinstance(config, (list, tuple)) else config
