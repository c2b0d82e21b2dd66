"""What a result says of itself: a title, a table, and caveats."""

import html
from typing import Any


class Described:
    """A result in words, in a terminal and in a notebook."""

    baseline_score: Any
    scoring: str | None
    method: str
    by: str
    get: Any
    to_frame: Any

    @property
    def note(self) -> str:
        """A caveat in one sentence; empty if there is none."""
        notes = (
            self.get("incomplete", ""),
            self._note_of_correlated(),
            self._note_of_intervals(),
            self.get("about_baseline", ""),
        )
        return " ".join(filter(None, notes))

    def _note_of_intervals(self) -> str:
        reason = self.get("without_intervals")
        return f"No intervals: {reason}" if reason else ""

    def _note_of_correlated(self) -> str:
        if not self.get("correlated"):
            return ""
        strongest = sorted(self.get("correlated"), key=lambda pair: -abs(pair[2]))
        pairs = ", ".join(f"{a} and {b} ({r:.2f})" for a, b, r in strongest[:5])
        others = f" and {len(strongest) - 5} other pairs" if len(strongest) > 5 else ""
        return (
            f"Strongly correlated: {pairs}{others}. They share their importance; see "
            "feature_groups='auto' and conditional=True."
        )

    def _title(self) -> str:
        of_output = f" of output {self.get('output')}" if self.get("output") is not None else ""
        of_sample = (
            f" of sample {self.get('sample_number')}"
            if self.get("sample_number") is not None
            else ""
        )
        title = f"{self.method} importance by {self.by}{of_output}{of_sample}"
        if self.baseline_score is not None:
            title += f", baseline {self.scoring or 'score'} {self.baseline_score:.4g}"
        return title

    def __repr__(self) -> str:
        table = self.to_frame().to_string(float_format="{:.4g}".format, max_rows=20)
        return "\n\n".join(filter(None, (self._title(), table, self.note)))

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(float_format="{:.4g}".format)
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f"<div><p>{html.escape(self._title())}</p>{table}{note}</div>"
