"""Attributes of the last step of any kind of estimator."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import keras
import numpy as np

from skfi._keras import check_inputs, find_embedding, mask_value_of, takes_texts
from skfi._padding import real_steps
from skfi._pipelines import Chain


def network_of(estimator: Any) -> keras.Model | None:
    """The Keras network of a fitted estimator or adapter, or the network itself."""
    if isinstance(estimator, keras.Model):
        return estimator
    for name in ("model_", "model"):
        if isinstance(getattr(estimator, name, None), keras.Model):
            return getattr(estimator, name)
    wrapper = getattr(estimator, "wrapper", None)
    return None if wrapper is None else network_of(wrapper)


class SequenceEstimator(Protocol):
    """What skfi's estimators tell about themselves beyond scikit-learn's own methods."""

    mask_value: float | None
    n_timesteps: int | None
    return_sequences: bool
    embedding_dim: int | None
    embedding: Any
    network: Any  # the user's own function, if any
    importance_params: Any

    def set_params(self, **params: Any) -> Any:
        """Set parameters."""
        ...

    def to_sequences(self, X: Any) -> np.ndarray:
        """``X`` as the network takes it."""
        ...

    def sequence_mask(self, X: Any) -> np.ndarray:
        """Which steps are not padding."""
        ...


@dataclass(frozen=True)
class LastStep:
    """The last step of an estimator of any kind, with the attributes that methods need.

    This is the only place that looks for attributes which an estimator need not have.
    """

    estimator: Any
    network: keras.Model | None  # trained, or the one whose layers are copied for training
    mask_value: float | None  # what marks padding in the user's arrays
    per_step: bool  # whether there is an output at every step
    n_timesteps: int | None  # that the columns of 2-D X fold into

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """Make one of a Chain, or of any estimator without steps."""
        network = network_of(estimator)
        mask_value = getattr(estimator, "mask_value", None)
        if mask_value is None and network is not None:
            mask_value = mask_value_of(network)
        steps = getattr(estimator, "n_timesteps_in_", None) or getattr(
            estimator, "n_timesteps", None
        )
        per_step = bool(getattr(estimator, "return_sequences", False))
        return cls(estimator, network, mask_value, per_step, steps)

    @classmethod
    def at_end_of(cls, estimator: Any) -> Self:
        """That of whatever an estimator is wrapped in."""
        return cls.of(Chain(estimator).last)

    @property
    def sequences(self) -> SequenceEstimator | None:
        """The estimator if it is one of skfi's."""
        return self.estimator if hasattr(self.estimator, "to_sequences") else None

    @property
    def is_bare(self) -> bool:
        """Whether it is a Keras model that is not wrapped in an estimator."""
        return getattr(self.estimator, "is_bare", False)

    @property
    def has_own_network(self) -> bool:
        """Whether the user made the network: a model, or a function that returns one."""
        return self.is_bare or getattr(self.estimator, "network", None) is not None

    @property
    def takes_tokens(self) -> bool:
        """Whether it takes token ids, or texts, which its network turns into ids."""
        names = ("embedding_dim", "embedding")
        embeds = any(getattr(self.estimator, name, None) is not None for name in names)
        if embeds or self.sequences is not None:
            return embeds
        if self.network is None:
            return False
        embedding = find_embedding(self.network)
        of_ids = embedding is not None and len(self.network.inputs[0].shape) == 2
        return takes_texts(self.network) or of_ids

    @property
    def takes_texts(self) -> bool:
        """Whether the network itself takes texts."""
        return self.network is not None and takes_texts(self.network)

    @property
    def zero_is_padding(self) -> bool:
        """Of token ids: whether 0 is padding, not a word like any other."""
        if self.sequences is not None or self.network is None:
            return True
        embedding = find_embedding(self.network)
        return embedding is None or embedding.mask_zero

    @property
    def classes(self) -> np.ndarray | None:
        """The labels; None of a regressor."""
        return getattr(self.estimator, "classes_", None)

    @property
    def target_scaler(self) -> Any:
        """The scaler of the target; None if the target is not scaled."""
        return getattr(self.estimator, "target_scaler_", None)

    def check_target(self, y: Any) -> None:
        """Raise ValueError for labels that a bare network cannot predict."""
        if hasattr(self.estimator, "check_target"):
            self.estimator.check_target(y)

    def network_input(self, X: Any) -> np.ndarray:
        """Checked ``X`` as the network takes it."""
        if self.sequences is not None:
            return self.sequences.to_sequences(X)
        return check_inputs(self.network, X)

    def real_steps(self, X: np.ndarray) -> np.ndarray | None:
        """Which steps of the transformed ``X`` are not padding; None if none is padding.

        Values are compared in the dtype of the network, in which two numbers may become equal.
        """
        if self.mask_value is None:
            return None
        return real_steps(X.astype(keras.config.floatx(), copy=False), self.mask_value)
