"""Targets of a network of several outputs, by name or in a row."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from skfi._keras import Head, loss_name


def target_shape(head: Head) -> tuple[int, ...]:
    """Of a sample's targets of an output: one class number where it tells classes."""
    return head.shape[:-1] if head.of_classes else head.shape


def target_columns(heads: Sequence[Head]) -> list[slice]:
    """The columns of each output's targets, and predictions, in a row of all."""
    ends = np.cumsum([prod(target_shape(head)) for head in heads]).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def pack_targets(heads: Sequence[Head], y: Any) -> np.ndarray:
    """Targets by output, by name or in order, as rows (n_samples, n_columns).

    Raises
    ------
    ValueError
        If an output has no targets or they do not fit it, or if class numbers are none.
    """
    names = [head.name for head in heads]
    n_columns = sum(prod(target_shape(head)) for head in heads)
    if isinstance(y, Mapping):
        if set(map(str, y)) != set(names):
            raise ValueError(f"y has the keys {sorted(map(str, y))}; the outputs are {names}.")
        y = [y[name] for name in names]
    if isinstance(y, (tuple, list)) and len(y) == len(heads) and np.ndim(y[0]) > 0:
        parts = [_part(head, values) for head, values in zip(heads, y, strict=True)]
        if len({len(part) for part in parts}) > 1:
            raise ValueError(f"The targets of {names} have {[len(p) for p in parts]} samples.")
        return np.concatenate(parts, axis=1)
    if hasattr(y, "columns") and set(map(str, y.columns)) == set(names):
        return pack_targets(heads, {str(name): y[name].to_numpy() for name in y.columns})
    rows = np.asarray(y)
    rows = rows[:, None] if rows.ndim == 1 and n_columns == 1 else rows
    if rows.ndim != 2 or rows.shape[1] != n_columns or hasattr(y, "columns"):
        raise ValueError(
            f"The network has the outputs {names}: pass y as a mapping of their names to arrays, "
            f"a tuple of arrays, or an array of all in a row, (n_samples, {n_columns}); got "
            f"{type(y).__name__} of shape {rows.shape}."
        )
    widths = [prod(target_shape(head)) for head in heads]
    of_heads = np.split(rows, np.cumsum(widths)[:-1], axis=1)
    parts = [_part(head, values) for head, values in zip(heads, of_heads, strict=True)]
    return np.concatenate(parts, axis=1)


def _part(head: Head, values: Any) -> np.ndarray:
    values, shape = np.asarray(values), target_shape(head)
    if values.size != len(values) * prod(shape):
        raise ValueError(
            f"The targets of {head.name!r} have shape {values.shape}; expected (n_samples"
            f"{''.join(f', {n}' for n in shape)}){' of class numbers' if head.of_classes else ''}."
        )
    if values.dtype.kind not in "fiub":
        raise ValueError(f"The targets of {head.name!r} are of {values.dtype}, not numbers.")
    values = values.reshape(len(values), -1).astype(np.float64)
    if head.of_classes and not np.isin(values, np.arange(head.n_classes)).all():
        raise ValueError(
            f"The targets of {head.name!r} must be class numbers from 0 to {head.n_classes - 1}."
        )
    return values


def unpack_targets(
    heads: Sequence[Head], losses: Sequence[Any], rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Targets in a row by output, as a network with these losses is trained on them."""
    targets = {}
    rows = pack_targets(heads, rows)
    for head, columns, loss in zip(heads, target_columns(heads), losses, strict=True):
        values = rows[:, columns].reshape(len(rows), *target_shape(head))
        if head.of_classes and head.shape[-1] > 1 and "sparse" not in loss_name(loss):
            values = np.eye(head.n_classes)[values.astype(int)]
        targets[head.name] = values
    return targets
