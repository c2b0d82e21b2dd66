"""What LOFO is given: samples, targets, the units, and how these are left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_array, check_consistent_length

from skfi._folding import fold
from skfi.importance._inputs._adapters import as_estimator, mask_of, steps_read_by
from skfi.importance._inputs._pipeline import columns_fold_into, input_names
from skfi.importance._inputs._tokens import find_sequencer, steps_of
from skfi.importance._lofo._constant import HeldValues, held_values, held_words
from skfi.importance._lofo._gaps import gap_without, smallest_rest
from skfi.importance._lofo._removable import can_be_removed
from skfi.importance._lofo._sequences import SequenceData
from skfi.importance._lofo._values import check_target, check_values
from skfi.importance._lofo._words import WordData, padding_of_ids, reads_words, word_data
from skfi.importance._units._cells import Units, make_units
from skfi.importance._units._correlation import resolve_groups


@dataclass(frozen=True)
class Given:
    """Checked samples, and which of their time steps are real."""

    data: SequenceData | WordData
    per_step: bool  # whether there is a target at every step
    real: np.ndarray | None  # (n_samples, n_timesteps): False for padding
    is_padded: bool  # whether there may be padding

    def steps_are_known(self) -> bool:
        """Whether it is known which targets are of real steps."""
        if self.real is None:
            return not self.is_padded
        return self.real.shape == np.shape(self.data.y)

    @property
    def leave_out(self) -> str:
        """How units are left out."""
        removed = isinstance(self.data, SequenceData) and self.data.held is None
        return "remove" if removed else "constant"


def read_input(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: np.ndarray | None,
    *,
    leave_out: str,
    by: str,
    feature_groups: Any,
    feature_names: Any,
    unknown_id: int,
) -> Given:
    """Check samples and targets, name the units, and choose how they are left out."""
    last = steps_of(estimator)[-1]
    words = reads_words(estimator)
    per_step = bool(getattr(last, "return_sequences", False))
    is_padded = words or mask_of(last) is not None
    if words and by == "feature":
        if leave_out == "remove":
            raise ValueError(
                "leave_out='remove' is not possible for words: those that are left out become "
                "unknown. Use 'auto' or 'constant'."
            )
        texts = word_data(estimator, X, y, sample_weight, feature_groups, feature_names, unknown_id)
        real = None if texts.of_texts else padding_of_ids(estimator, texts.X)
        return _with_checked_target(Given(texts, per_step, real, is_padded))
    X = _check_samples(estimator, X, y, by)
    n_timesteps = X.shape[1] if words else columns_fold_into(estimator, X)  # a column, a position
    real = padding_of_ids(estimator, X) if words else _real_steps(estimator, X, y, n_timesteps)
    names = input_names(estimator, X) if feature_names is None else feature_names
    units = make_units(
        X.shape,
        by=by,
        n_timesteps=n_timesteps,
        feature_names=names,
        feature_groups=resolve_groups(feature_groups, X, names, by=by, real=real),
        from_start=mask_of(last) is not None,
    )
    if len(units) < 2:
        raise ValueError(
            f"LOFO needs at least two units to leave one out; got only {units.names[0]!r}."
        )
    check_values(estimator, X, real)
    gap = gap_without(units, n_timesteps, None if words else real, per_step=per_step)
    held: HeldValues | None = None
    if _is_held(leave_out, gap, estimator, X, y, units):
        mask_value = mask_of(last)
        held = held_words(X, unknown_id, real) if words else held_values(X, units, real, mask_value)
    data = SequenceData(X, y, sample_weight, units, held)
    return _with_checked_target(Given(data, per_step, real, is_padded))


def _with_checked_target(given: Given) -> Given:
    if not given.per_step or given.steps_are_known():
        check_target(given.data.y, given.real if given.per_step else None)
    return given


def _is_held(leave_out: str, gap: str | None, estimator: Any, X: Any, y: Any, units: Units) -> bool:
    if leave_out == "remove" and gap is not None:
        raise ValueError(gap)
    if leave_out != "auto":
        return leave_out == "constant"
    return gap is not None or not can_be_removed(estimator, X, y, units.shape, smallest_rest(units))


def _check_samples(estimator: Any, X: Any, y: Any, by: str) -> Any:
    if find_sequencer(estimator) is not None:
        raise ValueError(
            f"by={by!r} is not possible for LOFO of texts, which have no fixed places; leave out "
            "words, by='feature', or use permutation_importance(by='timestep')."
        )
    if not hasattr(X, "iloc"):
        X = check_array(X, dtype=None, allow_nd=True, ensure_all_finite=False, input_name="X")
    if np.ndim(X) > 3:
        raise ValueError(f"X has {np.ndim(X)} dimensions, shape {X.shape}; expected 2 or 3.")
    check_consistent_length(X, y)
    return X


def _real_steps(estimator: Any, X: Any, y: Any, n_timesteps: int | None) -> np.ndarray | None:
    """Which time steps are not padding; None if all are, or if ``X`` is no sequences."""
    *before, last = steps_of(estimator)
    if mask_of(last) is None or (X.ndim == 2 and n_timesteps is None):
        return None
    if X.ndim == 3:
        return steps_read_by(last, X)
    for step in before:  # scalers and the like: columns stay where they are
        X = clone(step).fit_transform(X, y)
    X = X.to_numpy(np.float64, na_value=np.nan) if hasattr(X, "iloc") else np.asarray(X)
    return steps_read_by(last, fold(X, n_timesteps))


def unfrozen(estimator: Any) -> Any:
    """What is inside a FrozenEstimator, which LOFO trains again; also if it is what is searched
    for, or the last step of a Pipeline."""
    if isinstance(estimator, FrozenEstimator):
        return unfrozen(estimator.estimator)
    if isinstance(estimator, BaseSearchCV):
        inner = unfrozen(estimator.estimator)
        same = inner is estimator.estimator
        return estimator if same else clone(estimator).set_params(estimator=inner)
    if isinstance(estimator, Pipeline) and estimator.steps:
        *before, (name, last) = estimator.steps
        inner = unfrozen(last)
        return estimator if inner is last else Pipeline([*before, (name, inner)])
    return estimator


def check_y(estimator: Any, y: Any) -> Any:
    """``y`` as an array, Series or DataFrame."""
    if y is None:
        raise ValueError("y is None, but LOFO trains networks: pass the targets.")
    y = y if hasattr(y, "iloc") else np.asarray(y)
    if hasattr(estimator, "check_target"):
        estimator.check_target(y)
    return y


def check_fit_params(estimator: Any, fit_params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters of ``fit``, which say for how long a ``keras.Model`` is trained."""
    params = dict(fit_params or {})
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    model = getattr(last, "model", None)
    if type(last).__module__ == as_estimator.__module__ and model is not None:
        if not model.compiled:
            raise ValueError(
                "LOFO trains the network again, so it must know optimizer and loss: compile the "
                "keras.Model, or pass from_keras(model) with its parameters set."
            )
        if not any(name.split("__")[-1] == "epochs" for name in params):
            raise ValueError(
                "LOFO trains the network again, and a keras.Model does not keep for how long: "
                "pass fit_params={'epochs': ...}."
            )
    return params
