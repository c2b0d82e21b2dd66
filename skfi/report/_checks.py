"""What the checks of importances found."""

from typing import Any

from skfi.display import DeletionCurveDisplay
from skfi.importance import ImportanceReport
from skfi.report._blocks import Cell, Section, Table, Text, number, word
from skfi.report._pictures import Pictures


def of_checks(report: ImportanceReport, pictures: Pictures) -> Section:
    """Each check with its verdict, and the curves."""
    checks = report.checks
    n_passed = int(checks["passed"].sum())
    lead = (
        f"All {len(checks)} checks passed."
        if n_passed == len(checks)
        else f"{n_passed} of {len(checks)} checks passed; {', '.join(_failed(checks))} did not."
    )
    rows = [
        [
            word(name),
            _verdict(bool(check["passed"])),
            number(check["value"]),
            number(check["reference"]),
            word(check["meaning"]),
        ]
        for name, check in checks.iterrows()
    ]
    picture = pictures.draw(
        lambda: DeletionCurveDisplay(report).plot(),
        alt="Curves of the score as units are shuffled: the most important first, the least "
        "important first, and in random order.",
        caption="If importances are right, the score falls soon where the most important units "
        "are shuffled first, and late where they are shuffled last.",
    )
    columns = ["check", "verdict", "value", "held against", "meaning"]
    return Section(
        "Can the importances be trusted?",
        [Text([lead], is_lead=True), Table("Checks", columns, rows), picture],
    )


def _failed(checks: Any) -> list[str]:
    return [str(name) for name in checks.index[~checks["passed"].astype(bool)]]


def _verdict(passed: bool) -> Cell:
    text = "passed" if passed else "failed"
    return Cell(text, text, False, verdict="good" if passed else "bad")
