"""Attributes of the last step of any kind of estimator."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import keras
import numpy as np
from sklearn.base import is_regressor

from skfi._containers import check_numeric
from skfi._given import check_values, naming
from skfi._keras import (
    Layout,
    check_inputs,
    find_embedding,
    has_several_outputs,
    in_a_row,
    mask_value_of,
    packed_network,
    plain_network,
    takes_texts,
)
from skfi._padding import real_steps
from skfi._pipelines import Chain


def network_of(estimator: Any) -> keras.Model | None:
    """The network of a fitted estimator, or of a Keras model of any make, as a functional one."""
    if isinstance(estimator, keras.Model):
        return plain_network(estimator)
    if getattr(estimator, "is_bare", False):
        return estimator.network
    for name in ("model_", "model"):
        if isinstance(getattr(estimator, name, None), keras.Model):
            return plain_network(getattr(estimator, name))
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
        if mask_value is None and network is not None and len(network.inputs) == 1:
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
    def runs_own_code(self) -> bool:
        """Of skfi's estimators: whether code of the user's runs in training."""
        return bool(self.estimator._has_own_code())

    @property
    def is_bare(self) -> bool:
        """Whether it is a Keras model that is not wrapped in an estimator."""
        return isinstance(self.estimator, keras.Model) or getattr(self.estimator, "is_bare", False)

    @property
    def has_own_network(self) -> bool:
        """Whether the user made the network: a model, or a function that returns one."""
        return self.is_bare or getattr(self.estimator, "network", None) is not None

    @property
    def takes_several_inputs(self) -> bool:
        """Whether its network has several inputs, which it is handed as they are."""
        return self.network is not None and len(self.network.inputs) > 1

    def inputs_of(self, X: Any) -> Any:
        """What reaches the network of ``X``: a SciKeras wrapper may make several inputs of it."""
        encoder = getattr(self._wrapped, "feature_encoder_", None)
        return X if encoder is None else encoder.transform(X)

    @property
    def _wrapped(self) -> Any:
        return getattr(self.estimator, "wrapper", self.estimator)

    def of_rows(self, layout: Layout) -> keras.Model:
        """The network of several inputs as one of rows, and of all outputs in a row."""
        if hasattr(self.estimator, "packed"):  # which keeps it
            return self.estimator.packed(layout)
        return packed_network(in_a_row(self.network), layout)

    @property
    def has_several_outputs(self) -> bool:
        """Whether it is a bare network of several outputs."""
        return self.is_bare and self.network is not None and has_several_outputs(self.network)

    @property
    def takes_tokens(self) -> bool:
        """Whether it takes token ids, or texts, which its network turns into ids."""
        names = ("embedding_dim", "embedding")
        embeds = any(getattr(self.estimator, name, None) is not None for name in names)
        if embeds or self.sequences is not None:
            return embeds
        if self.network is None or self.takes_several_inputs:
            return False
        embedding = find_embedding(self.network)
        of_ids = embedding is not None and len(self.network.inputs[0].shape) == 2
        return takes_texts(self.network) or of_ids

    @property
    def takes_texts(self) -> bool:
        """Whether the network itself takes texts."""
        several = self.takes_several_inputs
        return self.network is not None and not several and takes_texts(self.network)

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

    @property
    def target_names(self) -> Any:
        """The names of the columns of the target; None if they had none."""
        return getattr(self.estimator, "target_names_in_", None)

    def checked_target(self, y: Any) -> Any:
        """``y`` as it is scored: in a row, if there are several outputs.

        Raises ValueError for targets that a bare network cannot predict.
        """
        if not self.has_several_outputs:
            expected = "an array-like of a target for each row of X"
            check_values(y, "y", expected)
            with naming("y", y, expected):
                np.asarray(y)
            if is_regressor(self.estimator) and not self.per_step:
                check_numeric(y)
        check = getattr(self.estimator, "checked_target", None)
        return y if check is None else check(y)

    def scoring_for(self, scoring: Any) -> Any:
        """``scoring``, or what a network of several outputs or labels has in its place.

        Raises ValueError for a metric that does not fit its outputs.
        """
        own = getattr(self.estimator, "scoring_for", None) if self.is_bare else None
        return scoring if own is None else own(scoring)

    def network_input(self, X: Any) -> np.ndarray:
        """Checked ``X`` as the network takes it."""
        if self.sequences is not None:
            return self.sequences.to_sequences(X)
        X = self.inputs_of(X)
        return check_inputs(self.network, X)

    def real_steps(self, X: np.ndarray) -> np.ndarray | None:
        """Which steps of the transformed ``X`` are not padding; None if none is padding.

        Values are compared in the dtype of the network, in which two numbers may become equal.
        """
        if self.mask_value is None:
            return None
        return real_steps(X.astype(keras.config.floatx(), copy=False), self.mask_value)
