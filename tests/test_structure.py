"""The package's shape: lazy imports, and imports that only point down."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skfi

PACKAGE = Path(skfi.__file__).parent

# DESIGN: an import may only point to a layer further down
LAYERS = [
    {"display", "feature_selection", "recurrent"},
    {"importance"},
    {"preprocessing", "datasets", "metrics"},
    {"_rebuild"},
    {"_keras", "_padding", "_routing", "_sequences"},
    {"_number_kinds", "_containers"},
]
# plot() of results is a convenience that needs the display, when called
UPWARD = {(f"importance/{name}.py", "display") for name in ("_result", "_comparison", "_report")}
# what may be imported in one place only
HOMES = {
    "scikeras": "recurrent/_wrapper.py",
    "lofo": "importance/_lofo_folds.py",
    "tensorflow": "_keras",
}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(part):
    return next((i for i, layer in enumerate(LAYERS) if part in layer), None)


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or p.name != "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down_and_keep_to_their_homes(path):
    name = path.relative_to(PACKAGE).as_posix()
    part = name.split("/")[0].removesuffix(".py")
    for module in imports_of(path):
        root, *rest = module.split(".")
        if root in HOMES:
            assert name.startswith(HOMES[root]), f"{name} imports {module}; only {HOMES[root]} may"
        if root != "skfi" or not rest or rest[0] == part or (name, rest[0]) in UPWARD:
            continue
        assert layer_of(rest[0]) is not None, f"{name} imports {module}, which is in no layer"
        assert layer_of(rest[0]) > layer_of(part), f"{name} imports {module}: that points up"


def test_importing_skfi_loads_nothing_heavy():
    code = (
        "import sys, skfi; names = dir(skfi); "
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'lofo', 'sklearn'} & set(sys.modules); "
        "assert not heavy, heavy; assert 'LSTMClassifier' in names and 'datasets' in names"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there_and_documented():
    for name in skfi.__all__:
        value = getattr(skfi, name)
        assert value.__doc__, name
        assert "Examples\n" in value.__doc__, name
    assert set(skfi.__all__) <= set(dir(skfi))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'LSTMRegresor'"):
        skfi.LSTMRegresor  # noqa: B018


def test_files_stay_readable():
    long = {p.name: n for p in FILES if (n := len(p.read_text().splitlines())) > 300}
    assert not long
