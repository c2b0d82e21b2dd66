"""Importances as bars."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from skfi._given import naming
from skfi._private import validate_params
from skfi.display._computed import Computed
from skfi.display._figures import AX, HARMS, HELPS, INK, MAX_FEATURES, STYLE, matplotlib_pyplot
from skfi.importance import ImportanceResult
from skfi.importance._scoring import metric_of

_NEEDED = ("importances_mean", "importances_std", "feature_names", "method", "by")


class ImportanceDisplay(Computed):
    """Bars of importances, largest on top, with the 95% interval of each, or else its spread.

    Make one with :meth:`from_result` or :meth:`from_estimator`, then call :meth:`plot`.

    Parameters
    ----------
    result : ImportanceResult
        What to draw.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where it was drawn.
    figure_ : matplotlib.figure.Figure
        The figure around it.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi import ImportanceDisplay, ImportanceResult
    >>> result = ImportanceResult.from_values(np.array([[0.1, 0.3], [0.5, 0.7]]),
    ...                                       feature_names=["tmin", "rain"], method="permutation")
    >>> display = ImportanceDisplay.from_result(result).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['tmin', 'rain']
    """

    def __init__(self, result: ImportanceResult) -> None:
        self.result = check_result(result)

    @classmethod
    def from_result(cls, result: ImportanceResult) -> Self:
        """Make a display of a computed result.

        Parameters
        ----------
        result : ImportanceResult
            From any of the importance functions, or ``importances_`` of an estimator.

        Returns
        -------
        display : ImportanceDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If ``result`` is not an ImportanceResult.
        """
        return cls(result)

    @validate_params(
        {"ax": AX, "kind": [str], "max_features": MAX_FEATURES, "bar_kwargs": STYLE},
        prefer_skip_nested_validation=True,
    )
    def plot(
        self,
        ax: Any = None,
        *,
        kind: str = "importance",
        max_features: int | None = 20,
        bar_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure of fitting height.
        kind : {"importance", "score"}, default="importance"
            The importances themselves; or the score that was left when each unit was shuffled or
            left out, with the baseline score as a line.
        max_features : int, default=20
            Draw the largest only; None draws all.
        bar_kwargs : mapping, default=None
            Passed to :meth:`matplotlib.axes.Axes.barh`.

        Returns
        -------
        self : ImportanceDisplay
            With ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``kind`` is unknown, or "score" for a method that measures no score.
        """
        plt = matplotlib_pyplot()
        result = self.result
        if kind not in ("importance", "score"):
            raise ValueError(f"kind={kind!r} is unknown; use 'importance' or 'score'.")
        if kind == "score" and result.baseline_score is None:
            raise ValueError(f"kind='score' needs a scored method; {result.method} has no score.")
        order = largest_units(result, max_features)
        names = [str(name) for name in result.feature_names[order]]
        if ax is None:
            _, ax = plt.subplots(
                figsize=(6.4, 1.3 + 0.32 * max(len(order), 3)), layout="constrained"
            )
        mean, std = result.importances_mean[order], result.importances_std[order]
        colors = np.where(mean >= 0, HELPS, HARMS)
        metric, sign = _metric(result)
        values = mean if kind == "importance" else sign * (result.baseline_score - mean)
        style = {"color": colors, "height": 0.7} | dict(bar_kwargs or {})
        single = result.importances is not None and result.importances.shape[1] == 1
        spread = None if single else std
        if "confidence_intervals" in result:
            spread = np.abs(result.confidence_intervals[order].T - mean)
        with naming("bar_kwargs", bar_kwargs, "keywords of Axes.barh"):
            ax.barh(range(len(order)), values, xerr=spread, ecolor=INK, capsize=2, **style)
        ax.set_yticks(range(len(order)), names, parse_math=False)
        ax.set_ylim(-0.6, len(order) - 0.4)
        if kind == "score":
            baseline = sign * result.baseline_score
            ax.axvline(baseline, color=INK, linestyle="--", linewidth=1)
            ax.set_title(f"dashed: {metric} with every {result.by} in place", fontsize="small")
            ax.set_xlabel(f"{metric}\nwhen the {result.by} is {_change(result)}")
        else:
            ax.axvline(0, color=INK, linewidth=0.8)
            ax.set_xlabel(axis_label(result))
        if result.get("correlated"):
            pairs = ", ".join(f"{a} with {b}" for a, b, _ in result.correlated[:3])
            others = " and others" if len(result.correlated) > 3 else ""
            note = f"correlated, so they share importance: {pairs}{others}"
            ax.set_xlabel(f"{ax.get_xlabel()}\n{note}", parse_math=False)
        ax.spines[["top", "right"]].set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def largest_units(result: ImportanceResult, most: int | None) -> np.ndarray:
    """Numbers of the largest units, the largest last, which is on top."""
    return np.argsort(result.importances_mean, kind="stable")[::-1][:most][::-1]


def axis_label(result: ImportanceResult, *, spread: bool = True) -> str:
    """What importances measure, and what the line at a bar is."""
    if result.baseline_score is None:
        single = result.importances is not None and result.importances.shape[1] == 1
        spread_over = "occurrences" if result.by == "word" else "samples"
        note = "" if single or not spread else f"\n(line: spread over {spread_over})"
        return f"mean {result.method.replace('_', ' ')}{note}"
    note = "\n(line: 95% interval)" if spread and "confidence_intervals" in result else ""
    metric, sign = _metric(result)
    change = "increase" if sign < 0 else "decrease"
    return f"{change} of {metric}\nwhen the {result.by} is {_change(result)}{note}"


def check_result(result: Any) -> ImportanceResult:
    """Raise TypeError unless ``result`` can be drawn."""
    if not isinstance(result, ImportanceResult):
        raise TypeError(
            f"result must be an ImportanceResult; got {type(result).__name__}. If several "
            "metrics or outputs were scored, pick one: result['neg_mean_absolute_error']."
        )
    lacking = [key for key in _NEEDED if key not in result]
    if lacking:
        raise ValueError(
            f"result has no {', '.join(lacking)}. Make results with the importance functions, or "
            "ImportanceResult.from_values."
        )
    return result


def _metric(result: ImportanceResult) -> tuple[str, int]:
    """Readable name of the metric, and the sign to multiply the score by."""
    name, sign = metric_of(result)
    return {"r2": "R²"}.get(name, name), sign


def _change(result: ImportanceResult) -> str:
    if result.method == "lofo":
        return "left out"
    return "replaced" if result.by == "word" else "shuffled"
