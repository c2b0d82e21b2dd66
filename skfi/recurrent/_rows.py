"""What an estimator reads: samples, targets and weights, checked and in the form of its network."""

from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skfi._given import check_targets, checked_weights, naming
from skfi._private import _safe_indexing
from skfi.recurrent._held_out import Rows, as_samples, split_rows
from skfi.recurrent._parameters import Parameters
from skfi.recurrent._sequence_input import Samples, SequenceReader
from skfi.recurrent._targets import StepTargets, Targets
from skfi.recurrent._token_input import TokenReader


class ReadsRows(Parameters, metaclass=ABCMeta):
    """The part of an estimator that reads what it is given."""

    @abstractmethod
    def _learn_target(self, y: Any, sample_weight: np.ndarray | None, *, reset: bool) -> np.ndarray:
        """Check ``y``, learn its classes or its scale, and return it as an array."""

    def _total_weight(
        self, y: np.ndarray, sample_weight: np.ndarray | None, trained: np.ndarray
    ) -> np.ndarray | None:
        """The weight of each row in training, with that of its class among those trained on."""
        return sample_weight

    @property
    def _reader(self) -> SequenceReader | TokenReader:
        """What reads ``X``: token ids if the parameters ask for an embedding."""
        reads_tokens = self.embedding_dim is not None or self.embedding is not None
        return TokenReader(self) if reads_tokens else SequenceReader(self)

    def _targets(self, real_steps: Callable[[], np.ndarray]) -> Targets:
        """What handles targets of a ``X`` with these real steps."""
        return (StepTargets if self.return_sequences else Targets)(real_steps)

    def _validation(self, validation_data: Any, rows: Rows) -> Rows:
        given = as_samples(validation_data)
        try:
            return self._rows(*given, reset=False, like=rows)
        except (ValueError, TypeError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"validation_data: {error}") from error

    def _rows(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        reset: bool,
        like: Rows | None = None,
    ) -> Rows:
        """Checked samples, targets and weights; with ``reset`` the estimator learns of them.

        Classes have the weights that they have in the rows ``like``, or in these.
        """
        X, y, sample_weight = self._check(X, y, sample_weight, reset=reset)
        samples = self._reader.read(X)
        targets = self._targets(lambda: samples.real)
        weight = targets.flat_weight(sample_weight)
        with naming("y", y, "a number or a label for each sample, (n_samples,)"):
            flat = self._learn_target(targets.flat(y), weight, reset=reset)
        trained = flat if like is None else like.flat_y
        of_targets = targets.spread_weight(self._total_weight(flat, weight, trained))
        return Rows(samples, targets.spread(flat), sample_weight, of_targets, flat)

    def _split(self, rows: Rows, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
        """Which rows are trained on, and which early stopping holds out."""
        if not self.early_stopping:
            return np.arange(len(rows)), np.arange(0)
        labels = rows.y if is_classifier(self) and rows.y.ndim == 1 else None
        split = (self.validation, self.validation_fraction, random)
        return split_rows(rows, *split, labels=labels, gap=self._reader.overlap())

    def _check(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple:
        """``X`` checked, ``y`` of the same length, and weights; only rows that have a weight."""
        X = self._reader.check(X, reset=reset)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        check_targets(y, len(X))
        with naming("y", y, "an array-like of a target for each row of X"):
            y = y if hasattr(y, "iloc") else np.asarray(y)
        if sample_weight is None:
            return X, y, None
        sample_weight = checked_weights(sample_weight, len(X))
        used = np.flatnonzero(sample_weight)
        return X[used], _safe_indexing(y, used), sample_weight[used]

    def _read(self, X: Any) -> Samples:
        reader = self._reader
        return reader.read(reader.check(X, reset=False))
