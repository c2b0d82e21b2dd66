"""Public docstrings: every parameter described, every return, sections as numpydoc has them."""

import inspect
import re

import pytest
from sklearn.utils import Bunch

import skfi
from skfi import datasets, report

OBJECTS = {name: getattr(skfi, name) for name in skfi.__all__}
OBJECTS |= {f"datasets.{name}": getattr(datasets, name) for name in datasets.__all__}
OBJECTS |= {f"report.{name}": getattr(report, name) for name in report.__all__}


def documented():
    for name, value in OBJECTS.items():
        yield name, value, value
        if isinstance(value, type):
            for method_name, method in inspect.getmembers(value, inspect.isroutine):
                module = getattr(inspect.unwrap(method), "__module__", "") or ""
                if not method_name.startswith("_") and module.startswith("skfi"):
                    yield f"{name}.{method_name}", method, method


CASES = {name: (value, function) for name, value, function in documented()}


def described(docstring, section):
    """Names before the colon in a section."""
    text = inspect.cleandoc(docstring)
    found = re.search(
        rf"^{section}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text, re.DOTALL | re.MULTILINE
    )
    if not found:
        return []
    lines = re.findall(r"^(\S.*?)(?: :.*)?$", found[1], re.MULTILINE)
    return [name.strip("* ") for line in lines for name in line.split(",")]


@pytest.mark.parametrize("name", CASES)
def test_parameters_and_returns_are_described(name):
    value, function = CASES[name]
    docstring = value.__doc__
    assert docstring, name
    if isinstance(value, type) and issubclass(value, Bunch):
        return  # made by a function, or a class method, which is checked
    signature = inspect.signature(function)
    expected = [p for p in signature.parameters if p not in ("self", "cls")]
    assert described(docstring, "Parameters") == expected
    if not isinstance(value, type) and signature.return_annotation is not None:
        assert described(docstring, "Returns"), name


@pytest.mark.parametrize("name", [n for n in OBJECTS if not n.endswith("get_data_home")])
def test_examples_are_there(name):
    assert ">>> " in OBJECTS[name].__doc__


def test_methods_name_their_sources():
    for name in ("gradient_importance", "permutation_importance", "lofo_importance"):
        assert described(OBJECTS[name].__doc__, "References")
