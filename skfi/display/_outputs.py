"""Importances of each output, as a heat map."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from skfi._given import naming
from skfi._private import validate_params
from skfi.display._computed import Computed
from skfi.display._figures import AX, MAX_FEATURES, STYLE, color_scale, ink_on, matplotlib_pyplot
from skfi.display._importance import axis_label, check_result
from skfi.importance import ImportancesByOutput

_MOST_NUMBERS = 12  # outputs whose cells have room for a number
_MOST_TICKS = 24


class OutputImportanceDisplay(Computed):
    """Heat map of features by outputs: which feature matters for which output.

    Outputs are columns of the target, steps of a forecast, or classes, in their order. All cells
    share one scale, so outputs should be in one unit, or be scored by a metric without one, such as
    R2; or draw each output's shares with ``normalize=True``.

    Parameters
    ----------
    result : ImportancesByOutput
        What to draw.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where it was drawn.
    figure_ : matplotlib.figure.Figure
        The figure around it.
    values_ : ndarray of shape (n_features, n_outputs)
        What was drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import OutputImportanceDisplay
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> Y = X @ [[1, 1, 0], [0, 1, 1]]
    >>> model = LinearRegression().fit(X, Y)
    >>> display = OutputImportanceDisplay.from_estimator(model, X, Y, method="permutation")
    >>> display.plot().values_.shape
    (2, 3)
    """

    _params: ClassVar[dict[str, Any]] = {"per_output": True}

    def __init__(self, result: ImportancesByOutput) -> None:
        if not isinstance(result, ImportancesByOutput):
            raise TypeError(
                f"result must be of each output, ImportancesByOutput; got {type(result).__name__}. "
                "Pass per_output=True to the importance function."
            )
        for of_output in result.values():
            check_result(of_output)
        self.result = result

    @classmethod
    def from_result(cls, result: ImportancesByOutput) -> Self:
        """Make a display of computed results.

        Parameters
        ----------
        result : ImportancesByOutput
            From any of the importance functions, with ``per_output=True``.

        Returns
        -------
        display : OutputImportanceDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If ``result`` is not of each output.
        """
        return cls(result)

    @validate_params(
        {"ax": AX, "max_features": MAX_FEATURES, "normalize": ["boolean"], "im_kwargs": STYLE},
        prefer_skip_nested_validation=True,
    )
    def plot(
        self,
        ax: Any = None,
        *,
        max_features: int | None = 20,
        normalize: bool = False,
        im_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        max_features : int, default=20
            Draw those with the largest mean over the outputs only; None draws all.
        normalize : bool, default=False
            Draw each output's shares: importances clipped at 0, divided by their sum.
        im_kwargs : mapping, default=None
            Passed to :meth:`matplotlib.axes.Axes.imshow`.

        Returns
        -------
        self : OutputImportanceDisplay
            With ``ax_``, ``figure_`` and ``values_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = matplotlib_pyplot()
        frame = self.result.to_frame()
        if normalize:
            frame = frame.clip(lower=0)
            frame = frame / frame.sum().where(frame.sum() > 0, 1.0)
        frame = strongest_rows(frame, max_features)
        values = frame.to_numpy()
        n_rows, n_outputs = values.shape
        if ax is None:
            size = (3.2 + 0.42 * min(max(n_outputs, 4), 20), 1.5 + 0.32 * max(n_rows, 5))
            _, ax = plt.subplots(figsize=size, layout="constrained")
        style = color_scale([values]) | {"aspect": "auto", "interpolation": "nearest"}
        with naming("im_kwargs", im_kwargs, "keywords of Axes.imshow"):
            image = ax.imshow(values, **(style | dict(im_kwargs or {})))
        ax.set_yticks(range(n_rows), [str(name) for name in frame.index], parse_math=False)
        names = [str(name) for name in frame.columns]
        shown = range(0, n_outputs, -(-n_outputs // _MOST_TICKS))
        long = max(map(len, names)) > 3
        ax.set_xticks(shown, [names[i] for i in shown], parse_math=False, rotation=90 * long)
        if n_outputs <= _MOST_NUMBERS:
            self._write_numbers(ax, values, image)
        first = next(iter(self.result.values()))
        label = f"share of {first.method}" if normalize else axis_label(first, spread=False)
        ax.figure.colorbar(image, ax=ax, label=label)
        ax.set_xlabel("output")
        self.ax_, self.figure_, self.values_ = ax, ax.figure, values
        return self

    @staticmethod
    def _write_numbers(ax: Any, values: np.ndarray, image: Any) -> None:
        for (row, column), value in np.ndenumerate(values):
            if np.isnan(value):
                continue
            color = ink_on(*image.to_rgba(value)[:3])
            ax.text(column, row, f"{value:.2g}", ha="center", va="center", color=color, fontsize=7)


def strongest_rows(frame: pd.DataFrame, most: int | None) -> pd.DataFrame:
    """The rows with the largest means, in their order."""
    strongest = np.argsort(-frame.mean(axis=1).to_numpy(), kind="stable")[:most]
    return frame.iloc[np.sort(strongest)]
