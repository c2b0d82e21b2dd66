"""Samples that are mapped to a file, shuffled and predicted some at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

from skfi._keras import CHUNK_SIZE
from skfi.importance._stand_in import StandIn

_ROWS = 16 * CHUNK_SIZE  # whole chunks of a compiled call, whose bits then do not change


def is_mapped(X: Any) -> bool:
    """Whether an array lies in a file, as ``np.load(path, mmap_mode="r")`` returns it."""
    while isinstance(X, np.ndarray):
        if isinstance(X, np.memmap):
            return True
        X = X.base
    return False


@dataclass(frozen=True)
class ShuffledRows:
    """Samples that a view describes, gathered when they are asked for."""

    view: pd.DataFrame
    gather: Callable[[pd.DataFrame], Any]

    def __len__(self) -> int:
        return len(self.view)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.gather(self.view), dtype=dtype)


class ByChunk(StandIn):
    """A proxy of an estimator that predicts ``ShuffledRows`` some at a time."""

    def _predicting(self, method: Callable) -> Callable:
        @wraps(method)
        def predict(X: Any) -> np.ndarray:
            if not isinstance(X, ShuffledRows):
                return method(X)
            starts = range(0, len(X), _ROWS)
            views = (X.view.iloc[start : start + _ROWS] for start in starts)
            return np.concatenate([method(X.gather(view)) for view in views])

        return predict
