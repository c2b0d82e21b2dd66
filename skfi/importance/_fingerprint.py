"""One hash of everything that decides a score: data, parameters, code and versions."""

import json
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from pickle import PicklingError
from types import CodeType, FunctionType, ModuleType
from typing import Any

import keras
from joblib.hashing import NumpyHasher, Pickler

from skfi._keras import PickledNetwork, all_layers, is_keras, on_gpu, structure

# what every score rests on: their versions are always part of the hash
_VERSIONED = (
    "scikit-learn", "tensorflow", "keras", "scikeras", "numpy", "scipy", "pandas", "joblib",
    "lofo-importance", "skfi",
)  # fmt: skip
_MODULES = frozenset((*_VERSIONED, "sklearn", "lofo")) | sys.stdlib_module_names
_CONSTANTS = (int, float, complex, str, bytes, type(None))


def fingerprint(*parts: Any) -> str:
    """A hash that is the same in another process if, and only if, the same would be computed.

    Functions and classes of the user's own count by their code, and by the constants, functions
    and own modules that it names; those of packages by their version. A network counts by its
    layers and weights.

    Raises
    ------
    TypeError
        If a part cannot be described, such as an open file.
    """
    import skfi

    versions = [*((name, version(name)) for name in _VERSIONED[:-1]), ("skfi", skfi.__version__)]
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
        if isinstance(obj, PickledNetwork):
            obj = obj.model
        if isinstance(obj, (FunctionType, type)) and not _is_versioned(obj):
            installed = _installed(obj.__module__)
            if installed is None:
                obj = self._described(obj)
            else:
                obj = (installed, obj.__module__, obj.__qualname__)
        elif isinstance(obj, keras.Model) or _has_config(obj):
            obj = _keras_object(obj)
        try:
            super().save(obj)
        except TypeError as error:  # which joblib takes for keys that cannot be ordered
            raise PicklingError(str(error)) from error

    def _batch_setitems(self, items: Any, *more: Any) -> None:
        """Write a dict in the order of its keys, which need not be comparable."""
        in_order = sorted(items, key=lambda item: (type(item[0]).__name__, repr(item[0])))
        Pickler._batch_setitems(self, iter(in_order), *more)

    def _described(self, code: Any) -> tuple:
        if id(code) in self._inside:  # a function that calls itself
            return (code.__qualname__,)
        self._inside.add(id(code))
        return _function(code) if isinstance(code, FunctionType) else _class(code)


def _is_versioned(thing: Any) -> bool:
    return (getattr(thing, "__module__", None) or "").split(".")[0] in _MODULES


def _installed(module: str | None) -> str | None:
    """The version of the package that a module is of; None for the user's own files."""
    package = sys.modules.get((module or "").split(".")[0])
    folders = Path(getattr(package, "__file__", None) or "").parts
    if not {"site-packages", "dist-packages"} & set(folders):
        return None
    return f"{package.__name__} {getattr(package, '__version__', '')}"  # type: ignore[union-attr]


def _function(function: FunctionType) -> tuple:
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    named = {}
    for name in sorted(_names(function.__code__)):
        value = function.__globals__.get(name)
        if isinstance(value, (FunctionType, type)) or _is_constant(value):
            named[name] = value
        elif isinstance(value, ModuleType):
            named[name] = _module(value)
    defaults = (function.__defaults__, function.__kwdefaults__)
    return (function.__qualname__, _code(function.__code__), defaults, closure, named)


def _module(module: ModuleType) -> str:
    """The name of a module; of the user's own, what is in its file."""
    is_own = module.__name__.split(".")[0] not in _MODULES and not _installed(module.__name__)
    file = getattr(module, "__file__", None)
    return Path(file).read_text(encoding="utf-8") if is_own and file else module.__name__


def _class(cls: type) -> tuple:
    bases = [base for base in cls.__bases__ if base is not object]
    members = {}
    for name, value in vars(cls).items():
        plain = getattr(value, "__func__", getattr(value, "fget", value))
        if isinstance(plain, FunctionType) or _is_constant(plain):
            members[name] = plain
    members.pop("__module__", None)  # __main__ where it is run, elsewhere where it is imported
    members.pop("__doc__", None)
    return (cls.__qualname__, bases, members)


def _is_constant(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_constant, value))
    if isinstance(value, dict):
        return all(map(_is_constant, value)) and all(map(_is_constant, value.values()))
    return isinstance(value, _CONSTANTS)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _code(code: CodeType) -> tuple:
    constants = [_code(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    return (code.co_code, code.co_names, code.co_varnames, constants)


def _has_config(obj: Any) -> bool:
    """Whether it is one of Keras' objects, such as an optimizer or a loss, or one like it."""
    return not isinstance(obj, type) and any(
        cls.__module__.startswith("keras.") and hasattr(obj, "get_config")
        for cls in type(obj).__mro__
    )


def _keras_object(obj: Any) -> tuple:
    weights = obj.get_weights() if hasattr(obj, "get_weights") else []
    if not isinstance(obj, keras.Model):
        return (type(obj), _nameless(obj.get_config()), weights)
    own = [type(layer) for layer in all_layers(obj) if not is_keras(layer)]
    layers = structure(obj) or json.dumps(obj.get_config(), sort_keys=True, default=fingerprint)
    training: tuple = ()
    if obj.compiled:
        training = (_nameless(obj.get_compile_config()), obj.loss, obj.optimizer)
    return (layers, own, weights, training)


def _nameless(config: Any) -> Any:
    """Without the names of optimizers and losses, of which Keras counts some up."""
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key != "name"}
    return [_nameless(value) for value in config] if isinstance(config, (list, tuple)) else config
