"""Displays as pictures inside a page: SVG, whose text is text, in the colours of the page."""

import html
import io
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import numpy as np

from skfi.display._figures import INK, matplotlib_pyplot
from skfi.report._blocks import Picture

_STYLE = {
    "svg.fonttype": "none",  # text that can be searched and read aloud
    "text.parse_math": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK
    ),
    "legend.frameon": False,
}
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
_MOST_CELLS = 5000  # of a heat map whose values are shown under the pointer


class Pictures:
    """Makes the pictures of one page, each with names of its own inside."""

    def __init__(self) -> None:
        self._numbers = count()

    def draw(
        self,
        plot: Callable[[], Any],
        alt: str,
        caption: str = "",
        titles: Sequence[tuple[Any, str, str]] | Callable[[Any], Any] = (),
        cells: dict[str, Any] | None = None,
    ) -> Picture:
        """The picture that ``plot``, a call that returns a display, draws.

        ``titles`` names, of a display, the parts that say something under the pointer: the artist,
        an id, and what it says.
        """
        plt = matplotlib_pyplot()
        number = next(self._numbers)
        with plt.rc_context(_STYLE | {"svg.hashsalt": f"skfi {number}"}):
            display = plot()
            named = list(titles(display)) if callable(titles) else list(titles)
            for artist, name, _ in named:
                artist.set_gid(name)
            file = io.StringIO()
            display.figure_.savefig(file, format="svg", metadata={"Date": None})
            plt.close(display.figure_)
        svg = _for_page(file.getvalue(), f"p{number}-")
        for _, name, text in named:
            svg = _with_title(svg, f"p{number}-{name}", text)
        return Picture(svg, alt, caption, cells)


def cells_of(rows: Iterable, columns: Iterable, values: np.ndarray) -> dict[str, Any] | None:
    """What a heat map says under the pointer; None if it has too many cells."""
    if values.size > _MOST_CELLS:
        return None
    rounded = [[float(f"{v:.3g}") if np.isfinite(v) else None for v in row] for row in values]
    return {"rows": [*map(str, rows)], "columns": [*map(str, columns)], "values": rounded}


def _for_page(svg: str, prefix: str) -> str:
    """An SVG file as an element: with names of its own, in the page's font and colour."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", rf"font: \1 {_FONT}", svg)
    svg = re.sub(re.escape(INK), "var(--ink)", svg, flags=re.IGNORECASE)
    svg = re.sub(r"<style .*?</style>", "", svg, flags=re.DOTALL)  # would be of the whole page
    head, rest = svg.split(">", 1)
    width = re.search(r'width="([\d.]+)pt"', head)
    head = re.sub(r' (?:width|height)="[\d.]+pt"', "", head)
    points = float(width[1]) if width else 480.0
    # decorative for a screen reader, which is told the description of the figure
    return (
        f'{head} aria-hidden="true" focusable="false" style="width:{points * 4 / 3:.0f}px">{rest}'
    )


def _with_title(svg: str, name: str, text: str) -> str:
    title = html.escape(text, quote=False)
    return svg.replace(f'<g id="{name}">', f'<g id="{name}" class="bar"><title>{title}</title>')
