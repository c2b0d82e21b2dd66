"""Functions, classes and modules of the user's own, as what decides what they do."""

import dis
import sys
from collections.abc import Iterator
from functools import cached_property, partialmethod
from pathlib import Path
from types import (
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

# what every score rests on: their versions are always part of the hash
VERSIONED = (
    "scikit-learn", "tensorflow", "keras", "scikeras", "numpy", "scipy", "pandas", "joblib",
    "lofo-importance", "skfi",
)  # fmt: skip
_MODULES = frozenset((*VERSIONED, "sklearn", "lofo")) | sys.stdlib_module_names
# what Python writes into classes, which decides nothing, or depends on where they stand
_NOT_OF_CLASSES = (
    "__module__", "__doc__", "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__",
    "__abstractmethods__", "_abc_impl", "__annotations__", "__annotate_func__", "__orig_bases__",
    "__parameters__", "__slots__",
)  # fmt: skip
_INSIDE = ("func", "fget", "fset", "fdel", "fn", "check", "args", "keywords")  # of descriptors


def of_package(thing: Any) -> tuple | None:
    """The module, the version and the name of what a package offers; None of own code.

    A function that is made in a call, or is wrapped, is not found under its name and is own code.
    """
    module = getattr(thing, "__module__", None) or ""
    root = module.split(".")[0]
    version = "" if root in _MODULES else _installed(module)
    if version is None:
        return None
    found: Any = sys.modules.get(module)
    for name in thing.__qualname__.split("."):
        found = getattr(found, name, None)
    return (version, module, thing.__qualname__) if found is thing else None


def is_of_package(module: str | None) -> bool:
    """Whether a module is of Python, of a package that skfi rests on, or of an installed one."""
    return (module or "").split(".")[0] in _MODULES or _installed(module) is not None


def _installed(module: str | None) -> str | None:
    """The version of the package that a module is of; None for the user's own files."""
    package = sys.modules.get((module or "").split(".")[0])
    folders = Path(getattr(package, "__file__", None) or "").parts
    if not {"site-packages", "dist-packages"} & set(folders):
        return None
    return f"{package.__name__} {getattr(package, '__version__', '')}"  # type: ignore[union-attr]


def described(code: FunctionType | type) -> tuple:
    """A function or a class of the user's own by its code and all values that it names."""
    return _function(code) if isinstance(code, FunctionType) else _class(code)


def _function(function: FunctionType) -> tuple:
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    named = {}
    seen = function.__globals__
    if not is_of_package(seen.get("__name__")):  # whose version tells what else it uses
        named = {name: seen[name] for name in sorted(_names(function.__code__)) if name in seen}
        named |= {f"import {name}": module for name, module in _imported(function)}
    defaults = (function.__defaults__, function.__kwdefaults__)
    attributes = vars(function)
    code = _code(function.__code__)
    return (function.__qualname__, code, defaults, closure, named, attributes)


def module_text(module: ModuleType) -> Any:
    """The name of a module; of the user's own, what is in its files."""
    file = getattr(module, "__file__", None)
    if is_of_package(module.__name__) or not file:
        return module.__name__
    path = Path(file)
    files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    return [one.read_text(encoding="utf-8") for one in files if one.suffix == ".py"]


def _class(cls: type) -> tuple:
    bases = [base for base in cls.__bases__ if base is not object]
    members = {
        name: _member(value)
        for name, value in vars(cls).items()
        if name not in _NOT_OF_CLASSES
        and not isinstance(value, (GetSetDescriptorType, MemberDescriptorType))
    }
    return (cls.__qualname__, bases, members)


def _member(value: Any) -> Any:
    """What a method, a property or another descriptor calls; any other value as it is."""
    if isinstance(value, (staticmethod, classmethod)):
        return (type(value).__name__, value.__func__)
    if isinstance(value, (property, cached_property, partialmethod)) or (
        hasattr(value, "__get__") and not isinstance(value, (FunctionType, type))
    ):
        inside = {name: getattr(value, name) for name in _INSIDE if hasattr(value, name)}
        return (type(value).__name__, inside) if inside else value
    return value


def wrapped(thing: Any) -> Any:
    """The Python function inside of one that is cached or compiled; None if there is none."""
    if isinstance(thing, type):
        return None
    for name in ("python_function", "__wrapped__"):
        inside = getattr(thing, name, None)
        if isinstance(inside, FunctionType):
            return inside
    return None


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _imported(function: FunctionType) -> Iterator[tuple[str, ModuleType]]:
    """Modules that a function imports when it is called, of those that are loaded."""
    for name in sorted(set(_imports(function.__code__))):
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            module = sys.modules.get(".".join(parts[:end]))
            if module is not None:
                yield module.__name__, module


def _imports(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _imports(constant)


def _code(code: CodeType) -> tuple:
    constants = [_code(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    takes = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return (code.co_code, code.co_names, code.co_varnames, constants, takes)
