"""A Keras model of several outputs, some of which tell classes, as an estimator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from skfi._keras import Head, class_probabilities, gives_logits
from skfi.importance._inputs._models import KerasModel
from skfi.importance._inputs._targets import pack_targets, target_columns


class ModelHeads(KerasModel):
    """A Keras model of several outputs, of which some tell classes.

    Predictions are all in a row: values, and numbers of classes.
    """

    def predict(self, X: Any) -> np.ndarray:
        """Of each output its values, the number of the class, or 0 and 1 for each label."""
        outputs = self._outputs(X)
        parts = []
        for head in self.heads:
            part = head.take(outputs)
            if head.of_classes:
                logits = gives_logits(self.network, head.number)
                part = class_probabilities(part, logits=logits).argmax(axis=-1)
            elif head.kind == "labels":
                part = part > (0.0 if gives_logits(self.network, head.number) else 0.5)
            parts.append(part.reshape(len(outputs), -1).astype(np.float64))
        return np.concatenate(parts, axis=1)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The mean over the outputs of R2, or of the accuracy where an output tells classes."""
        return HeadsScorer(tuple(self.heads))(self, X, y, sample_weight)

    def checked_target(self, y: Any) -> np.ndarray:
        """Targets of all outputs in a row."""
        return pack_targets(self.heads, y)

    def scoring_for(self, scoring: Any) -> Any:
        """What ``score`` computes, from predictions, if ``scoring`` is None.

        Raises ValueError for the name of a metric, which fits values or classes, not both.
        """
        if isinstance(scoring, str):
            raise ValueError(
                f"scoring={scoring!r}, but the outputs of the network are "
                f"{', '.join(f'{head.name!r} ({head.kind})' for head in self.heads)}, which no one "
                "metric fits. Leave scoring=None for the mean of R2 and accuracy, or pass one "
                "output as a network: keras.Model(model.inputs, model.outputs[0])."
            )
        return HeadsScorer(tuple(self.heads)) if scoring is None else scoring

    def _encoded(self, y: Any) -> Any:
        return self._by_output(y)


@dataclass(frozen=True)
class HeadsScorer:
    """Mean over the outputs of R2, or of the accuracy where an output tells classes or labels."""

    heads: tuple[Head, ...]

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        y_pred, y_true = estimator.predict(X), pack_targets(self.heads, y)
        scores = [
            metric_of(head)(y_true[:, columns], y_pred[:, columns], sample_weight=sample_weight)
            for head, columns in zip(self.heads, target_columns(self.heads), strict=True)
        ]
        return float(np.mean(scores))


def metric_of(head: Head) -> Callable:
    """What an output is scored by where no one metric fits all."""
    return r2_score if head.kind == "values" else _accuracy


def _accuracy(y_true: np.ndarray, y_pred: np.ndarray, sample_weight: Any = None) -> float:
    """The share of right ones, of all columns."""
    return float(np.average((y_true == y_pred).mean(axis=1), weights=sample_weight))
