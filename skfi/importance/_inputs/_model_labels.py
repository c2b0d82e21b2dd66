"""A Keras model that tells several labels, as an estimator."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import make_scorer

from skfi._keras import gives_logits
from skfi.importance._inputs._models import KerasModel


class ModelMultilabel(ClassifierMixin, KerasModel):
    """A Keras model that tells which of several labels a sample has."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @property
    def classes_(self) -> list[np.ndarray]:
        """Of each label: that it is not there, or is."""
        return [np.array([0, 1])] * self.network.outputs[0].shape[-1]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the labels, (n_samples, n_labels), as MLPClassifier gives them."""
        outputs = self._outputs(X)
        return 1 / (1 + np.exp(-outputs)) if gives_logits(self.network) else outputs

    def predict(self, X: Any) -> np.ndarray:
        """Which labels have a probability above one half, as 0 and 1."""
        return (self.predict_proba(X) > 0.5).astype(np.int64)

    def checked_target(self, y: Any) -> Any:
        """``y``, or ValueError unless it tells of each label whether it is there."""
        values, n_labels = np.asarray(y), self.network.outputs[0].shape[-1]
        if values.ndim != 2 or values.shape[1] != n_labels or not np.isin(values, (0, 1)).all():
            raise ValueError(
                f"y must be of shape (n_samples, {n_labels}) and hold 0 and 1, as the network was "
                f"trained to tell several labels; got shape {values.shape}."
            )
        return values.astype(np.int64)

    def scoring_for(self, scoring: Any) -> Any:
        """``scoring`` with a log loss of labels, of which scikit-learn's is of classes."""
        if isinstance(scoring, str):
            return _LOG_LOSS if scoring == "neg_log_loss" else scoring
        if isinstance(scoring, (list, tuple, set)):
            return {name: self.scoring_for(name) for name in scoring}
        if isinstance(scoring, Mapping):
            return {name: self.scoring_for(metric) for name, metric in scoring.items()}
        return scoring


def labels_log_loss(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
    """Mean over samples and labels of the log loss of each label being there or not."""
    y_true = np.asarray(y_true).reshape(len(y_true), -1)
    y_pred = np.asarray(y_pred, dtype=np.float64).reshape(y_true.shape)
    least = np.finfo(np.float64).eps
    y_pred = np.clip(y_pred, least, 1 - least)
    loss = -(y_true * np.log(y_pred) + (1 - y_true) * np.log1p(-y_pred)).mean(axis=1)
    return float(np.average(loss, weights=sample_weight))


_LOG_LOSS = make_scorer(labels_log_loss, response_method="predict_proba", greater_is_better=False)
