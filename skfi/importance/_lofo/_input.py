"""Check the input of LOFO and name its units."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import keras
import numpy as np

from skfi._constraints import Whole
from skfi._given import check_values, described, naming
from skfi._pipelines import unfrozen
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._kinds import Numbers, SeveralInputs, Texts, TokenIds
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._read import read_training_input
from skfi.importance._lofo._sequences import SequenceData, Settings, of_inputs, of_numbers
from skfi.importance._lofo._values import check_target
from skfi.importance._lofo._words import WordData, of_ids, of_texts

_DATA: dict[type, Any] = {
    Numbers: of_numbers,
    SeveralInputs: of_inputs,
    TokenIds: of_ids,
    Texts: of_texts,
}


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


def lofo_input(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: np.ndarray | None,
    *,
    leave_out: str,
    by: str,
    groups: Any,
    names: Any,
    unknown_id: int,
) -> Given:
    """Check samples and targets, name the units, and choose how they are left out."""
    per_step = LastStep.at_end_of(estimator).per_step
    settings = Settings(
        estimator, y, sample_weight, per_step, leave_out, by, groups, names, unknown_id
    )
    kind = read_training_input(estimator, X, y, names)
    data = _DATA[type(kind)](kind, settings)
    given = Given(data, per_step, kind.real, kind.may_be_padded)
    if not per_step or given.steps_are_known():
        check_target(y, given.real if per_step else None)
    return given


def check_lofo_input(estimator: Any, X: Any, y: Any, params: Mapping[str, Any]) -> None:
    """Raise what ``lofo_importance`` would raise of its input, with ``params`` of its own."""
    estimator = as_estimator(unfrozen(estimator))
    lofo_input(
        estimator,
        X,
        check_y(estimator, y),
        None,
        leave_out=params.get("leave_out", "auto"),
        by=params.get("by", "feature"),
        groups=params.get("feature_groups"),
        names=params.get("feature_names"),
        unknown_id=params.get("unknown_id", 1),
    )
    check_fit_params(estimator, params.get("fit_params"))


def check_y(estimator: Any, y: Any) -> Any:
    """``y`` as an array, Series or DataFrame."""
    if y is None:
        raise ValueError("y is None, but LOFO trains networks: pass the targets.")
    last = LastStep.at_end_of(estimator)
    if not last.has_several_outputs:
        check_values(y, "y", "an array-like of a target for each row of X")
    if last.has_several_outputs:
        return last.checked_target(y)
    with naming("y", y, "an array-like of a target for each row of X"):
        y = y if hasattr(y, "iloc") else np.asarray(y)
    if 0 in y.shape or getattr(y, "dtype", np.dtype(float)).kind == "c":
        raise ValueError(f"y must hold a target for each row of X; got {described(y)}.")
    return last.checked_target(y)


def check_fit_params(estimator: Any, fit_params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters of ``fit``, which say for how long a ``keras.Model`` is trained."""
    params = dict(fit_params or {})
    last = LastStep.at_end_of(estimator)
    check_keywords(estimator, last, params)
    if last.is_bare and last.network is not None:
        if not last.network.compiled:
            raise ValueError(
                "LOFO trains the network again, so it must know optimizer and loss: compile the "
                "keras.Model, or pass from_keras(model) with its parameters set."
            )
        is_set = getattr(last.estimator, "epochs", None) is not None
        if not is_set and not any(name.split("__")[-1] == "epochs" for name in params):
            raise ValueError(
                "LOFO trains the network again, and a keras.Model does not keep for how long: "
                "pass fit_params={'epochs': ...}, in compare_importances as "
                "lofo_params={'fit_params': {'epochs': ...}}."
            )
    return params


def check_keywords(estimator: Any, last: LastStep, params: Mapping[str, Any]) -> None:
    """Raise TypeError or ValueError for what the ``fit`` of an estimator does not take."""
    of_str = all(isinstance(name, str) for name in params)
    for name in ("epochs", "batch_size"):
        if of_str and params.get(name) is not None and not Whole().is_satisfied_by(params[name]):
            raise ValueError(f"fit_params has {name}={params[name]!r}; a positive int is expected.")
    is_network = last.is_bare and estimator is last.estimator  # and no Pipeline that ends in one
    function = keras.Model.fit if is_network else estimator.fit
    before = (None, None, None) if is_network else (None, None)
    try:
        signature(function).bind(*before, **params)
    except TypeError as error:
        raise TypeError(f"fit_params={params!r:.80} are none that fit takes: {error}.") from error
