"""Importances over features and time, as a heat map."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from skfi._given import check_values, naming, sample_numbers
from skfi._private import validate_params
from skfi.display._computed import compute
from skfi.display._figures import AX, STYLE, color_scale, matplotlib_pyplot
from skfi.display._grid import check_call, check_over_time, draw_series
from skfi.display._predicted import predicted
from skfi.importance import ImportanceResult

_MOST_TICKS = 11
_PALEST = 0.15  # of a step that hardly a sequence reaches


class TemporalImportanceDisplay:
    """Heat map of features by time steps: which feature, and when.

    Of a gradient result the mean attribution of each cell over the samples, or the attributions of
    single ``samples``; of a permutation or LOFO result, computed ``by="cell"`` or
    ``by="timestep"``, its importances. Means are over the samples whose sequence reaches the step,
    with the result's ``sample_weight``. Signed values get diverging colours around zero; all maps
    of a figure share one scale.

    Parameters
    ----------
    result : ImportanceResult
        What to draw.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes or ndarray of them
        Where it was drawn; an array for several samples.
    figure_ : matplotlib.figure.Figure
        The figure around it.
    values_ : list of ndarray of shape (n_features, n_timesteps)
        What was drawn, NaN where a sequence, or every one of a mean, has ended.

    Examples
    --------
    >>> from skfi import LSTMRegressor, TemporalImportanceDisplay
    >>> from skfi.datasets import make_sequence_regression
    >>> X, y = make_sequence_regression(60, n_features=3, return_X_y=True, random_state=0)
    >>> model = LSTMRegressor(4, epochs=2, random_state=0).fit(X, y)
    >>> display = TemporalImportanceDisplay.from_estimator(model, X).plot()
    >>> display.values_[0].shape
    (3, 10)
    """

    def __init__(self, result: ImportanceResult) -> None:
        check_over_time(result)
        self.result = result

    @classmethod
    def from_result(cls, result: ImportanceResult) -> Self:
        """Make a display of a computed result.

        Parameters
        ----------
        result : ImportanceResult
            Of gradients; or of another method by cell or by time step, without groups.

        Returns
        -------
        display : TemporalImportanceDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If ``result`` is not an ImportanceResult.
        ValueError
            If it has no values by time step.
        """
        return cls(result)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any = None, *, method: str = "gradient", **kwargs: Any
    ) -> Self:
        """Compute importances and make a display of them.

        Parameters
        ----------
        estimator : estimator, keras.Model or Pipeline
            As the importance functions take it.
        X : array-like of shape (n_samples, n_timesteps, n_features)
            Samples.
        y : array-like of shape (n_samples,), default=None
            Targets; gradients need none.
        method : {"gradient", "permutation", "lofo"}, default="gradient"
            Which function computes them.
        **kwargs : dict
            Passed to that function; ``aggregate="mean"`` shows signed means.

        Returns
        -------
        display : TemporalImportanceDisplay
            Not drawn yet.

        Raises
        ------
        ValueError
            If ``method`` is unknown, or what it computes would have no value for each time step.
        """
        if method in ("permutation", "lofo"):
            kwargs = {"by": "cell" if method == "permutation" else "timestep"} | kwargs
            check_call(method, kwargs["by"], kwargs.get("feature_groups"))
        return cls.from_result(compute(method, estimator, X, y, **kwargs))

    @validate_params(
        {"ax": AX, "weigh_steps": ["boolean"], "im_kwargs": STYLE},
        prefer_skip_nested_validation=True,
    )
    def plot(
        self,
        ax: Any = None,
        *,
        samples: Sequence[int] | int | None = None,
        X: Any = None,
        weigh_steps: bool = False,
        im_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the heat map.

        Of sequences of unequal length, which gradients know, the mean at a step is that of the
        sequences that reach it: the fewer they are, the paler is the step.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw a single map; None makes a figure.
        samples : int or list of int, default=None
            Of gradients: draw the signed attributions of these samples, a map each, in place of
            the mean over all, with what is predicted of each. Of the result of one sample
            (:meth:`ImportanceResult.sample`) it is that one.
        X : array-like of shape (n_samples, n_timesteps, n_features), False or None, default=None
            The series of ``samples`` to draw over their maps, each feature scaled to its row; by
            default the values that were explained. False draws none.
        weigh_steps : bool, default=False
            Multiply the mean at each step by the share of the sequences that reach it, in place of
            drawing it paler: what a step contributes to all sequences.
        im_kwargs : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.imshow`.

        Returns
        -------
        self : TemporalImportanceDisplay
            With ``ax_``, ``figure_``, ``values_`` and ``reached_``, the share of the sequences that
            reach each step.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``samples`` or ``X`` do not fit the result.
        """
        plt = matplotlib_pyplot()
        single = self.result.get("sample_number")
        if samples is None and single is not None and self.result.attributions is not None:
            samples = 0
        chosen = None if samples is None else self._chosen(samples)
        maps = [self._mean_map()] if chosen is None else [self._map_of(i) for i in chosen]
        reached = self._reached(maps[0].shape[1])
        fades = chosen is None and not weigh_steps and (reached < 1).any()
        if chosen is None and weigh_steps:
            maps[0] = maps[0] * reached
        series = self._series(X, chosen)
        names = self._names(maps[0].shape[0])
        if ax is not None and len(maps) > 1:
            raise ValueError(f"ax holds one map; {len(maps)} samples need a figure: ax=None.")
        if ax is None:
            height = 1.1 + len(maps) * (0.5 + 0.34 * max(len(names), 2))
            _, axes = plt.subplots(
                len(maps), 1, figsize=(7.2, height), layout="constrained", squeeze=False
            )
            axes = axes[:, 0]
        else:
            axes = np.array([ax])
        style = color_scale(maps) | {"aspect": "auto", "interpolation": "nearest"}
        style |= im_kwargs or {}
        if fades:
            shade = _PALEST + (1 - _PALEST) * reached
            style.setdefault("alpha", np.broadcast_to(shade, maps[0].shape))
        for i, (axis, values) in enumerate(zip(axes, maps, strict=True)):
            with naming("im_kwargs", im_kwargs, "keywords of Axes.imshow"):
                image = axis.imshow(values, **style)
            axis.set_yticks(range(len(names)), names, parse_math=False)
            self._label_steps(axis, values.shape[1])
            if chosen is not None:
                title = f"sample {chosen[i] if single is None else single}"
                of_sample = predicted(self.result, chosen[i])
                title += f": predicted {of_sample}" if of_sample else ""
                axis.set_title(title, fontsize="small", loc="left", parse_math=False)
            if series is not None:
                draw_series(axis, series[i], values)
        axes[-1].set_xlabel("time step" + (" (paler: fewer sequences reach it)" if fades else ""))
        bar = axes[0].figure.colorbar(image, ax=list(axes), label=self._label(chosen is not None))
        bar.solids.set_alpha(1)
        self.values_, self.reached_ = maps, reached
        self.ax_ = axes[0] if len(axes) == 1 else axes
        self.figure_ = axes[0].figure
        return self

    def _mean_map(self) -> np.ndarray:
        result = self.result
        if result.attributions is None:
            shape = (len(result.axes[0]), -1)
            return result.importances_mean.reshape(shape).T
        values = self._sequences(result._comparable_attributions)
        values = np.abs(values) if result.aggregate == "mean_abs" else values
        weights, mask = result.get("sample_weight"), result.get("sequence_mask")
        share = np.ones(values.shape[:2])
        if weights is not None:
            share *= weights[:, None]
        if mask is not None:  # padding is no zero of a mean, it is no value at all
            share, values = share * mask, np.where(mask[:, :, None], values, 0)
        total = share.sum(axis=0)
        total[total == 0] = np.nan
        return np.einsum("nt,ntf->ft", share, values) / total

    def _reached(self, n_steps: int) -> np.ndarray:
        """The share of the sequences, in their weights, that reach each step."""
        mask, weights = self.result.get("sequence_mask"), self.result.get("sample_weight")
        if mask is None or self.result.attributions is None:
            return np.ones(n_steps)
        return np.average(mask, axis=0, weights=weights)

    def _map_of(self, sample: int) -> np.ndarray:
        result = self.result
        values = self._sequences(result._comparable_attributions)[sample]
        mask = result.get("sequence_mask")
        if mask is not None:
            values = np.where(mask[sample][:, None], values, np.nan)
        return values.T

    def _chosen(self, samples: Any) -> list[int]:
        if self.result.attributions is None:
            raise ValueError(
                f"samples needs gradients; {self.result.method} has no value of a sample."
            )
        return sample_numbers(samples, len(self.result.attributions))

    def _sequences(self, values: np.ndarray) -> np.ndarray:
        """Values (n_samples, n_timesteps, n_features), of frames the mean over their places."""
        steps = len(self.result.axes[0])
        if values.ndim > 3:
            values = values.mean(axis=tuple(range(2, values.ndim - 1)))
        return values.reshape(len(values), steps, -1)

    def _series(self, X: Any, chosen: Sequence[int] | None) -> list[np.ndarray] | None:
        if X is None and chosen is not None:
            X = self.result.get("samples")
        if X is None or X is False:
            return None
        expected = "the array that was explained, or False"
        check_values(X, "X", expected)
        with naming("X", X, expected):
            X = np.asarray(X, dtype=np.float64)
        if chosen is None or X.size != self.result.attributions.size:
            raise ValueError(
                "X draws the series of samples: name some in samples=, and pass the array that was "
                f"explained, of shape {np.shape(self.result.attributions)}; got {X.shape}."
            )
        return [values.T for values in self._sequences(X)[list(chosen)]]

    def _names(self, n_rows: int) -> list[str]:
        if self.result.attributions is None and self.result.by == "timestep":
            return ["all"]
        names = self.result.axes[1]
        return names if len(names) == n_rows else [f"x{i}" for i in range(n_rows)]

    def _label_steps(self, ax: Any, n_steps: int) -> None:
        every = -(-n_steps // _MOST_TICKS)
        shown = range((n_steps - 1) % every, n_steps, every)  # the last one among them
        ax.set_xticks(shown, [self.result.axes[0][i] for i in shown], parse_math=False)

    def _label(self, single: bool) -> str:
        result = self.result
        name = result.method.replace("_", " ")
        if result.attributions is None:
            return f"{name} importance"
        if single:
            return name
        return f"mean |{name}|" if result.aggregate == "mean_abs" else f"mean {name}"
