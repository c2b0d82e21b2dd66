"""Importances by several methods, side by side."""

from typing import Any, Self

import numpy as np

from skfi._private import validate_params
from skfi.display._figures import AX, INK, MAX_FEATURES, matplotlib_pyplot
from skfi.importance import ImportanceComparison, compare_importances

_COLORS = ("#2b6ca3", "#e0a030", "#6a9a5b")


class ComparisonDisplay:
    """For each feature a bar by each method: its share of that method's importance.

    Lines are intervals of 95%. A bar to the left of zero is a feature without which the score was
    better.

    Parameters
    ----------
    comparison : ImportanceComparison
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
    >>> from skfi import ComparisonDisplay, ImportanceComparison, ImportanceResult
    >>> results = {
    ...     method: ImportanceResult.from_values(
    ...         np.array([[0.1, 0.3], [0.5, 0.7]]), feature_names=["tmin", "rain"], method=method)
    ...     for method in ("permutation", "lofo")}
    >>> comparison = ImportanceComparison.from_results(results)
    >>> display = ComparisonDisplay(comparison).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['tmin', 'rain']
    """

    def __init__(self, comparison: ImportanceComparison) -> None:
        if not isinstance(comparison, ImportanceComparison):
            raise TypeError(
                f"comparison must be an ImportanceComparison; got {type(comparison).__name__}. "
                "ImportanceDisplay draws a single result."
            )
        self.comparison = comparison

    @classmethod
    def from_result(cls, comparison: ImportanceComparison) -> Self:
        """Make a display of a computed comparison.

        Parameters
        ----------
        comparison : ImportanceComparison
            From :func:`~skfi.compare_importances`.

        Returns
        -------
        display : ComparisonDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If it is not an ImportanceComparison.
        """
        return cls(comparison)

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, **kwargs: Any) -> Self:
        """Compute importances by several methods and make a display of them.

        Parameters
        ----------
        estimator : estimator, Pipeline or keras.Model
            A fitted one.
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples.
        y : array-like of shape (n_samples,)
            Targets.
        **kwargs : dict
            Passed to :func:`~skfi.compare_importances`.

        Returns
        -------
        display : ComparisonDisplay
            Not drawn yet.
        """
        return cls(compare_importances(estimator, X, y, **kwargs))

    @validate_params({"ax": AX, "max_features": MAX_FEATURES}, prefer_skip_nested_validation=True)
    def plot(self, ax: Any = None, *, max_features: int | None = 12) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure of fitting height.
        max_features : int, default=12
            Draw those of the best mean rank only; None draws all.

        Returns
        -------
        self : ComparisonDisplay
            With ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = matplotlib_pyplot()
        frame = self.comparison.to_frame()[:max_features][::-1]
        methods = list(self.comparison.results)
        if ax is None:
            height = 1.3 + 0.2 * (len(methods) + 1) * max(len(frame), 2)
            _, ax = plt.subplots(figsize=(6.4, height), layout="constrained")
        thickness = 0.8 / len(methods)
        for i, method in enumerate(methods):
            total = np.clip(self.comparison.results[method].importances_mean, 0, None).sum() or 1
            of_method = frame[method] / total
            ends = of_method[["ci_low", "ci_high"]].to_numpy().T
            spread = np.abs(ends - of_method["mean"].to_numpy())
            ax.barh(
                np.arange(len(frame)) + 0.4 - thickness * (i + 0.5),
                of_method["mean"],
                xerr=None if np.isnan(spread).any() else spread,
                height=0.9 * thickness,
                color=_COLORS[i % len(_COLORS)],
                ecolor=INK,
                capsize=2,
                label=method,
            )
        ax.set_yticks(range(len(frame)), [str(name) for name in frame.index], parse_math=False)
        ax.axvline(0, color=INK, linewidth=0.8)
        ax.set_xlabel("share of the method's importance\n(line: 95% interval)")
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="lower right", frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self
