"""What a call of LOFO asks for."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Settings:
    """The estimator and the targets, which units are left out, and how."""

    estimator: Any
    y: Any
    sample_weight: np.ndarray | None
    per_step: bool  # whether there is a target at every step
    leave_out: str
    by: str
    groups: Any
    names: Any
    unknown_id: int
