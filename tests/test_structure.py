"""The package's shape: lazy imports, and imports that only point down."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

import skfi

PACKAGE = Path(skfi.__file__).parent

# an import may only point to a layer further down
LAYERS = [
    {"__main__"},
    {"cli"},
    {"_cli"},
    {"report"},
    {"display", "feature_selection", "recurrent"},
    {"importance"},
    {"preprocessing", "datasets", "metrics"},
    {"_pipelines"},
    {"_keras", "_folding", "_padding", "_routing"},
    {"_containers", "_files"},
    {"_constraints", "_given"},
    {"_private"},
]
# the same inside importance: methods do not import each other
IMPORTANCE = [
    {"_compare", "_checks", "_transformer", "_explained_estimator", "_in_fit"},
    {"_explained_checks"},
    {"_functions"},
    {"_gradient", "_permutation", "_lofo"},
    {"_outputs"},
    {"_results", "_scoring", "_index_view", "_clones", "_params_in_fit", "_stand_in", "_fits"},
    {"_memory"},
    {"_fingerprint"},
    {"_own_code"},
    {"_inference", "_units"},
    {"_inputs"},
    {"_quiet"},
]
# what may be imported in one place only
HOMES = {
    "scikeras": "recurrent/_wrapper.py",
    "lofo": "importance/_lofo/_folds.py",
    "tensorflow": "_keras",
}
# only these may reach what another package does not promise to keep
PRIVATE_HOMES = ("_private.py", "_keras/_private.py")
PROMISING = ("sklearn", "joblib", "scikeras", "keras", "tensorflow")
OF_NAMED_TUPLES = {"_asdict", "_replace", "_fields"}  # public, says Python


def imports_of(path):
    """Modules that a file imports, also when called: by ``import_module`` with a literal name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def check_layers(layers, importing, imported):
    """That ``importing`` may import ``imported``, names of parts in ``layers``."""
    own, other = (
        next((i for i, layer in enumerate(layers) if part in layer), None)
        for part in (importing, imported)
    )
    assert other is not None, f"{imported} is in no layer"
    assert own is not None, f"{importing} is in no layer"
    assert other > own, f"{importing} imports {imported}: that points up or sideways"


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or p.name != "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down_and_keep_to_their_homes(path):
    name = path.relative_to(PACKAGE).as_posix()
    part, *inner = name.removesuffix(".py").split("/")
    for module in imports_of(path):
        root, *rest = module.split(".")
        if root in HOMES:
            assert name.startswith(HOMES[root]), f"{name} imports {module}; only {HOMES[root]} may"
        if root != "skfi" or not rest:
            continue
        if rest[0] != part:
            check_layers(LAYERS, part, rest[0])
        elif part == "importance" and len(rest) > 1 and inner[0] not in ("__init__", rest[1]):
            check_layers(IMPORTANCE, inner[0], rest[1])


def test_there_are_no_circles():
    modules = {".".join(("skfi", *p.relative_to(PACKAGE).with_suffix("").parts)): p for p in FILES}
    graph = {
        name: {module for module in imports_of(path) if module in modules and module != name}
        for name, path in modules.items()
    }
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert set(order) == set(modules)


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def own_private_names():
    """Private names of skfi's own functions, methods, class attributes and fitted attributes."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id
            elif isinstance(node, ast.Assign):
                yield from (one.id for one in node.targets if isinstance(one, ast.Name))
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                own = ast.unparse(node.value) in ("self", "estimator")
                yield from {node.attr} if own else ()


def private_reaches(path, own):
    """The private names of other packages that a file imports, or reads of an object."""
    for module in imports_of(path):
        root, *parts = module.split(".")
        inside = {"keras": "src", "tensorflow": "python"}.get(root)
        if root in PROMISING and (inside in parts or any(map(is_private, parts))):
            yield module
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr"):
            names = [one.value for one in node.args[1:2] if isinstance(one, ast.Constant)]
        else:
            continue
        yield from (n for n in names if is_private(n) and n not in own | OF_NAMED_TUPLES)


def test_private_parts_of_other_packages_are_reached_from_one_place_a_side():
    own = set(own_private_names())
    for path in FILES:
        name = path.relative_to(PACKAGE).as_posix()
        found = set(private_reaches(path, own))
        if name in PRIVATE_HOMES:
            assert found, name
        elif name == HOMES["lofo"]:
            assert found <= {"_get_cv_score"}, found  # of lofo, which only this file imports
        else:
            assert not found, f"{name} reaches {found}: take them from {PRIVATE_HOMES}"


def test_tensorflow_is_loaded_by_the_module_that_keeps_it_quiet():
    loading = {"keras", "tensorflow", "scikeras"}
    for path in FILES:
        if loading & {module.split(".")[0] for module in imports_of(path)}:
            first = path if path.parent == PACKAGE else path.relative_to(PACKAGE).parts[0]
            module = PACKAGE / first / "__init__.py" if first != path else path
            imported = next(imports_of(module))
            assert imported.startswith("skfi._keras"), f"{module} has to import skfi._keras first"


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


def test_function_bodies_stay_readable():
    long = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                has_doc = ast.get_docstring(node) is not None
                start = node.body[0].end_lineno if has_doc else node.body[0].lineno - 1
                if node.end_lineno - start > 60:
                    long[f"{path.name}: {node.name}"] = node.end_lineno - start
    assert not long


@pytest.mark.parametrize("name", ["gradient", "permutation", "lofo"])
def test_every_parameter_of_a_method_is_in_its_table(name):
    module = import_module(f"skfi.importance._{name}._{name}_importance")
    function = getattr(skfi, f"{name}_importance")
    parameters = [p for p in signature(function).parameters if p not in ("estimator", "X", "y")]
    assert list(module.PARAMETERS) == parameters
