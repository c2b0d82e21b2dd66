"""What ``feature_importances_`` is made of importances."""

import numpy as np


def positive_shares(importances: np.ndarray) -> np.ndarray:
    """Importances clipped at 0 and normalised; all zeros if none is positive.

    All are NaN if one importance is not known: then there is no sum.
    """
    positive = np.clip(importances, 0, None)
    return positive / (positive.sum() or 1)
