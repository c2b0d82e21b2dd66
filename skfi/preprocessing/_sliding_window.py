"""Windows as a transformer: as many rows out as in."""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skfi._constraints import Number, Whole
from skfi._containers import check_kinds
from skfi._given import check_values, checked_names_in, naming
from skfi._private import StrOptions, _check_feature_names_in, check_parameters, validate_params


class SlidingWindow(  # a DataFrame cannot hold its output: no set_output
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Replace each row by the window of rows that ends with it.

    Rows must be in time order and evenly spaced. A transformer in a Pipeline may not drop rows, so
    the first ``window - 1`` rows, whose past is missing, get a padded one; how is said by
    ``padding``. Predicting new rows, pass the ``window - 1`` rows before them too and drop the
    first predictions. To leave the padded rows out of training, use
    :func:`~skfi.make_windows` before the split.

    Parameters
    ----------
    window : int, default=30
        Number of rows in a window.
    padding : "edge" or float, default="edge"
        What stands for the rows before the first: copies of the first row, or this value in every
        cell (after a StandardScaler, 0 is the mean).

    Attributes
    ----------
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Column names, if ``X`` was a DataFrame.

    See Also
    --------
    make_windows : Windows of a DataFrame with their targets, without the incomplete ones.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi import SlidingWindow
    >>> X = np.array([[1, 10], [2, 20], [3, 30]])
    >>> SlidingWindow(2).fit_transform(X)[:, :, 0]
    array([[1, 1],
           [1, 2],
           [2, 3]])
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - declared as scikit-learn does
        "window": [Whole()],
        "padding": [StrOptions({"edge"}), Number()],
    }

    def __init__(self, window: int = 30, *, padding: str | float = "edge") -> None:
        self.window = window
        self.padding = padding

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the number and the names of the columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Time-ordered rows.
        y : None
            Not used.

        Returns
        -------
        self : SlidingWindow
            Fitted.
        """
        check_parameters(self)
        self._check(X, reset=True)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Make the windows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Time-ordered rows, at least ``window`` of them.

        Returns
        -------
        windows : ndarray of shape (n_samples, window, n_features)
            Row ``i`` holds the rows ``i - window + 1`` to ``i`` of ``X``.

        Raises
        ------
        ValueError
            If there are fewer rows than ``window``: no window would be complete.
        """
        check_is_fitted(self)
        X = self._check(X, reset=False)
        before = [(self.window - 1, 0), (0, 0)]
        if self.padding == "edge":
            padded = np.pad(X, before, mode="edge")
        else:
            dtype = np.result_type(X.dtype, np.min_scalar_type(self.padding))
            padded = np.pad(X.astype(dtype), before, constant_values=self.padding)
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.window, axis=0)
        return np.ascontiguousarray(windows.transpose(0, 2, 1))

    @validate_params(
        {"transform": [StrOptions({"default", "pandas", "polars"}), None]},
        prefer_skip_nested_validation=True,
    )
    def set_output(self, *, transform: str | None = None) -> Self:
        """Change nothing: windows are 3-D arrays, as no table holds them.

        There so that ``set_output`` can be called on a Pipeline, for its other steps.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            As in scikit-learn.

        Returns
        -------
        self : SlidingWindow
            The transformer.
        """
        return self

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the last axis of the windows: those of the columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; by default those seen in ``fit``, else x0, x1, ...

        Returns
        -------
        names : ndarray of str of shape (n_features_in_,)
            The names.
        """
        check_is_fitted(self)
        with naming("input_features", input_features, "the names of the columns"):
            return _check_feature_names_in(self, checked_names_in(input_features))

    def _check(self, X: Any, *, reset: bool) -> np.ndarray:
        if isinstance(X, pd.DataFrame) and not X.index.is_monotonic_increasing:
            raise ValueError(
                "The rows of X are not in time order, by its index; call X.sort_index()."
            )
        expected = "an array-like of time-ordered rows, (n_samples, n_features)"
        check_values(X, "X", expected)
        with naming("X", X, expected):
            check_kinds(X)
            X = validate_data(self, X, dtype="numeric", reset=reset)
            if X.dtype.kind not in "fiub":
                raise ValueError(f"Its values are of type {X.dtype}, which are no numbers.")
        if len(X) < self.window:
            raise ValueError(
                f"X has n_samples={len(X)} rows, fewer than window={self.window}: no window would "
                "be complete. Pass the rows before them too, or a smaller window."
            )
        return X
