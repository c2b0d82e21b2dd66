"""How well importances find what is known to be relevant."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

from skfi._given import check_values, naming
from skfi._private import StrOptions, validate_params

_EPSILON = 1e-5  # in the logarithms, as time_interpret has it


def _area_under(relevant: np.ndarray, saliency: np.ndarray, which: int) -> float:
    curves = precision_recall_curve(relevant, saliency)
    thresholds = curves[2]
    return float(auc(thresholds, curves[which][:-1])) if len(thresholds) > 1 else 0.0


def _aup(relevant: np.ndarray, saliency: np.ndarray) -> float:
    return _area_under(relevant, saliency, 0)


def _aur(relevant: np.ndarray, saliency: np.ndarray) -> float:
    return _area_under(relevant, saliency, 1)


def _information(relevant: np.ndarray, saliency: np.ndarray) -> float:
    return float(np.abs(np.log2(1 - saliency[relevant] + _EPSILON)).sum())


def _entropy(relevant: np.ndarray, saliency: np.ndarray) -> float:
    p = saliency[relevant]
    return float(
        (p * np.abs(np.log2(_EPSILON + p)) + (1 - p) * np.abs(np.log2(_EPSILON + 1 - p))).sum()
    )


def _found(relevant: np.ndarray, saliency: np.ndarray) -> np.ndarray:
    """The most salient cells, as many as are relevant."""
    chosen = np.zeros(relevant.shape, dtype=bool)
    chosen[np.argsort(-saliency, kind="stable")[: relevant.sum()]] = True
    return chosen


def _mass_precision(relevant: np.ndarray, saliency: np.ndarray) -> float:
    chosen = _found(relevant, saliency)
    total = saliency[chosen].sum()
    return float(saliency[chosen & relevant].sum() / total) if total > 0 else 0.0


def _mass_recall(relevant: np.ndarray, saliency: np.ndarray) -> float:
    total = saliency[relevant].sum()
    chosen = _found(relevant, saliency)
    return float(saliency[chosen & relevant].sum() / total) if total > 0 else 0.0


_METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "aup": _aup,
    "aur": _aur,
    "information": _information,
    "entropy": _entropy,
    "mass_precision": _mass_precision,
    "mass_recall": _mass_recall,
}


@validate_params(
    {
        "metric": [StrOptions(set(_METRICS))],
        "normalize": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def relevance_score(
    relevance: Any, importances: Any, *, metric: str = "roc_auc", normalize: bool = True
) -> float:
    """How well importances find what is known to be relevant.

    Parameters
    ----------
    relevance : array-like
        What is truly relevant: not zero. Of the shape of the importances, or broadcast to it: one
        truth for all samples.
    importances : ImportanceResult or array-like
        Attributions (n_samples, n_timesteps, n_features), which count by their absolute values; or
        importances of features, time steps or groups (n_units,), of which negative ones count as
        zero. Of a result its attributions, if it has them and ``relevance`` has their number of
        dimensions or one less, otherwise its ``importances_mean``.
    metric : str, default="roc_auc"
        All cells of all samples count as one list.

        - ``"roc_auc"``, ``"average_precision"``: by rank, scikit-learn's.
        - ``"aup"``, ``"aur"``: area under the precision, and the recall, as functions of the
          threshold [1]_.
        - ``"information"``, ``"entropy"`` of the relevant cells, summed, in bits [1]_: more
          information is better, less entropy is.
        - ``"mass_precision"``, ``"mass_recall"``: of as many most salient cells as are relevant,
          the share of their saliency that is on relevant cells, and their share in the saliency of
          all relevant cells [2]_.

        The four of [1]_ depend on the scale: any monotone change of the importances, such as a
        square, changes them. Do not choose a method by them alone.
    normalize : bool, default=True
        Bring the values of each sample to the range from 0 to 1, as [3]_ does, before samples are
        pooled. The four of [1]_ need values in this range.

    Returns
    -------
    score : float
        From 0 to 1, but for information and entropy.

    Raises
    ------
    ValueError
        If shapes do not fit, values are not finite, or everything or nothing is relevant.

    References
    ----------
    .. [1] J. Crabbe, M. van der Schaar, "Explaining time series predictions with dynamic masks",
       2021.
    .. [2] A. A. Ismail et al., "Benchmarking deep learning interpretability in time series
       predictions", 2020.
    .. [3] J. Enguehard, "Time Interpret: a unified model interpretability library for time
       series", 2023.

    Examples
    --------
    >>> from skfi.metrics import relevance_score
    >>> relevance_score([1, 0, 1, 0], [0.9, 0.1, 0.3, 0.4])
    0.75
    >>> relevance_score([1, 0, 1, 0], [0.9, 0.1, 0.3, 0.0], metric="average_precision")
    1.0
    """
    check_values(relevance, "relevance", "an array of numbers, 0 where nothing is relevant")
    with naming("relevance", relevance, "an array of numbers, 0 where nothing is relevant"):
        values = np.asarray(relevance)
        if values.dtype.kind not in "fiub" or not np.isfinite(values).all():
            raise ValueError("Its values are no finite numbers.")
    relevant = values != 0
    saliency = _values(importances, relevant.ndim)
    try:
        relevant = np.broadcast_to(relevant, saliency.shape)
    except ValueError:
        raise ValueError(
            f"relevance has shape {relevant.shape}, which does not fit importances of shape "
            f"{saliency.shape}; expected the same shape, or that of one sample."
        ) from None
    if not np.isfinite(saliency).all():
        raise ValueError(
            f"{int((~np.isfinite(saliency)).sum())} importances are NaN or infinite; leave them "
            "out, with their relevance."
        )
    if relevant.all() or not relevant.any():
        raise ValueError(
            f"{'Everything' if relevant.all() else 'Nothing'} is relevant by relevance; expected "
            "some cells that are and some that are not."
        )
    saliency = np.abs(saliency) if saliency.ndim > 1 else np.clip(saliency, 0, None)
    if normalize:
        by_sample = saliency.reshape(len(saliency) if saliency.ndim > 1 else 1, -1)
        low, high = by_sample.min(axis=1, keepdims=True), by_sample.max(axis=1, keepdims=True)
        spread = np.where(high > low, high - low, 1.0)
        saliency = (by_sample - low) / spread
    elif metric in ("aup", "aur", "information", "entropy") and saliency.max() > 1:
        raise ValueError(
            f"{metric!r} takes values from 0 to 1, but there are some up to {saliency.max():.3g}. "
            "Leave normalize=True, or scale them."
        )
    return float(_METRICS[metric](relevant.ravel(), saliency.ravel()))


def _values(importances: Any, n_dim: int) -> np.ndarray:
    """Numbers of a result or an array."""
    attributions = getattr(importances, "attributions", None)
    if attributions is not None and np.ndim(attributions) - n_dim in (0, 1) and n_dim > 1:
        return np.asarray(importances._comparable_attributions, dtype=np.float64)
    values = getattr(importances, "importances_mean", importances)
    expected = "a result, or an array of numbers"
    check_values(values, "importances", expected)
    with naming("importances", values, expected):
        array = np.asarray(values)
        if array.dtype.kind not in "fiubO":
            raise ValueError(f"Values of type {array.dtype} are no numbers.")
        return array.astype(np.float64)
