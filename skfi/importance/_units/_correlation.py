"""Correlated features and groups of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.utils.validation import check_array

from skfi._constraints import Number
from skfi._containers import check_kinds, container
from skfi._given import EXPECTED, check_names, naming
from skfi._private import validate_params

THRESHOLD = 0.8
_MOST_NUMBERS = 2**26  # in double precision, half a GiB


def correlations(X: np.ndarray) -> np.ndarray:
    """Correlations (n_features, n_features) over samples and steps; 0 with a constant.

    Of very many samples some are taken, evenly spaced.
    """
    X = X[:: 1 + X.size // _MOST_NUMBERS]
    values = np.asarray(X, dtype=np.float64).reshape(-1, X.shape[-1])
    values = values[np.isfinite(values).all(axis=1)]  # padding is NaN
    if not len(values):
        return np.eye(values.shape[1])
    centred = values - values.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    tiny = 1e-12 * np.maximum(np.abs(values).max(axis=0, initial=0), 1) * np.sqrt(len(values))
    scaled = np.divide(centred, norms, out=np.zeros_like(centred), where=norms > tiny)
    coefficients = np.clip(scaled.T @ scaled, -1, 1)
    np.fill_diagonal(coefficients, 1)
    return coefficients


def strongly_correlated(
    X: Any, names: Sequence[str], real: np.ndarray | None = None
) -> list[tuple[str, str, float]]:
    """Pairs of numeric features whose absolute correlation is at least 0.8.

    ``real`` tells which steps of sequences are not padding.
    """
    values = X.to_numpy() if hasattr(X, "iloc") else X
    if values.dtype.kind not in "fiub":
        return []
    coefficients = correlations(_without_padding(values, real))
    pairs = np.argwhere(np.triu(np.abs(coefficients) >= THRESHOLD, k=1))
    return [(str(names[i]), str(names[j]), float(coefficients[i, j])) for i, j in pairs]


def groups_by_name(
    feature_groups: str, X: Any, names: Sequence[str] | None, *, by: str, real: np.ndarray | None
) -> Mapping[str, Sequence[Any]] | None:
    """Resolve ``feature_groups="auto"`` to groups of correlated features."""
    if feature_groups != "auto" or by != "feature":
        raise ValueError(
            f"feature_groups={feature_groups!r} with by={by!r}; expected a mapping of a group's "
            "name to its features, or 'auto' with by='feature', which groups correlated features."
        )
    return correlation_groups(_without_padding(X, real), feature_names=names) or None


def _without_padding(X: Any, real: np.ndarray | None) -> Any:
    """Sequences with NaN in their padded steps."""
    return X if real is None or np.ndim(X) != 3 else np.where(real[:, :, None], X, np.nan)


@validate_params({"threshold": [Number(0, 1, closed="right")]}, prefer_skip_nested_validation=True)
def correlation_groups(
    X: Any, *, threshold: float = THRESHOLD, feature_names: Sequence[str] | None = None
) -> dict[str, list[str]]:
    """Groups of features that are strongly correlated, for ``feature_groups=``.

    By complete linkage: in a group every two features have an absolute correlation of at least
    ``threshold``, over all samples and time steps. Permuted or left out together, they show what
    they tell together; on their own each may seem needless, as the other stands in for it.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_features)
        Samples. Rows with NaN, such as padded steps, do not count.
    threshold : float, default=0.8
        The least absolute correlation within a group.
    feature_names : sequence of str, default=None
        Names; by default the columns of a DataFrame, else x0, x1, ...

    Returns
    -------
    groups : dict of str to list of str
        Members by the name of the group, which joins theirs by "+"; features that are in none are
        left out. Empty if there are none.

    Raises
    ------
    ValueError
        If there are not as many names as features.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi import correlation_groups
    >>> random = np.random.default_rng(0)
    >>> rain, tmax = random.normal(size=(2, 100, 30))
    >>> tmin = tmax + 0.3 * random.normal(size=(100, 30))
    >>> X = np.stack([rain, tmax, tmin], axis=2)
    >>> correlation_groups(X, feature_names=["rain", "tmax", "tmin"])
    {'tmax+tmin': ['tmax', 'tmin']}
    """
    X = container(X)
    if feature_names is None:
        feature_names = [str(name) for name in getattr(X, "columns", ())] or None
    else:
        feature_names = check_names(feature_names)
    check_kinds(X)
    with naming("X", X, EXPECTED):
        X = check_array(X, allow_nd=True, ensure_all_finite="allow-nan", input_name="X")
    names = [f"x{i}" for i in range(X.shape[-1])] if feature_names is None else feature_names
    if len(names) != X.shape[-1]:
        raise ValueError(f"There are {len(names)} feature_names, but {X.shape[-1]} features.")
    if len(names) < 2:
        return {}
    distances = squareform(1 - np.abs(correlations(X)), checks=False)
    labels = fcluster(linkage(distances, "complete"), 1 - threshold + 1e-9, criterion="distance")
    groups = [
        [str(names[i]) for i in np.flatnonzero(labels == label)] for label in np.unique(labels)
    ]
    of_several = sorted((g for g in groups if len(g) > 1), key=lambda g: names.index(g[0]))
    return {"+".join(group): group for group in of_several}
