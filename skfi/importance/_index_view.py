"""The index view: row numbers in place of the data, one column for each unit.

scikit-learn and lofo shuffle, subsample, split and drop columns of this table; the scorers gather
the real array when they score. This serves all kinds of units, on 2-D arrays, DataFrames and 3-D
sequences.
"""

import numpy as np
import pandas as pd


def permutation_view(n_samples: int, n_units: int) -> pd.DataFrame:
    """Row numbers (n_samples, n_units). Its index keeps the original rows through a shuffle."""
    return pd.DataFrame(np.repeat(np.arange(n_samples)[:, None], n_units, axis=1))


def left_out_view(n_samples: int, n_units: int) -> dict[str, np.ndarray]:
    """A table with a column for each unit, from which units and rows can be read back."""
    rows = np.arange(n_samples)[:, None]
    return {str(unit): unit * n_samples + rows for unit in range(n_units)}


def read_left_out_view(view: np.ndarray, n_samples: int) -> tuple[np.ndarray, list[int]]:
    """Rows and units of a table that lofo has put together from ``left_out_view``."""
    view = np.asarray(view, dtype=np.int64)
    return view[:, 0] % n_samples, (view[0] // n_samples).tolist()
