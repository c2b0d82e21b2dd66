"""Rows to train on, and rows that are held out to stop the training and to explain the network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from skfi._given import row_numbers
from skfi.recurrent._sequence_input import Samples


@dataclass(frozen=True)
class Rows:
    """Checked samples with their targets and weights."""

    samples: Samples
    y: np.ndarray
    sample_weight: np.ndarray | None  # of each sample
    target_weight: np.ndarray | None  # of each target in training, with that of its class
    flat_y: np.ndarray  # without padded steps

    def __len__(self) -> int:
        return len(self.samples.X)


def as_samples(validation_data: Any) -> tuple:
    """``validation_data`` of ``fit``: samples, targets and perhaps weights."""
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
        raise ValueError(
            "validation_data must be a tuple (X, y) or (X, y, sample_weight); got "
            f"{type(validation_data).__name__}."
        )
    return tuple(validation_data)


def joined(rows: Rows, others: Rows) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Rows to train on with others behind them, and the numbers of both."""
    own, their = rows.samples, others.samples
    if own.X.shape[1:] != their.X.shape[1:]:
        raise ValueError(
            f"The samples of validation_data have the shape {their.X.shape[1:]}; expected that "
            f"of X, {own.X.shape[1:]}. Pad sequences to the same length."
        )
    samples = Samples(
        np.concatenate([own.X, their.X]),
        np.concatenate([own.network_input, their.network_input]),
        np.concatenate([own.real, their.real]),
    )
    every = Rows(
        samples,
        np.concatenate([rows.y, others.y]),
        _weights((rows.sample_weight, rows.y), (others.sample_weight, others.y)),
        _weights((rows.target_weight, rows.y), (others.target_weight, others.y)),
        np.concatenate([rows.flat_y, others.flat_y]),
    )
    return every, np.arange(len(rows)), np.arange(len(rows), len(every))


def _weights(*parts: tuple[np.ndarray | None, np.ndarray]) -> np.ndarray | None:
    """Weights one after the other; those that were not passed are 1."""
    if all(weight is None for weight, _ in parts):
        return None
    return np.concatenate([np.ones(len(y)) if weight is None else weight for weight, y in parts])


def split_rows(
    rows: Rows,
    validation: Any,
    fraction: float,
    random: np.random.RandomState,
    *,
    labels: np.ndarray | None,
    gap: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on, and rows to hold out, as numbers.

    ``validation`` is "random", stratified by ``labels``, "last" or a splitter; in front of the last
    rows a ``gap`` is in neither part.

    Raises
    ------
    ValueError
        If the rows cannot be split so.
    """
    n_rows = len(rows)
    numbers = np.arange(n_rows)
    try:
        if validation == "random":
            train, held_out = train_test_split(
                numbers, test_size=fraction, random_state=random, stratify=labels
            )
        elif validation == "last":
            n_held_out = int(np.ceil(fraction * n_rows))
            train, held_out = numbers[: max(0, n_rows - n_held_out - gap)], numbers[-n_held_out:]
        else:
            *_, (train, held_out) = validation.split(rows.samples.X, rows.y)
            train = row_numbers(train, n_rows, "The training part")
            held_out = row_numbers(held_out, n_rows, "The held-out part")
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"early_stopping=True holds out validation_fraction={fraction} of the {n_rows} rows, "
            f"by validation={validation!r}, which cannot be done here: {error}"
        ) from error
    if not len(train) or not len(held_out) or len(np.intersect1d(train, held_out)):
        between = f" and {gap} rows between them" if validation == "last" else ""
        raise ValueError(
            f"validation={validation!r} of {n_rows} rows gives {len(train)} rows to train on and "
            f"{len(held_out)} to hold out{between}; {len(np.intersect1d(train, held_out))} are in "
            "both. Each part needs rows of its own: pass more rows, or another validation."
        )
    return train, held_out
