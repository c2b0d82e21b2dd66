"""What a page is made of, without a word of HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

MOST_ROWS = 200  # of a table


@dataclass
class Text:
    """Sentences, each a paragraph, or the items of a list."""

    sentences: Sequence[str]
    is_list: bool = False
    is_lead: bool = False  # the answer, in larger letters
    kind: ClassVar[str] = "text"


@dataclass
class Cell:
    """What a table shows in one place, and what it is sorted by."""

    text: str
    value: float | str
    is_number: bool
    verdict: str = ""  # "good" or "bad" gets a mark


@dataclass
class Table:
    """Rows of cells, the first of each its name."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    ids: Sequence[str] = ()  # of the bar that belongs to each row
    kind: ClassVar[str] = "table"


@dataclass
class Picture:
    """An SVG, its description for who does not see it, and the values of a heat map."""

    svg: str
    alt: str
    caption: str = ""
    cells: dict[str, Any] | None = None
    kind: ClassVar[str] = "picture"


@dataclass
class Markup:
    """HTML that is escaped where it is made."""

    html: str
    kind: ClassVar[str] = "markup"


@dataclass
class Option:
    """One of several that a reader picks from."""

    label: str
    blocks: Sequence[Any]


@dataclass
class Choice:
    """Options one below the other, of which a reader with JavaScript sees one at a time."""

    label: str
    options: Sequence[Option]
    kind: ClassVar[str] = "choice"


@dataclass
class Details:
    """What is folded away at first on a screen."""

    summary: str
    blocks: Sequence[Any]
    kind: ClassVar[str] = "details"


@dataclass
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: list[Any] = field(default_factory=list)


def number(value: Any) -> Cell:
    """A cell of a number, empty for NaN."""
    value = float(value)
    if not np.isfinite(value):
        return Cell("" if np.isnan(value) else str(value), -np.inf, True)
    return Cell(in_figures(value), value, True)


def pvalue(value: Any) -> Cell:
    """A cell of a p-value."""
    value = float(value)
    text = "" if np.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"
    return Cell(text, np.inf if np.isnan(value) else value, True)


def word(value: Any) -> Cell:
    """A cell of a text."""
    return Cell(str(value), str(value), False)


def count(value: Any) -> Cell:
    """A cell of a whole number."""
    return Cell(f"{int(value):,}", int(value), True)


def in_figures(value: float) -> str:
    """A number in four figures at most, without an exponent where that can be read."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 10_000 and abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.4g}"
