"""Markdown outside of ``docs/`` in the site, and links that are right there and in the repository.

Pages such as CHANGELOG.md and the benchmarks' are copied to ``docs/outside`` before the site is
read. A link to one of them leads to its copy; any other link that leaves ``docs/``, to a test or
to a script, leads to the repository on the web.
"""

import os
import re
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
COPIES = DOCS / "outside"
REPOSITORY = "https://github.com/skfi/skfi/blob/main/"

OUTSIDE = {
    path.resolve(): COPIES / path.name
    for path in [
        *sorted((ROOT / "benchmarks").glob("*.md")),
        *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    ]
}
LINK = re.compile(r"(?<=\]\()([^()#\s:]+)(?=[)#])")


def linked(text: str, source: Path, page: Path) -> str:
    """The text of ``source`` with the links that ``page``, where it stands in the site, needs."""

    def link(found: re.Match) -> str:
        target = (source.parent / found[1]).resolve()
        if target in OUTSIDE:
            target = OUTSIDE[target]
        elif target == ROOT / "examples":
            target = DOCS / "auto_examples/index.rst"
        elif target == ROOT / "README.md":
            target = DOCS / "index.md"
        elif not target.is_relative_to(DOCS):
            return REPOSITORY + target.relative_to(ROOT).as_posix()
        return Path(os.path.relpath(target, page.parent)).as_posix()

    return LINK.sub(link, text)


def copy(app) -> None:
    """Write the pages from outside; those that have not changed stay, and are not read again."""
    COPIES.mkdir(exist_ok=True)
    for source, page in OUTSIDE.items():
        text = linked(source.read_text(encoding="utf-8"), source, page)
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def mend_links(app, name, content) -> None:
    """Links of a page of ``docs/`` that leave it."""
    path = Path(app.env.doc2path(name))
    if path.suffix == ".md" and not path.is_relative_to(COPIES):
        content[0] = linked(content[0], path, path)


def setup(app):
    app.connect("builder-inited", copy)
    app.connect("source-read", mend_links)
    return {"parallel_read_safe": True}
