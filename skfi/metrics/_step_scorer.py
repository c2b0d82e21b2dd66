"""scikit-learn's metrics for predictions at every step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import check_scoring

from skfi._given import check_scoring as check_metric_kind
from skfi._given import check_values, checked_weights, described
from skfi._pipelines import Chain


def step_scorer(scoring: Any) -> Callable:
    """Make a scorer that takes all steps of all sequences, without padding, as one list.

    For estimators with ``return_sequences=True``, whose target is (n_samples, n_timesteps):
    scikit-learn's own scorers would take its columns for several targets. Their ``score`` and
    skfi's importance functions do this by themselves; a
    :class:`~sklearn.model_selection.GridSearchCV` needs it said.

    Parameters
    ----------
    scoring : str, scorer, list, tuple or dict
        One metric, or several, as in scikit-learn.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y, sample_weight=None)``.

    Examples
    --------
    >>> from skfi.metrics import step_scorer
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skfi import LSTMRegressor
    >>> model = LSTMRegressor(return_sequences=True)
    >>> search = GridSearchCV(model, {"units": [8, 16]}, scoring=step_scorer("r2"))
    """
    check_metric_kind(scoring)
    return StepScorer(scoring)


@dataclass(frozen=True)
class StepScorer:
    """Scores the flat list of real steps."""

    scoring: Any
    step: int | None = None  # only this one, of the sequences that reach it

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return self.of_steps(real_output_steps(estimator, X), estimator, X, y, sample_weight)

    def of_steps(
        self, real: np.ndarray, estimator: Any, X: Any, y: Any, sample_weight: Any = None
    ) -> Any:
        """The score of the steps that are ``real``, (n_samples, n_timesteps)."""
        flat = _FlatSteps(estimator, real)
        check_values(y, "y", "a target at every step, (n_samples, n_timesteps)")
        y = np.asarray(y)
        if y.shape[:2] != real.shape:
            raise ValueError(
                f"y has shape {y.shape}; a target at every step is expected: {real.shape}, "
                "(n_samples, n_timesteps), or with an axis of several outputs behind it."
            )
        if self.step is not None:
            if not real[:, self.step].any():
                raise ValueError(f"No sequence among those that are scored has step {self.step}.")
            flat.real = real = real & (np.arange(real.shape[1]) == self.step)
        weight = {}
        if sample_weight is not None:
            sample_weight = checked_weights(sample_weight, len(real))
            of_steps = np.broadcast_to(sample_weight[:, None], real.shape)
            weight["sample_weight"] = of_steps[real]
        y = y[real]
        y = np.array(y.tolist()) if y.dtype == object else y
        return check_scoring(flat, scoring=self.scoring)(flat, X, y, **weight)


def real_output_steps(estimator: Any, X: Any) -> np.ndarray:
    """Which steps of the output are not padding, as a bool (n_samples, n_timesteps)."""
    chain = Chain(estimator)
    if not hasattr(chain.last, "sequence_mask") or isinstance(chain.last, type):
        raise TypeError(
            "estimator must be one of skfi's with return_sequences=True, or end in one; got "
            f"{described(estimator)}."
        )
    return chain.last.sequence_mask(chain.transform(X))


class _FlatSteps(BaseEstimator):
    """The estimator, its predictions as a list of steps."""

    def __init__(self, estimator: Any, real: np.ndarray) -> None:
        self.estimator = estimator
        self.real = real

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        return self.estimator.__sklearn_tags__()

    @property
    def classes_(self) -> np.ndarray:
        """The labels."""
        return self.estimator.classes_

    def fit(self, X: Any, y: Any) -> None:
        """Not used; scorers require it of an estimator."""
        raise NotImplementedError("The estimator is fitted already.")

    def predict(self, X: Any) -> np.ndarray:
        """Predictions of the real steps."""
        return self.estimator.predict(X)[self.real]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities of the real steps."""
        return self.estimator.predict_proba(X)[self.real]
