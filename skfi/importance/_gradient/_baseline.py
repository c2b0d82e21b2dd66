"""Where the paths of integrated and expected gradients begin."""

from typing import Any

import numpy as np

from skfi._given import check_values, naming
from skfi.importance._inputs._kinds import Tokens

WITH_BASELINE = ("integrated_gradients", "expected_gradients")


def check_baseline(
    method: str, baseline: Any, shape: tuple[int, ...], sequences: tuple[int, ...], *, nan: bool
) -> np.ndarray | None:
    """The baseline as sequences; ``nan`` allows NaN as padding of a background.

    ``shape`` is that of ``X``, ``sequences`` that of the array that the network takes.
    """
    if baseline is None:
        return None
    check_has_baseline(method)
    expected = f"a number, or an array of numbers that broadcasts to X of shape {shape}"
    with naming("baseline", baseline, expected):
        if np.ndim(baseline):
            check_values(baseline, "baseline", expected)
        if np.asarray(baseline).dtype.kind not in "fiuO" and not _is_mask(baseline):
            raise TypeError("Its values are no numbers.")
        values = np.asarray(baseline, dtype=np.float64)
    background = method == "expected_gradients"
    if not (np.isfinite(values) | (nan & background & np.isnan(values))).all():
        raise ValueError("baseline contains NaN or infinity; it must be finite.")
    if background:
        if values.shape[1:] != shape[1:] or not len(values):
            raise ValueError(
                f"For expected gradients, baseline must be samples of shape (n, "
                f"{', '.join(map(str, shape[1:]))}); got shape {values.shape}."
            )
        return values.reshape(len(values), *sequences[1:])
    if len(shape) == 2 and values.ndim and values.shape[-1] == shape[1]:
        values = values.reshape(*values.shape[:-1], *sequences[1:])  # folded as X was
    try:
        return np.broadcast_to(values, sequences)
    except ValueError as error:
        raise ValueError(
            f"baseline has shape {np.shape(baseline)}, which does not broadcast to X of shape "
            f"{shape}; pass a number, one sequence, or one for each sample."
        ) from error


def _is_mask(baseline: Any) -> bool:
    """Whether it is an array of bool, which are 0 and 1; True alone is no baseline."""
    return np.ndim(baseline) > 0 and np.asarray(baseline).dtype.kind == "b"


def check_token_baseline(method: str, baseline: Any, tokens: Tokens) -> Any:
    """The id of a baseline token; of expected gradients an array of ids."""
    if baseline is None:
        return None
    check_has_baseline(method)
    if method == "expected_gradients":
        ids = np.asarray(baseline)
        shape = (None, tokens.ids.shape[1])
        if ids.ndim != 2 or ids.shape[1] != shape[1] or ids.dtype.kind not in "iu":
            raise ValueError(
                "For expected gradients on texts, baseline must be token ids of shape (n, "
                f"{shape[1]}), as TextSequencer gives them; got shape {ids.shape}, {ids.dtype}."
            )
        if not len(ids) or ids.min() < 0 or ids.max() >= len(tokens.words):
            raise ValueError(f"baseline holds ids outside of 0 to {len(tokens.words) - 1}.")
        return ids
    if isinstance(baseline, str):
        if baseline not in tokens.words:
            raise ValueError(f"baseline={baseline!r} is no word that the network knows.")
        return tokens.words.index(baseline)
    is_int = isinstance(baseline, (int, np.integer)) and not isinstance(baseline, bool)
    if not is_int or not 0 <= baseline < len(tokens.words):
        raise ValueError(
            f"baseline of texts must be a word or a token id, 0 for padding; got {baseline!r}."
        )
    return baseline


def check_has_baseline(method: str) -> None:
    """Raise ValueError for the baseline of a method that has none."""
    if method not in WITH_BASELINE:
        raise ValueError(
            f"method={method!r} has no baseline; integrated_gradients and expected_gradients do."
        )
