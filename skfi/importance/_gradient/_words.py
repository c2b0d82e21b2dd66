"""Token ids as what a gradient is taken with respect to."""

from typing import Any, cast

import numpy as np

from skfi._keras import (
    embedding_gradient,
    embedding_table,
    forward_embedded,
    takes_texts,
)
from skfi.importance._gradient._baseline import check_token_baseline
from skfi.importance._gradient._network import Network
from skfi.importance._gradient._sequences import Weights
from skfi.importance._inputs._kinds import Tokens


class TokenInput:
    """Token ids, explained at the output of the embedding and summed over its axis."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.tokens = cast(Tokens, network.kind)
        self.inputs = network.inputs
        if takes_texts(network.model):
            self.inputs = self.tokens.read
        self.table = embedding_table(network.model)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the attributions of a sample: a value for each position."""
        return self.tokens.ids.shape[1:]

    @property
    def entries(self) -> dict[str, Any]:
        """What a result keeps of the texts: their words."""
        return {"tokens": self.tokens.in_words()}

    def check_gradients(self) -> None:
        """Do nothing: ids are explained at their embedding."""

    def check_can_be_masked(self) -> None:
        """Raise ValueError: there are no features."""
        raise ValueError(
            "temporal_rescaling=True is for sequences of numbers: words have no features to mask."
        )

    def scale(self, sample_weight: np.ndarray | None) -> None:
        """Return None, as all entries of a vector are in the same unit."""
        return None

    def origin(self, sample_weight: np.ndarray | None = None) -> None:
        """Where paths begin if it is not said: the padding token."""
        return None

    def baseline(self, method: str, baseline: Any, sample_weight: np.ndarray | None) -> Any:
        """The id of a baseline token; of expected gradients an array of ids."""
        return check_token_baseline(method, baseline, self.tokens)

    def points(self, rows: np.ndarray) -> np.ndarray:
        """The samples' embedded ids."""
        return self.table[self.tokens.read[rows]]

    def gradient(self, points: np.ndarray, rows: np.ndarray, weights: Weights) -> np.ndarray:
        """Gradient at ``points`` that belong to the samples ``rows``."""
        model, inputs = self.network.model, self.inputs
        return embedding_gradient(model, inputs[rows], self._padded(points, rows), weights[rows])

    def gradient_at_samples(self, rows: np.ndarray, weights: Any) -> tuple[np.ndarray, None]:
        """Gradient at the samples themselves; their outputs have to be asked for."""
        return self.gradient(self.points(rows), rows, weights), None

    def outputs(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The network's outputs at ``points`` that belong to the samples ``rows``."""
        model, inputs = self.network.model, self.inputs
        return forward_embedded(model, inputs[rows], self._padded(points, rows))

    def attributions(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """What a method found for each token, zero for padding."""
        return np.where(self.tokens.real[rows], values.sum(axis=-1), 0)

    def of_samples(self, rows: np.ndarray) -> "TokenInput":
        """Some of the samples."""
        return TokenInput(self.network.of_samples(rows))

    def start(self, baseline: Any, rows: np.ndarray) -> np.ndarray:
        """The baseline of each sample: everywhere the padding token, or the one given."""
        token = 0 if baseline is None else int(baseline)
        return np.broadcast_to(self.table[token], self.points(rows).shape)

    def background(self, samples: np.ndarray | None) -> Any:
        """Samples to draw baselines from, embedded when they are drawn."""
        return _Embedded(self.table, self.tokens.ids if samples is None else samples)

    def noise(self, level: float) -> np.ndarray:
        """A share of each vector entry's range over the words that occur."""
        return level * np.ptp(self.table[np.unique(self.tokens.ids[self.tokens.real])], axis=0)

    def _padded(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        real = self.tokens.real[rows][:, :, None]
        return np.where(real, points, self.points(rows))


class _Embedded:
    """Embedded texts, looked up on indexing."""

    def __init__(self, table: np.ndarray, ids: np.ndarray) -> None:
        self.table, self.ids = table, ids

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return self.table[self.ids[rows]]
