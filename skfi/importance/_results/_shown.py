"""Results on a page of their own."""

import os

import skfi


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
        if path is None:
            return skfi.report.page([self])
        skfi.report.write_report(path, self)
        return None
