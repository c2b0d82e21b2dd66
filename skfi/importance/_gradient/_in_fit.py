"""Gradient importances in ``fit``, in less than a tenth of the training time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skfi._folding import fold
from skfi._keras import find_embedding
from skfi.importance._gradient._baseline import check_baseline
from skfi.importance._gradient._gradient_importance import PARAMETERS, gradient_importance
from skfi.importance._gradient._target import check_target
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._params_in_fit import check_params
from skfi.importance._results._result import ImportanceResult

# A gradient takes at most as long as a row of training in one epoch (measured: half of it). With a
# share of .06 a fit with its importances keeps nine tenths of its speed, trials and traces included
_OF_TRAINING = 0.06
# Multiplications that take some hundredths of a second: so many are done after any training
_AT_LEAST = 2e8
_N_STEPS = 16  # what integrated gradients miss with these is refined
_OF_ALL_POINTS = 4  # the function's own number of points is about so many times as many
_TRIAL = {"max_samples": 16, "max_outputs": 4}


def check_in_fit(estimator: Any, X: np.ndarray, y: np.ndarray, params: Mapping[str, Any]) -> None:
    """Raise now for parameters that would fail after the training."""
    check_params(estimator, X, PARAMETERS, params)
    if isinstance(params.get("target"), (list, tuple, np.ndarray)):
        raise ValueError("importance_params['target'] must be one label or output for all rows.")
    last = LastStep.of(estimator)
    n_outputs = 1 if y.ndim == 1 or last.per_step else y.shape[1]
    check_target(params.get("target"), len(X), last.classes, n_outputs)
    if not last.takes_tokens:
        sequences = fold(X[:1], estimator.n_timesteps).shape
        baseline, method = params.get("baseline"), params.get("method", "integrated_gradients")
        nan = last.mask_value is not None and bool(np.isnan(last.mask_value))
        check_baseline(method, baseline, (1, *X.shape[1:]), sequences, nan=nan)


def affordable_gradients(
    estimator: Any, X: Any, n_trained: int, sample_weight: Any, params: dict[str, Any]
) -> ImportanceResult:
    """Gradient importances of as many rows of ``X``, and of their outputs, as is quick enough.

    How many gradients a sample takes is seen in a trial: where the network is saturated they are
    many.
    """
    params = {"sample_weight": sample_weight} | params
    if "max_samples" in params or "max_outputs" in params or params.get("output_step") == "all":
        return gradient_importance(estimator, X, **params)
    quick = {"n_steps": _N_STEPS} | params
    trial = gradient_importance(estimator, X, **(quick | _TRIAL))
    n_outputs = n_outputs_of(estimator, params)
    n_tried = min(len(X), _TRIAL["max_samples"]) * min(n_outputs, _TRIAL["max_outputs"])
    # of a sample and an output
    n_pairs = int(_affordable(estimator, n_trained) * n_tried / trial.n_gradients)
    if n_pairs >= len(X) * n_outputs * _OF_ALL_POINTS:
        return gradient_importance(estimator, X, **params)
    n_samples = int(np.clip(n_pairs, 1, len(X)))
    of_sample = int(np.clip(n_pairs // n_samples, 1, n_outputs))
    if n_samples * of_sample <= n_tried:
        return trial
    return gradient_importance(
        estimator, X, **(quick | {"max_samples": n_samples, "max_outputs": of_sample})
    )


def n_outputs_of(estimator: Any, params: dict[str, Any]) -> int:
    """How many outputs of a sample are explained."""
    model, n_outputs = estimator.model_, 1
    if not hasattr(estimator, "classes_") and params.get("target") is None:
        n_outputs = model.outputs[0].shape[-1]
    if estimator.return_sequences and params.get("output_step") is None:
        n_outputs *= estimator.n_timesteps_in_
    return n_outputs


def _affordable(estimator: Any, n_trained: int) -> float:
    """Gradients."""
    model = estimator.model_
    embedding = find_embedding(model)
    n_weights = model.count_params() - (0 if embedding is None else embedding.count_params())
    of_one = max(1, estimator.n_timesteps_in_ * n_weights)
    return max(_OF_TRAINING * estimator.n_iter_ * n_trained, _AT_LEAST / of_one)
