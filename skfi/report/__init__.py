"""Pages that show results: one file, which holds all that it needs."""

from skfi.report._page import page as page  # for to_html
from skfi.report._page import write_report

__all__ = ["write_report"]
