"""What ``feature_importances_`` is made of importances."""

import numpy as np


def positive_shares(importances: np.ndarray) -> np.ndarray:
    """Importances clipped at 0 and normalised; all zeros if none is positive."""
    positive = np.clip(importances, 0, None)
    total = positive.sum()
    return positive / total if total > 0 else positive
