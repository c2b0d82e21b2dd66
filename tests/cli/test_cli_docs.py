"""docs/command_line.md tells what the parser takes."""

import re
import shlex
from pathlib import Path

import pytest

from skfi._cli._parser import make_parser

pytestmark = pytest.mark.usefixtures("in_a_folder")  # pages are written to the current one

PAGE = (Path(__file__).parents[2] / "docs/command_line.md").read_text()
SECTIONS = dict(re.findall(r"^## skfi (\w+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S))


def parsers():
    (commands,) = (a for a in make_parser("")._actions if getattr(a, "choices", None))
    return commands.choices


def options_of(parser):
    return {one for action in parser._actions for one in action.option_strings} - {"-h", "--help"}


def test_each_command_has_its_section():
    assert set(SECTIONS) == set(parsers())


def test_the_tables_have_all_options_of_explain():
    rows = re.findall(r"^\| (`-.*?) \|", SECTIONS["explain"], flags=re.M)
    told = {name for row in rows for name in re.findall(r"`?(--?[a-z][a-z-]*)", row)}
    assert told == options_of(parsers()["explain"])


def test_the_options_of_the_others():
    told = re.findall(r"`(--?[a-z-]+)`", SECTIONS["report"].split("It takes")[1])
    assert set(told) == options_of(parsers()["report"])
    data = re.search(r"The data:\n(.*?)The network", SECTIONS["explain"], flags=re.S)[1]
    of_data = set(re.findall(r"`(--[a-z-]+)", data))
    assert options_of(parsers()["demo"]) == options_of(parsers()["explain"]) - of_data


@pytest.mark.parametrize("line", re.findall(r"^skfi .*", PAGE, flags=re.M))
def test_examples_can_be_parsed(line):
    options = make_parser("").parse_args(shlex.split(line)[1:])
    assert options.command == line.split()[1]


def test_defaults_are_those_that_are_told():
    options = make_parser("").parse_args(["explain", "river.csv"])
    assert (options.units, options.seed, options.horizon, options.task) == (32, 0, 0, "auto")
    for shown in ("| 32 |", "| 0 |", "| 0: inputs"):
        assert shown in SECTIONS["explain"]
