"""What a unit holds beyond the others: the residuals that conditional permutation shuffles."""

from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi._sequences import Units

_N_FOLDS = 5


def residuals(X: Any, units: Units, real: np.ndarray | None) -> np.ndarray:
    """Each unit's cells less what the others foretell of them, (n_samples, n_cells).

    Foretold by ridge regression from all cells of the other units, for each row by a model that
    was fitted on other rows: the residuals of its own rows would be too small where there are
    many cells.
    """
    if real is not None and not real.all():
        raise ValueError(
            "conditional=True needs sequences of equal length without padding: the other features "
            "of padded steps foretell nothing. Use feature_groups=, or cut the sequences."
        )
    cells = X.to_numpy() if hasattr(X, "iloc") else X
    if cells.dtype.kind not in "fiub":
        raise ValueError(
            "conditional=True needs numeric columns, to foretell each from the others; got dtype "
            f"{cells.dtype}. Encode the others first, and explain the last step of the Pipeline."
        )
    cells = cells.reshape(len(cells), -1).astype(np.float64)
    if not np.isfinite(cells).all():
        raise ValueError("conditional=True needs finite values; fill in NaN first.")
    if len(cells) < 2 * _N_FOLDS:
        raise ValueError(
            f"conditional=True needs at least {2 * _N_FOLDS} samples, to foretell each feature "
            f"from the others; got {len(cells)}."
        )
    if len(units) < 2:
        raise ValueError("conditional=True needs at least two units; there is one.")
    found = np.empty(cells.shape)
    foretell = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-4, 4, 9)))
    for own in units.cells:
        others = np.delete(cells, own, axis=1)
        foretold = cross_val_predict(foretell, others, cells[:, own], cv=KFold(_N_FOLDS))
        found[:, own] = cells[:, own] - foretold.reshape(len(cells), len(own))
    return found
