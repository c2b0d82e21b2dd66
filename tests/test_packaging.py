"""What the package index shows and installs."""

import configparser
import re
import runpy
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import skfi

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def setup_cfg():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def requirements(text):
    """Lowest versions by name."""
    without_comments = re.sub(r"\s#.*", "", text)
    return dict(re.findall(r"^([\w-]+)(?:>=|==)([\d.]+)", without_comments, flags=re.MULTILINE))


def test_the_page_of_the_index_has_no_relative_link(monkeypatch):
    given = {}
    setuptools = ModuleType("setuptools")
    setuptools.setup = lambda **keywords: given.update(keywords)
    monkeypatch.setitem(sys.modules, "setuptools", setuptools)
    runpy.run_path(str(ROOT / "setup.py"))
    shown = given["long_description"]
    prose, own_prose = (re.sub(r"```.*?```", "", text, flags=re.DOTALL) for text in (shown, README))
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    assert len(links) == len(re.findall(r"\]\(([^)\s]+)\)", own_prose)) > 20
    for link in links:
        assert link.startswith("https://"), link
        inside = re.sub(r"^https://[^/]+/skfi/skfi/(blob/)?main/", "", link)
        assert inside == link or (ROOT / inside).exists(), link
    code, own_code = (re.findall(r"```.*?```", text, flags=re.DOTALL) for text in (shown, README))
    assert code == own_code


def test_the_lowest_versions_are_those_that_are_tested():
    config = setup_cfg()
    extras = config["options.extras_require"]
    asked = config["options"]["install_requires"] + extras["plot"] + extras["test"]
    lowest = requirements((ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8"))
    for name, bound in requirements(asked).items():
        padded = (bound + ".0.0").split(".")[:3]
        assert lowest[name].split(".") == padded, f"{name}>={bound} is not what lowest.txt has"


def test_the_version_is_one():
    assert setup_cfg()["metadata"]["version"] == skfi.__version__ == version("skfi")


def test_the_lists_of_tests_name_files():
    for name in ("core", "smoke"):
        for line in (ROOT / "tests" / f"{name}.txt").read_text().splitlines():
            assert (ROOT / line.split("::")[0]).exists(), line
