"""Results on a page of their own."""

import os

import skfi
from skfi._files import checked_path, written_whole


class Shown:
    """A result that can be shown as one HTML page."""

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The result as one HTML page that holds all that it needs.

        Parameters
        ----------
        path : str or path, default=None
            The file to write; None returns the page. Several results on one page, with a title and
            notes, are written by :func:`skfi.report.write_report`.

        Returns
        -------
        html : str or None
            The page, if no ``path`` is given.

        Raises
        ------
        ImportError
            If jinja2 or matplotlib is not installed; the extra ``report`` brings both.
        """
        checked = None if path is None else checked_path(path)
        html = skfi.report.page([self])
        if checked is None:
            return html
        with written_whole(checked) as file:
            file.write(html.encode())
        return None
