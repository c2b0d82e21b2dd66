"""The score as units are shuffled in the order of importance and in random order."""

from typing import Any, Self

from skfi._private import validate_params
from skfi.display._figures import AX, INK, matplotlib_pyplot
from skfi.importance import ImportanceReport

_LINES = {
    "deletion": ("most important first", "#c8553d", 2.0),
    "insertion": ("least important first", "#2b6ca3", 2.0),
    "random": ("in random order", INK, 1.0),
}


class DeletionCurveDisplay:
    """The score as more and more units are shuffled: three orders.

    If importances are faithful, the score falls soon where the most important units go first, and
    late where they go last.

    Parameters
    ----------
    report : ImportanceReport
        From :func:`~skfi.check_importances`.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where it was drawn.
    figure_ : matplotlib.figure.Figure
        The figure around it.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi import DeletionCurveDisplay, ImportanceReport
    >>> curves = {name: np.array([[1.0, 0.5, 0.0]])
    ...           for name in ("deletion", "insertion", "random")}
    >>> report = ImportanceReport(curves=curves, n_shuffled=np.arange(3), by="feature")
    >>> DeletionCurveDisplay(report).plot().ax_.get_xlabel()
    'units shuffled, by feature'
    """

    def __init__(self, report: ImportanceReport) -> None:
        if not isinstance(report, ImportanceReport):
            raise TypeError(
                f"report must be an ImportanceReport; got {type(report).__name__}. "
                "check_importances makes one."
            )
        lacking = [key for key in ("curves", "n_shuffled", "by") if key not in report]
        if lacking:
            raise ValueError(f"report has no {', '.join(lacking)}; check_importances makes one.")
        self.report = report

    @classmethod
    def from_result(cls, report: ImportanceReport) -> Self:
        """Make a display of a report.

        Parameters
        ----------
        report : ImportanceReport
            From :func:`~skfi.check_importances`.

        Returns
        -------
        display : DeletionCurveDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If it is not an ImportanceReport.
        """
        return cls(report)

    @validate_params({"ax": AX}, prefer_skip_nested_validation=True)
    def plot(self, ax: Any = None) -> Self:
        """Draw the curves: means, and all of the single ones of random order.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        self : DeletionCurveDisplay
            With ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = matplotlib_pyplot()
        if ax is None:
            _, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
        x = self.report.n_shuffled
        ax.plot(x, self.report.curves["random"].T, color=INK, alpha=0.15, linewidth=0.8)
        for name, (label, color, width) in _LINES.items():
            mean = self.report.curves[name].mean(axis=0)
            ax.plot(x, mean, color=color, linewidth=width, marker=".", label=label)
        ax.set_xlabel(f"units shuffled, by {self.report.by}")
        ax.set_ylabel("score")
        ax.legend(frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self
