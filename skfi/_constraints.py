"""What parameters may be, beyond the constraints that scikit-learn has."""

import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from skfi._private import HasMethods, Interval, RealNotInt

# More would not fit into memory, or would not come to an end. It is also the largest int32.
MOST = 2**31 - 1


class Whole(Interval):
    """An int from ``least`` to ``most``; True and False are none."""

    def __init__(self, least: int = 1, most: int = MOST) -> None:
        super().__init__(Integral, least, most, closed="both")

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is one of these."""
        return not isinstance(val, bool) and super().is_satisfied_by(val)

    def __str__(self) -> str:
        if self.right == MOST:
            return f"an int in the range [{self.left}, inf)"
        return super().__str__()


class Number(Interval):
    """A finite number between two ends, which ``closed`` includes; True and False are none."""

    def __init__(
        self, least: float | None = None, most: float | None = None, *, closed: str = "neither"
    ) -> None:
        super().__init__(Real, least, most, closed=closed)

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is one of these."""
        if isinstance(val, (bool, np.bool_)) or not isinstance(val, Real):
            return False
        try:
            return bool(np.isfinite(float(val))) and super().is_satisfied_by(val)
        except OverflowError:  # an int beyond all floats
            return False


class Missing(Interval):
    """Any number, NaN and infinity too; True and False are none."""

    def __init__(self) -> None:
        super().__init__(Real, None, None, closed="neither")

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is one of these."""
        return isinstance(val, Real) and not isinstance(val, (bool, np.bool_))

    def __str__(self) -> str:
        return "a float, which may be NaN"


class Instance(HasMethods):
    """An object with some methods, no class of such objects."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is one."""
        return not isinstance(val, type) and super().is_satisfied_by(val)


RANDOM_STATE = [Whole(0, 2**32 - 1), np.random.RandomState, None]
MAX_SAMPLES = [Whole(), Interval(RealNotInt, 0, 1, closed="right")]
N_JOBS = [Whole(1), Whole(-MOST, -1), None]
VERBOSE = ["boolean", Whole(0)]
OPTIONAL_MAPPING = [Mapping, None]
FOLDER = [str, os.PathLike, None]
