"""What ridge regression does not predict of cells: the residuals that are exchanged."""

import numpy as np

_N_FOLDS = 5
_PENALTIES = np.logspace(-6, 3, 19)  # for each row


def residuals(own: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of ``own`` (n_samples, n_cells) given ``others``, and what to multiply them by.

    Each row is predicted by a regression on other rows, in blocks of rows one after the other: the
    residuals of its own rows would be too small. Those of other rows are too large, since the
    regression is an estimate. Then a row's predicted value with another row's residual would vary
    more than a value does where the others are given. Multiplied by the factor ``a`` that is
    returned for each cell it varies as much: with the variance v of the residuals of other rows
    and s of a value where the others are given, it is off by an error of variance v - s, so that
    a^2 v + (v - s) = s.

    The estimate of s is the geometric mean of the squared residuals on the rows that were trained
    on and on others. For least squares with Gaussian columns the first is s (n - p) / n on average
    and the second s (n - 1) / (n - p - 1); for ridge regression it is RSS / (n - trace of the hat
    matrix), which is unbiased if coefficients are drawn as the penalty supposes. It needs no
    degrees of freedom, which are wrong where rows depend on each other.
    """
    n_rows = len(own)
    fold = np.arange(n_rows) * _N_FOLDS // n_rows
    missed = np.empty((len(_PENALTIES), *own.shape))
    in_sample = np.zeros((len(_PENALTIES), own.shape[1]))
    for number in range(_N_FOLDS):
        test = fold == number
        of_test, of_train = _fitted(others[~test], own[~test], others[test])
        missed[:, test] = own[test] - of_test
        in_sample += of_train / _N_FOLDS
    held_out = (missed**2).mean(axis=1)
    best = held_out.argmin(axis=0), np.arange(own.shape[1])
    held_out, in_sample = held_out[best], in_sample[best]
    mean = np.sqrt(in_sample * held_out)
    share = np.divide(mean, held_out, out=np.ones_like(mean), where=held_out > 0)
    varies = np.ptp(own, axis=0) > 0  # rounding makes no residual of a constant
    result = np.where(varies, missed[best[0], :, best[1]].T, 0.0)
    return result, np.sqrt(np.clip(2 * share - 1, 0, 1))


def _fitted(X: np.ndarray, Y: np.ndarray, X_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (n_penalties, n_test, n_cells), and squared residuals of the rows of ``X``."""
    mean, scale = X.mean(axis=0), X.std(axis=0)
    scale[scale == 0] = 1
    X, X_test = (X - mean) / scale, (X_test - mean) / scale
    centre = Y.mean(axis=0)
    Y = Y - centre
    variance, axes = _principal_axes(X)
    along = axes.T @ (X.T @ Y)
    projected = X_test @ axes
    predicted = np.empty((len(_PENALTIES), len(X_test), Y.shape[1]))
    missed = np.empty((len(_PENALTIES), Y.shape[1]))
    for i, penalty in enumerate(_PENALTIES * len(X)):
        shrunken = along / (variance + penalty)[:, None]
        predicted[i] = centre + projected @ shrunken
        explained = shrunken**2 * (variance + 2 * penalty)[:, None]
        missed[i] = np.maximum((Y**2).sum(axis=0) - explained.sum(axis=0), 0) / len(X)
    return predicted, missed


def _principal_axes(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of squares along the principal axes of ``X``, and the axes, which span its rows."""
    if len(X) > X.shape[1]:
        variance, axes = np.linalg.eigh(X.T @ X)
        return np.maximum(variance, 0), axes
    variance, sides = np.linalg.eigh(X @ X.T)
    kept = variance > 1e-12 * max(variance[-1], 1e-300)
    return variance[kept], X.T @ (sides[:, kept] / np.sqrt(variance[kept]))
