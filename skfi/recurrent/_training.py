"""What training needs besides the network: loss, optimizer, data and targets in their form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from skfi._constraints import Number
from skfi._given import check_takes
from skfi._keras import (
    REDUCTION,
    WeightedMean,
    compiled_loss,
    fresh_optimizer,
    gives_logits,
    loss_name,
)

_LOSS_CLASSES = {
    name.lower(): value
    for name, value in vars(keras.losses).items()
    if isinstance(value, type) and issubclass(value, keras.losses.Loss)
}


@dataclass(frozen=True)
class Training:
    """How an estimator's network is compiled."""

    optimizer: str | keras.optimizers.Optimizer
    learning_rate: float | None
    loss: Any

    def compile(self, model: keras.Model, *, classifier: bool) -> None:
        """Compile ``model``, by default with the loss that belongs to its output."""
        n_outputs = model.outputs[0].shape[-1]
        loss = self.loss
        if loss is None and not classifier:
            loss = "mean_squared_error"
        elif loss is None:
            loss = "binary_crossentropy" if n_outputs == 1 else "sparse_categorical_crossentropy"
        loss = make_loss(loss, from_logits=classifier and gives_logits(model))
        model.compile(optimizer=make_optimizer(self.optimizer, self.learning_rate), loss=loss)
        if classifier:
            gives_logits(model)  # raises now what would be raised after the training

    def compile_again(self, model: keras.Model, before: "Training", *, classifier: bool) -> None:
        """Let a warm start follow what has changed; the optimizer keeps its state if it can."""
        same_kind = (self.optimizer, self.loss) == (before.optimizer, before.loss)
        if not same_kind or self.learning_rate is None:
            self.compile(model, classifier=classifier)
        else:
            model.optimizer.learning_rate = self.learning_rate


@dataclass(frozen=True)
class TrainingData:
    """The rows that a network is trained on, and those held out to stop it."""

    X: np.ndarray
    target: np.ndarray
    weight: np.ndarray | None
    train: np.ndarray
    held_out: np.ndarray

    def to_train(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Input, target and weight, which may be None."""
        weight = None if self.weight is None else self.weight[self.train]
        return self.X[self.train], self.target[self.train], weight

    def validation(self) -> dict[str, tuple]:
        """The held-out rows as Keras takes them; empty if there are none."""
        rows = self.held_out
        if not len(rows):
            return {}
        data = (self.X[rows], self.target[rows])
        return {"validation_data": data if self.weight is None else (*data, self.weight[rows])}


def make_loss(loss: Any, *, from_logits: bool = False) -> keras.losses.Loss:
    """The Keras loss for a name, an instance or a function; ValueError if there is none."""
    if isinstance(loss, keras.losses.Loss):
        return loss
    if isinstance(loss, type):
        raise ValueError(
            f"loss is the class {loss.__name__}; pass an instance, {loss.__name__}(), or a name "
            "such as 'mean_squared_error'."
        )
    if not isinstance(loss, str):
        if isinstance(loss, keras.metrics.Metric):
            raise TypeError(f"loss is a metric, {loss.name!r}; pass a keras.losses.Loss or a name.")
        check_takes(loss, "loss", "(y_true, y_pred)")
        return WeightedMean(loss)
    try:
        found = keras.losses.get(loss)
    except ValueError as error:
        raise ValueError(
            f"loss={loss!r} is unknown to Keras; pass a name such as 'mean_squared_error', a "
            "keras.losses.Loss or a function of (y_true, y_pred)."
        ) from error
    kind = _LOSS_CLASSES.get(loss_name(found))
    if kind is None:
        return WeightedMean(found)
    logits = {"from_logits": True} if from_logits and "crossentropy" in loss_name(found) else {}
    return kind(reduction=REDUCTION, **logits)


def make_optimizer(
    optimizer: str | keras.optimizers.Optimizer, learning_rate: float | None
) -> keras.optimizers.Optimizer:
    """A fresh optimizer: the parameter is left as it is, and shares no state between fits."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return fresh_optimizer(optimizer, learning_rate)
    config: dict[str, Any] = {"name": optimizer}  # without one Keras counts them up
    if learning_rate is not None:
        config["learning_rate"] = learning_rate
    try:
        return keras.optimizers.get({"class_name": optimizer, "config": config})
    except ValueError as error:
        raise ValueError(
            f"optimizer={optimizer!r} is unknown to Keras; pass a name such as 'adam' or a "
            "keras.optimizers.Optimizer."
        ) from error


def weights_of_classes(class_weight: Any, y: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """The weight of the class of each label; "balanced" by the frequencies in ``trained``.

    Raises ValueError for a weight that is negative or no number.
    """
    given = class_weight if isinstance(class_weight, Mapping) else {}
    wrong = {
        label: weight
        for label, weight in given.items()
        if not Number(0, closed="left").is_satisfied_by(weight)
    }
    if wrong or (given and not any(given.values())):
        raise ValueError(
            f"class_weight holds {wrong or given}; expected non-negative numbers. A class of "
            "weight 0 has no part in the training."
        )
    if isinstance(class_weight, str) and class_weight == "balanced":
        classes = np.unique(trained)
        weights = compute_class_weight(class_weight, classes=classes, y=trained)
        class_weight = dict(zip(classes.tolist(), weights, strict=True))
    return compute_sample_weight(class_weight, y)


def is_categorical(loss: Any) -> bool:
    """Whether a loss compares distributions over the classes, one output each."""
    return "categorical" in loss_name(loss)


def class_targets(numbers: np.ndarray, model: keras.Model) -> np.ndarray:
    """Class numbers in the form that the network's loss takes: as they are, or one-hot."""
    n_outputs, loss = model.outputs[0].shape[-1], compiled_loss(model)
    if n_outputs == 1:
        if is_categorical(loss):
            raise ValueError(
                f"The loss {loss_name(loss)} needs one output for each class, but the network has "
                "a single one; use 'binary_crossentropy', or a network with a softmax of two."
            )
        return numbers[..., None]
    if "sparse" not in loss_name(loss):
        return np.eye(n_outputs)[numbers]
    return numbers if numbers.ndim == 1 else numbers[..., None]
