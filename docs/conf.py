"""How the site is built: ``make docs``. It needs no network but for the data of the examples."""

import inspect
import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import skfi  # noqa: E402 - after TensorFlow has been told to be quiet

project, author = "skfi", "The skfi developers"
version = release = skfi.__version__
copyright = author

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "pages_from_outside",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
templates_path = ["_templates"]

# References to other packages are not looked up, as that needs a network; those to skfi must exist.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!skfi)\w+(\..*)?"),
]

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings name the types in words
numpydoc_show_class_members = False  # the template of a class does
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = "skfi"
html_static_path = ["_static"]
html_css_files = ["skfi.css"]
html_show_copyright = False
html_show_sourcelink = False
html_sidebars = {"index": [], "changelog": []}
html_theme_options = {
    "github_url": "https://github.com/skfi/skfi",
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["sphinx-version"],
    "footer_end": ["theme-version"],
    "secondary_sidebar_items": {"**": ["page-toc"], "which_method": []},  # room for its picture
    "navbar_persistent": ["search-button"],
}


sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\.py$",
    # EXAMPLES=shown builds in a minute: the examples are shown, and not run
    "plot_gallery": os.environ.get("EXAMPLES", "run") == "run",
    "reset_argv": "gallery_arguments.pictures_among_what_is_built",
    "within_subsection_order": "ExampleTitleSortKey",
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "download_all_examples": False,
    "abort_on_example_error": True,
    "doc_module": ("skfi",),
    "backreferences_dir": "auto_examples/backreferences",
    "inspect_global_variables": False,
}


def skip_what_others_wrote(app, what, name, value, skip, options):
    """Members that come from scikit-learn or from ``dict`` are not documented again."""
    if skip or name.startswith("_"):
        return True
    member = value.fget if isinstance(value, property) else value
    module = getattr(inspect.unwrap(member), "__module__", None) if callable(member) else None
    return not (module or "").startswith("skfi")


SHAPE = re.compile(r"\((?:\w+, )*\w+_(?:, \w+)*,?\)")


def escape_shapes(app, what, name, value, options, lines):
    """Shapes have names of fitted attributes, whose last underscore would make them references."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            lines[number] = SHAPE.sub(lambda shape: re.sub(r"_(?=[,)])", r"\\_", shape[0]), line)


def setup(app):
    app.connect("autodoc-process-docstring", escape_shapes, priority=400)  # before numpydoc
    app.connect("autodoc-skip-member", skip_what_others_wrote)
