"""The Python of pages in Markdown, run from top to bottom as a newcomer would paste it.

Blocks that begin with ``python not-run`` need what is not installed here, and are left out.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^()\s]+)\)")


def read(page: str) -> str:
    """The text of a page, by its path in the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, changes: Mapping[str, str] | None = None) -> list[str]:
    """The blocks of Python that are run; ``changes`` has what is replaced, each once."""
    text = read(page)
    for shown, run in (changes or {}).items():
        assert text.count(shown) == 1, f"{page} has {text.count(shown)} times {shown!r}"
        text = text.replace(shown, run)
    return BLOCK.findall(text)


def run(
    page: str, names: dict[str, Any] | None = None, changes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run a page; return the names that it leaves."""
    names = {} if names is None else names
    for block in blocks(page, changes):
        exec(compile(block, page, "exec"), names)
    return names


def without_code(text: str) -> str:
    """The prose of a page, in which links are."""
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)


def anchor(heading: str) -> str:
    """What a heading is called in links, as GitHub and MyST make it."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")
