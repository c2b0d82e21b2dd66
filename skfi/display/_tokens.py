"""Texts with their words coloured by attribution."""

import html
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from skfi._constraints import Whole
from skfi._given import sample_numbers
from skfi._private import validate_params
from skfi.display._figures import AX, HARMS, HELPS, color_scale, ink_on, matplotlib_pyplot
from skfi.display._importance import check_result
from skfi.display._predicted import predicted
from skfi.importance import ImportanceResult, gradient_importance

# Room of a character and of a line in the picture, in inches; the font is of fixed width.
_CHAR, _LINE, _FONT = 0.083, 0.26, 10
_PALE = "#777777"


class TokenImportanceDisplay:
    """Texts with each word coloured: blue speaks for the target, red against it.

    What is predicted of a text, and how probable it is, stands behind it. In a notebook a display
    shows itself as HTML; :meth:`plot` draws it with matplotlib. All texts share one scale.

    Parameters
    ----------
    result : ImportanceResult
        Gradient importance of texts.
    samples : list of int, default=None
        The texts to show; None shows the first ten.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where it was drawn.
    figure_ : matplotlib.figure.Figure
        The figure around it.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skfi import LSTMClassifier, TextSequencer, TokenImportanceDisplay
    >>> texts, labels = ["good sound", "bad sound"] * 20, [1, 0] * 20
    >>> pipe = make_pipeline(TextSequencer(), LSTMClassifier(4, embedding_dim=2, epochs=2))
    >>> display = TokenImportanceDisplay.from_estimator(pipe.fit(texts, labels), texts[:2])
    >>> "<span" in display.to_html()
    True
    """

    def __init__(
        self, result: ImportanceResult, samples: Sequence[int] | int | None = None
    ) -> None:
        check_result(result)
        if result.get("tokens") is None or result.attributions.ndim != 2:
            raise ValueError(
                f"The {result.method} result has no value for each token: compute "
                "gradient_importance of a network that reads texts or token ids."
            )
        n_texts = len(result.tokens)
        first = range(min(n_texts, 10))
        self.samples = list(first) if samples is None else sample_numbers(samples, n_texts)
        self.result = result

    @classmethod
    def from_result(
        cls, result: ImportanceResult, samples: Sequence[int] | int | None = None
    ) -> Self:
        """Make a display of a computed result.

        Parameters
        ----------
        result : ImportanceResult
            Gradient importance of texts or token ids.
        samples : int or list of int, default=None
            The texts to show; None shows the first ten.

        Returns
        -------
        display : TokenImportanceDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If ``result`` is not an ImportanceResult.
        ValueError
            If it is not of texts, or ``samples`` are not in it.
        """
        return cls(result, samples)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        method: str = "integrated_gradients",
        samples: Sequence[int] | int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Compute attributions and make a display of them.

        Parameters
        ----------
        estimator : estimator, keras.Model or Pipeline
            As :func:`~skfi.gradient_importance` takes it.
        X : iterable of str, or array-like of int of shape (n_samples, n_positions)
            Texts or token ids.
        method : str, default="integrated_gradients"
            Gradient method.
        samples : int or list of int, default=None
            The texts to show; None shows the first ten.
        **kwargs : dict
            Passed to :func:`~skfi.gradient_importance`.

        Returns
        -------
        display : TokenImportanceDisplay
            Not drawn yet.
        """
        return cls.from_result(gradient_importance(estimator, X, method=method, **kwargs), samples)

    def to_html(self) -> str:
        """The texts as HTML, every word escaped: a text is data, never markup.

        Returns
        -------
        html : str
            A ``<div>`` with a paragraph for each text.
        """
        texts = self._texts()
        scale = _scale([values for _, values, _ in texts])
        lines = []
        for words, values, prediction in texts:
            spans = [
                f'<span style="background:{_css(value, scale)};color:{_ink(value, scale)};'
                f'padding:0 .15em" title="{value:.4g}">{html.escape(word)}</span>'
                for word, value in zip(words, values, strict=True)
            ]
            line = " ".join(spans) or "<i>(no words)</i>"
            if prediction:
                line += f' <small style="opacity:.7">&rarr; {html.escape(prediction)}</small>'
            lines.append(f'<p style="margin:.3em 0">{line}</p>')
        return f'<div style="font-family:monospace;line-height:1.6">{"".join(lines)}</div>'

    def _repr_html_(self) -> str:
        return self.to_html()

    @validate_params({"ax": AX, "width": [Whole()]}, prefer_skip_nested_validation=True)
    def plot(self, ax: Any = None, *, width: int = 80) -> Self:
        """Draw the texts.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure of fitting size.
        width : int, default=80
            Characters in a line.

        Returns
        -------
        self : TokenImportanceDisplay
            With ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = matplotlib_pyplot()
        texts = self._texts()
        scale = _scale([values for _, values, _ in texts])
        placed, n_lines = _place(texts, width)
        width = max(column + len(word) for word, _, _, column in placed)
        if ax is None:
            size = (width * _CHAR + 0.2, (n_lines + 1) * _LINE)
            figure = plt.figure(figsize=size)
            ax = figure.add_axes((0, 0, 1, 1))
        ax.set(xlim=(-1, width + 1), ylim=(n_lines + 0.5, -0.5))
        ax.set_axis_off()
        for word, value, line, column in placed:
            is_word = np.isfinite(value)
            box = {"facecolor": _css(value, scale), "edgecolor": "none", "pad": 1.5}
            ax.text(
                column,
                line + 0.5,
                word.replace("$", r"\$"),  # a dollar sign starts no formula
                family="monospace",
                fontsize=_FONT,
                verticalalignment="center",
                color=_ink(value, scale) if is_word else _PALE,
                bbox=box if is_word else None,
            )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _texts(self) -> list[tuple[list[str], np.ndarray, str]]:
        """The words of each text, their values, and what is predicted of it."""
        texts = []
        for i in self.samples:
            words = self.result.tokens[i]
            mask = self.result.get("sequence_mask")
            values = self.result.attributions[i]
            values = values if mask is None else values[mask[i]]
            # an embedding that masks nothing reads, and has values for, the padding behind a text
            texts.append((words, values[: len(words)], predicted(self.result, i)))
        return texts


def _scale(values: list[np.ndarray]) -> float:
    """The value of the strongest colour."""
    return color_scale([*values, np.zeros(1)])["vmax"]


def _css(value: float, most: float) -> str:
    """White for zero and NaN, mixed with the colour of its sign for others."""
    color = HELPS if value >= 0 else HARMS
    share = min(abs(float(value)) / most, 1.0) if np.isfinite(value) else 0.0
    mixed = [round(255 + share * (int(color[k : k + 2], 16) - 255)) for k in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _ink(value: float, most: float) -> str:
    color = _css(value, most)
    return ink_on(*(int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)))


def _place(
    texts: list[tuple[list[str], np.ndarray, str]], width: int
) -> tuple[list[tuple[str, float, float, int]], float]:
    """Word, value, line and column of each word, lines broken at ``width``; number of lines.

    The prediction stands behind the words, with the value NaN.
    """
    placed, line = [], 0.0
    for words, values, prediction in texts:
        column = 0
        pairs = list(zip(words, values, strict=True)) or [("(no words)", 0.0)]
        for word, value in [*pairs, *([(f"→ {prediction}", np.nan)] if prediction else [])]:
            if column and column + len(word) > width:
                line, column = line + 1, 0
            placed.append((word, float(value), line, column))
            column += len(word) + 1
        line += 1.4
    return placed, line
