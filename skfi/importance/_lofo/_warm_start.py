"""LOFO's warm refit: a network without a feature that starts from the network with it.

The input weights of the feature are removed, unless it is held at a constant; all others are
carried over and trained for a few epochs. See ``lofo_importance`` for the trade-offs.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from skfi._pipelines import Chain
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._numbers import input_features_stay
from skfi.preprocessing import TextSequencer


@dataclass(frozen=True)
class WarmStart:
    """Trained weights of a fold's full network, and for how many epochs to continue."""

    weights: list[np.ndarray]
    epochs: int

    def put_into(self, estimator: Any, shape: tuple[int, int], cells: np.ndarray) -> None:
        """Let an unfitted ``estimator`` start from the weights, for the ``cells`` that are left."""
        network = Chain(estimator).last
        # of a single epoch there is nothing to choose
        stop = {"early_stopping": True, "n_iter_no_change": 1} if self.epochs > 1 else {}
        network.set_params(epochs=self.epochs, **stop)

        def fit(*data: Any, **more: Any) -> Any:
            del network.fit  # another fit starts afresh
            return network._fit(*data, **more, start=_Trimmed(self.weights, shape, cells))

        network.fit = fit  # which a Pipeline calls of its last step


@dataclass(frozen=True)
class _Trimmed:
    """Sets the weights of a network from those of a larger one."""

    weights: list[np.ndarray]
    shape: tuple[int, int]  # time steps and features of the larger one's input
    cells: np.ndarray  # of that input, which the smaller one has too

    def __call__(self, model: keras.Model) -> None:
        names = [variable.path for variable in model.weights]
        shapes = [tuple(variable.shape) for variable in model.weights]
        if len(shapes) != len(self.weights):
            raise self._error(f"{len(self.weights)} arrays of weights would become {len(shapes)}")
        pairs = zip(names, self.weights, shapes, strict=True)
        model.set_weights([self._trimmed(*pair) for pair in pairs])

    def _trimmed(self, name: str, weight: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if weight.shape == shape:
            return weight
        n_timesteps, n_features = self.shape
        kept = {
            n_timesteps: np.unique(self.cells // n_features),
            n_timesteps * n_features: self.cells,
            n_features: np.unique(self.cells % n_features),
        }
        axes = [i for i, (a, b) in enumerate(zip(weight.shape, shape, strict=False)) if a != b]
        if len(weight.shape) == len(shape) and len(axes) == 1:
            indices = kept.get(weight.shape[axes[0]])
            if indices is not None and len(indices) == shape[axes[0]]:
                return weight.take(indices, axis=axes[0])
        raise self._error(f"{name!r} of shape {weight.shape} would become {shape}")

    def _error(self, what: str) -> ValueError:
        return ValueError(
            f"refit='warm' cannot tell which weights belong to the input that is left out: {what}. "
            "Use refit='cold', or leave_out='constant', which needs no other weights."
        )


def check_warm(estimator: Any) -> None:
    """Raise unless ``estimator`` can go on from trained weights."""
    chain = Chain(estimator)
    if LastStep.of(chain.last).sequences is None or chain.is_searched:
        raise TypeError(
            "refit='warm' goes on from trained weights: it takes LSTMRegressor, LSTMClassifier or "
            f"a Pipeline that ends in one; got {type(estimator).__name__}. Use refit='cold'."
        )
    if chain.find(TextSequencer) is not None:
        raise ValueError(
            "refit='warm' is not possible with a TextSequencer: words that are left out change the "
            "numbers of all others. Transform the texts first and pass token ids, or use "
            "refit='cold'."
        )


def check_features_stay(estimator: Any, *, cells_stay: bool) -> None:
    """Raise unless the weights of a feature are those of the same feature in another fit.

    If it gets as many cells without a unit, it keeps all weights, so each must get what it got.
    """
    if not input_features_stay(Chain(estimator), constant=cells_stay):
        raise ValueError(
            "refit='warm' takes over the weights of each feature, but a step of the Pipeline mixes "
            "or makes features before they reach the network. Use refit='cold'."
        )


def trained_weights(estimator: Any) -> list[np.ndarray]:
    """The weights of a fitted estimator's network."""
    return Chain(estimator).last.model_.get_weights()


def epochs_of(estimator: Any, refit_epochs: int | None) -> int:
    """Epochs of a refit, by default a fifth of the full network's."""
    return max(1, Chain(estimator).last.epochs // 5) if refit_epochs is None else refit_epochs
