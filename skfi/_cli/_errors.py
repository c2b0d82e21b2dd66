"""Errors that end the command with one line."""

from collections.abc import Iterable
from difflib import get_close_matches


class CommandError(Exception):
    """What was asked for cannot be done, for instance with this data."""

    exit_code = 1


class UsageError(CommandError):
    """What was typed does not hold: an option, or the name of a file or column."""

    exit_code = 2


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question with the known names that are most like ``name``; empty if none is."""
    by_lower = {one.lower(): one for one in known}
    close = get_close_matches(name.lower(), by_lower, n=2)
    return f" Did you mean {' or '.join(repr(by_lower[one]) for one in close)}?" if close else ""
