"""A network that suits data of which nothing else is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi._cli._sequences import Folds
from skfi._cli._talk import Talk

_LEARNING_RATE = 0.003
_BATCH_SIZE = 32
_UPDATES = 1500  # of the weights, after which such networks had learnt what they do
_EPOCHS = (20, 100)


@dataclass(frozen=True)
class Wishes:
    """What may be said of the network on the command line."""

    units: int
    epochs: int | None
    seed: int


def network_for(
    task: str,
    n_train: int,
    window: int,
    folds: Folds | None,
    *,
    ordered: bool,
    wishes: Wishes,
    talk: Talk,
    **params: Any,
) -> Any:
    """An LSTM, with early stopping where there are rows enough to hold some out of each fit."""
    from skfi.recurrent import LSTMClassifier, LSTMRegressor

    fewest = min([n_train, *(len(fitted) for fitted, _ in folds or ())])
    stops = fewest >= max(200, 5 * window)
    epochs = wishes.epochs
    if epochs is None:
        epochs = int(np.clip(_UPDATES * _BATCH_SIZE / n_train, *_EPOCHS))
    kind = LSTMClassifier if task == "classification" else LSTMRegressor
    estimator = kind(
        units=wishes.units,
        epochs=epochs,
        batch_size=_BATCH_SIZE,
        learning_rate=_LEARNING_RATE,
        early_stopping=stops,
        validation="last" if ordered else "random",
        random_state=wishes.seed,
        importance=None,
        **params,
    )
    how = "; it stops when a held-out tenth of them is predicted no better" if stops else ""
    upto = "up to " if stops else ""
    talk.note(
        f"The network is an LSTM of {wishes.units} units, trained on {n_train:,} samples for "
        f"{upto}{epochs} epochs (seed {wishes.seed}){how}.",
        "--units, --epochs, --seed",
    )
    return estimator
