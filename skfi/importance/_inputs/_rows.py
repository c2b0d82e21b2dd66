"""Rows of arrays and tables: cells copied, added to, and taken."""

from typing import Any

import numpy as np

from skfi._private import _safe_indexing


def copy_cells(X_from: Any, X_to: Any, source: np.ndarray, cells: np.ndarray) -> None:
    """Fill the given cells of each row of ``X_to`` from the row ``source`` of ``X_from``."""
    if hasattr(X_to, "iloc"):
        for cell in cells:  # column by column: each keeps its type
            values = X_from.iloc[source, cell]
            X_to.isetitem(cell, values.set_axis(X_to.index))
        return
    flat = X_to.reshape(len(X_to), -1)  # a view: rows taken from a C-contiguous array
    flat[:, cells] = X_from.reshape(len(X_from), -1)[source[:, None], cells]


def add_to_cells(X: Any, cells: np.ndarray, change: np.ndarray) -> None:
    """Add ``change`` (n_samples, n_cells) to the given cells of each row."""
    if hasattr(X, "iloc"):
        for i, cell in enumerate(cells):
            column = X.iloc[:, cell]
            X.isetitem(cell, (column + change[:, i]).astype(column.dtype))
        return
    X.reshape(len(X), -1)[:, cells] += change


def take_cells(X: Any, rows: np.ndarray, cells: np.ndarray) -> Any:
    """Some ``rows`` of ``X`` with the features, time steps or columns of the ``cells`` only."""
    X = _safe_indexing(X, rows)
    if hasattr(X, "iloc"):
        return X.iloc[:, cells]
    if X.ndim == 2:
        return X[:, cells]
    steps, features = np.unique(cells // X.shape[2]), np.unique(cells % X.shape[2])
    return X[:, steps[:, None], features]
