"""How results are drawn."""

from typing import Any, ClassVar

import skfi


class Drawn:
    """A result with a ``plot`` method, drawn by a display class that is imported on use.

    So results need neither the display nor matplotlib.
    """

    _display: ClassVar[str]

    def plot(self, ax: Any = None, **kwargs: Any) -> Any:
        """Draw the result.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to the ``plot`` of the display, such as
            :meth:`ImportanceDisplay.plot <skfi.ImportanceDisplay.plot>`.

        Returns
        -------
        display : object
            Holds ``ax_`` and ``figure_``.
        """
        return getattr(skfi, self._display).from_result(self).plot(ax=ax, **kwargs)
