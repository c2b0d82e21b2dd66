"""What both estimators share: the course of ``fit``, the network's output, the importances."""

from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from copy import copy
from typing import Any, Self

import keras
import numpy as np
from sklearn import config_context
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    check_is_fitted,
)

from skfi._given import check_targets, checked_weights, naming
from skfi._keras import (
    free_kernels_now_and_then,
    pool,
    restored_if_it_fails,
    seeded,
    with_own_code,
)
from skfi._private import _fit_context
from skfi.importance import ImportanceResult
from skfi.importance._in_fit import check_importance, fitted_importances
from skfi.importance._results._shares import positive_shares
from skfi.recurrent._architecture import Architecture
from skfi.recurrent._check_parameters import check_architecture
from skfi.recurrent._held_out import joined
from skfi.recurrent._parameters import python_numbers
from skfi.recurrent._rows import ReadsRows
from skfi.recurrent._targets import Targets
from skfi.recurrent._training import Training, TrainingData


class BaseRecurrent(ReadsRows, metaclass=ABCMeta):
    """A recurrent network as a scikit-learn estimator; see the two public subclasses."""

    @abstractmethod
    def _encode_target(self, y: np.ndarray, model: keras.Model) -> np.ndarray:
        """``y`` as ``model`` is trained on it: classes in its loss's form, standardised values."""

    @abstractmethod
    def _output(self) -> tuple[int, str]:
        """Width and activation of the network's output."""

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None
    ) -> Self:
        """Train the network, then compute its importances.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences; 2-D rows are folded by ``n_timesteps``, time-major. With an embedding token
            ids of shape (n_samples, n_positions), 0 for padding.
        y : array-like of shape (n_samples,) or, for regression, (n_samples, n_outputs)
            Targets; with ``return_sequences`` (n_samples, n_timesteps), where padded steps may
            hold anything.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. In training a row of weight 2 counts as two rows, one of weight
            0 as none.
        validation_data : tuple (X, y) or (X, y, sample_weight), default=None
            Samples that are not trained on: their loss is in ``history_``, ``early_stopping`` stops
            by it, and importances are of them. Nothing else is held out then. In a Pipeline they
            are not transformed by its steps.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are unfit, before training; or if training diverges. After
            any error the estimator is what it was before.
        """
        return self._fit(X, y, sample_weight, validation_data)

    @_fit_context(prefer_skip_nested_validation=True)
    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation_data: Any = None,
        *,
        start: Callable[[keras.Model], None] | None = None,
    ) -> Self:
        """``fit``, from the weights that ``start`` gives to a new network."""
        continuing = self.warm_start and hasattr(self, "model_")
        learner = copy(self)  # a fit that fails half way must leave nothing of itself
        given = self.get_params(deep=False)
        learner.__dict__.update(python_numbers(given))
        with restored_if_it_fails(self.model_) if continuing else nullcontext():
            learner._learn((X, y, sample_weight), validation_data, start, continuing=continuing)
        self.__dict__.clear()
        self.__dict__.update(vars(learner) | given)
        return self

    def __copy__(self) -> Self:
        """A shallow copy, with the same network."""
        same = type(self).__new__(type(self))
        same.__dict__.update(vars(self))
        return same

    def __getstate__(self) -> dict[str, Any]:
        return with_own_code(super().__getstate__())

    def __sklearn_is_fitted__(self) -> bool:
        return any(name.endswith("_") and not name.startswith("_") for name in vars(self))

    def _learn(
        self, given: tuple, validation_data: Any, start: Callable | None, *, continuing: bool
    ) -> None:
        """What ``fit`` does: check, learn the target, build, train, explain."""
        rows = self._rows(*given, reset=not continuing)
        architecture = check_architecture(self, continuing=continuing)
        check_importance(self, rows.samples.X, rows.y)
        random = check_random_state(self.random_state)
        if validation_data is None:
            train, held_out = self._split(rows, random)
        else:
            rows, train, held_out = joined(rows, self._validation(validation_data, rows))
        seed = int(random.randint(np.iinfo(np.int32).max))
        with seeded(seed, only_keras=not self._has_own_code()):
            model = self._network(architecture, start, continuing=continuing)
            target = self._encode_target(rows.y, model)
            inputs, weight = rows.samples.network_input, rows.target_weight
            data = TrainingData(inputs, target, weight, train, held_out)
            self._train(model, data, self._targets(lambda: rows.samples.real))
        if self.network is not None:
            free_kernels_now_and_then()
        if hasattr(self, "importances_"):  # computed once: dir() and repr read every property
            del self.importances_
        if self.importance is not None:
            self.importances_: ImportanceResult = fitted_importances(
                self, rows.samples.X, rows.y, rows.sample_weight, train, held_out, seed
            )

    def to_sequences(self, X: Any) -> np.ndarray:
        """Check ``X`` as ``predict`` does and fold it into the array that the network takes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences of the shape that the estimator was fitted on.

        Returns
        -------
        X : ndarray of shape (n_samples, n_timesteps, n_features)
            The sequences; token ids (n_samples, n_positions) with an embedding.
        """
        check_is_fitted(self)
        return self._read(X).network_input

    def sequence_mask(self, X: Any) -> np.ndarray:
        """Tell which steps of ``X`` are no padding.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences of the shape that the estimator was fitted on.

        Returns
        -------
        mask : ndarray of bool of shape (n_samples, n_timesteps)
            False where a sequence has ended.
        """
        check_is_fitted(self)
        return self._read(X).real

    @property
    def feature_importances_(self) -> np.ndarray:
        """Importances of the features, non-negative, of sum 1, as computed by ``fit``.

        An ndarray of shape (n_features_in_,): ``importances_.importances_mean`` clipped at 0 and
        normalised. All zeros if no feature has a positive importance.
        """
        check_is_fitted(self)
        if not hasattr(self, "importances_"):
            raise AttributeError(
                f"This {type(self).__name__} has computed no importances: it was fitted with "
                "importance=None or made by from_keras. Call gradient_importance, "
                "permutation_importance or lofo_importance on it."
            )
        return positive_shares(self.importances_.importances_mean)

    def _score(
        self,
        metric: Callable,
        X: Any,
        y: Any,
        sample_weight: Any,
        check: Callable[[Any], None] | None = None,
    ) -> float:
        predicted = self.predict(X)
        check_targets(y, len(predicted))
        if check is not None and not self.return_sequences:
            check(y)
        if sample_weight is not None:
            sample_weight = checked_weights(sample_weight, len(predicted))
        targets = self._targets(lambda: self.sequence_mask(X))
        with naming("y", y, f"targets like the predictions, of shape {predicted.shape}"):
            return targets.score(metric, y, predicted, sample_weight)

    def _has_own_code(self) -> bool:
        """Whether code of the user's runs in training, which may draw in ways of its own."""
        own_network = self.network is not None and not getattr(self.network, "is_of_keras", False)
        own_loss = not isinstance(self.loss, (str, keras.losses.Loss, type(None)))
        return bool(own_network or own_loss or self.callbacks)

    def _network(
        self, architecture: Architecture, start: Callable | None, *, continuing: bool
    ) -> keras.Model:
        """A compiled network: a new one, or that of the last fit."""
        training = Training(self.optimizer, self.learning_rate, self.loss)
        if continuing:
            model = self.model_
            if self._training != training:
                training.compile_again(model, self._training, classifier=is_classifier(self))
        else:
            model = architecture.build()
            if start is not None:
                start(model)
        if not model.compiled:
            training.compile(model, classifier=is_classifier(self))
        self._architecture = architecture
        self._training: Training = training
        return model

    def _train(self, model: keras.Model, data: TrainingData, targets: Targets) -> None:
        callbacks = list(self.callbacks or ())
        if self.early_stopping:
            callbacks.append(
                keras.callbacks.EarlyStopping(
                    "val_loss", patience=self.n_iter_no_change, restore_best_weights=True
                )
            )
        before = model.get_weights()
        # a user's callbacks may ask for each batch
        shared = nullcontext() if self.callbacks else pool.trains(model, len(data.train))
        plain = config_context(transform_output="default")  # for SciKeras' own transformers
        with shared, plain:
            wrapper = targets.fit_wrapper(
                model,
                data,
                classifier=is_classifier(self),
                batch_size=self.batch_size,
                epochs=self.epochs,
                verbose=int(self.verbose),
                callbacks=callbacks,
            )
        if not all(np.isfinite(array).all() for array in model.get_weights()):
            model.set_weights(before)
            losses = wrapper.history_["loss"]
            raise ValueError(
                f"Training diverged: the loss is {losses[-1]} after {len(losses)} epochs. Scale "
                "the inputs (StandardScaler), lower learning_rate, or pass an optimizer with "
                "clipnorm."
            )
        self.wrapper_, self.history_ = wrapper, dict(wrapper.history_)
        self.model_: keras.Model = model
        self.n_iter_ = len(self.history_["loss"])
