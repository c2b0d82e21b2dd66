"""Windows that reach over a gap in time."""

import warnings

import numpy as np
import pandas as pd

_COMMON = 0.05  # of all steps from row to row: also the weekends of business days
_WIDE = 2.0  # times the widest of the common steps


def warn_of_gaps(index: pd.Index, series: np.ndarray, starts: np.ndarray, n_rows: int) -> None:
    """Warn of windows of ``n_rows``, the target's row included, whose rows are far apart in time.

    Rows are of the same series, one after the other, where ``series`` is the same.
    """
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 3:
        return
    inside = series[1:] == series[:-1]
    steps = np.asarray(index[1:] - index[:-1])
    widths, counts = np.unique(steps[inside], return_counts=True)
    common = widths[counts >= _COMMON * counts.sum()]
    if not len(common) or common[-1] <= np.timedelta64(0):
        return  # no step is usual
    is_gap = inside & (steps >= _WIDE * common[-1])
    n_gaps = np.concatenate([[0], np.cumsum(is_gap)])
    over = int((n_gaps[starts + n_rows - 1] > n_gaps[starts]).sum())
    if over:
        at = int(np.argmax(np.where(is_gap, steps, np.timedelta64(0))))
        usual, widest = (pd.Timedelta(step) for step in (widths[np.argmax(counts)], steps[at]))
        warnings.warn(
            f"{over} of {len(starts)} windows reach over a gap in time: rows are mostly {usual} "
            f"apart, but {widest} after {index[at]} ({int(is_gap.sum())} gaps in all). A window is "
            "a number of rows, whatever lies between them. To leave these windows out, add the "
            "missing rows, as in frame.asfreq('h') for rows of each hour, and pass dropna=True.",
            UserWarning,
            stacklevel=4,
        )
