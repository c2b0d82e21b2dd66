"""A network that suits data of which nothing else is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi._cli._sequences import Folds
from skfi._cli._talk import Talk

_BATCH_SIZE = 32
_UPDATES = 1500  # of the weights, without early stopping
_EPOCHS = (20, 100)
_PATIENCE = 10  # with 5, networks on real data stopped before they had learnt


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
    *,
    ordered: bool,
    wishes: Wishes,
    talk: Talk,
    **params: Any,
) -> Any:
    """An LSTM, with early stopping if there are rows enough to hold some out."""
    from skfi.recurrent import LSTMClassifier, LSTMRegressor

    stops = _can_stop(n_train, window)
    epochs = wishes.epochs
    if epochs is None:
        enough = int(np.clip(_UPDATES * _BATCH_SIZE / n_train, *_EPOCHS))
        epochs = _EPOCHS[1] if stops else enough
    kind = LSTMClassifier if task == "classification" else LSTMRegressor
    estimator = kind(
        units=wishes.units,
        epochs=epochs,
        batch_size=_BATCH_SIZE,
        early_stopping=stops,
        n_iter_no_change=_PATIENCE,
        validation="last" if ordered else "random",
        random_state=wishes.seed,
        importance=None,
        **params,
    )
    how = "; it stops when a tenth of them, held out, is predicted no better" if stops else ""
    upto = "up to " if stops else ""
    talk.note(
        f"The network is an LSTM of {wishes.units} units, trained on {n_train:,} samples for "
        f"{upto}{epochs} epochs (seed {wishes.seed}){how}.",
        "--units, --epochs, --seed",
    )
    return estimator


def network_for_folds(fitted: Any, folds: Folds, window: int, n_train: int, talk: Talk) -> Any:
    """The same network for the folds of LOFO, which may be too small for early stopping.

    There it is trained for about as many updates of the weights as the network had.
    """
    from sklearn.base import clone

    fewest = min(len(train) for train, _ in folds)
    if not fitted.early_stopping or _can_stop(fewest, window):
        return fitted
    best = int(np.argmin(fitted.history_["val_loss"])) + 1
    epochs = min(fitted.epochs, round(best * n_train / fewest))
    talk.note(
        f"Folds of LOFO have as few as {fewest:,} samples to train on: there networks are trained "
        f"for {epochs} epochs, without early stopping."
    )
    return clone(fitted).set_params(early_stopping=False, epochs=epochs)


def _can_stop(n_samples: int, window: int) -> bool:
    """Whether a tenth, and as many in front of it as a window is long, can be spared."""
    return n_samples >= max(100, 4 * window)
