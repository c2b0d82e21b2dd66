"""Check folds and metrics before hours of training."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, is_classifier, is_regressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import check_cv

from skfi._given import check_targets, naming, row_numbers
from skfi._pipelines import Chain
from skfi._private import _num_samples, _safe_indexing, score_function
from skfi.importance._clones import seed_names
from skfi.importance._lofo._input import Given
from skfi.importance._outputs import OfClass, OfStep, Output
from skfi.importance._quiet import warnings_ignored
from skfi.importance._scoring import scoring_name

Fold = tuple[np.ndarray, np.ndarray]


def folds_of(cv: Any, given: Given, groups: Any, *, stratified: bool) -> list[Fold]:
    """The folds as row numbers, from a splitter or from lists of row numbers or boolean masks.

    Raises ValueError for rows that do not exist, for empty parts, for parts without any weight, and
    for a row that is in both parts of a fold.
    """
    data = given.data
    folds = folds_of_rows(cv, data.X, data.y, groups, stratified=stratified)
    weight = data.sample_weight
    for number, (train, test) in enumerate(folds):
        for part, rows in (("training", train), ("test", test)):
            if weight is not None and not weight[rows].any():
                raise ValueError(f"All rows of the {part} part of fold {number} have weight 0.")
    return folds


def folds_of_rows(cv: Any, X: Any, y: Any, groups: Any, *, stratified: bool) -> list[Fold]:
    """The folds, none of which is empty or has a row in both of its parts."""
    if isinstance(cv, (bool, type)):
        raise ValueError(
            f"cv must be an int of 2 or more, a splitter or an iterable of folds; got {cv!r}."
        )
    n_rows = _num_samples(X)
    if groups is not None:
        check_targets(groups, n_rows, "cv_groups")
    is_list = isinstance(cv, Iterable) and not isinstance(cv, str) and not hasattr(cv, "split")
    with naming("cv", cv, "an int, a splitter or an iterable of folds"):
        if is_list:
            splits = list(cv)
        else:
            splitter = check_cv(5 if cv is None else cv, y, classifier=stratified)
            splits = list(splitter.split(X, y, groups))
    folds = [_rows_of(split, number, n_rows) for number, split in enumerate(splits)]
    if not folds:
        raise ValueError("cv gives no folds.")
    for number, (train, test) in enumerate(folds):
        both = np.intersect1d(train, test)
        if len(both):
            raise ValueError(
                f"Fold {number} of cv has {len(both)} rows, such as row {both[0]}, in its training "
                "and in its test part: a score on rows that were trained on says nothing of others."
            )
    return folds


def _rows_of(split: Any, number: int, n_samples: int) -> Fold:
    try:
        train, test = split
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Fold {number} of cv must be a pair of training and test rows; got {split!r:.60}."
        ) from error
    of_fold = f"part of fold {number} of cv"
    return (
        row_numbers(train, n_samples, f"The training {of_fold}"),
        row_numbers(test, n_samples, f"The test {of_fold}"),
    )


def check_outputs(outputs: list[Output], given: Given, folds: list[Fold]) -> None:
    """Raise ValueError if a fold tests on no row of a class, or no sequence with a step."""
    for number, (_, test) in enumerate(folds):
        for output in outputs:
            if isinstance(output, OfClass):
                known = np.asarray(_safe_indexing(given.data.y, test)) == output.name
            elif isinstance(output, OfStep) and given.real is not None:
                known = given.real[test, output.name]
            else:
                continue
            if not known.any():
                what = "row of the class" if isinstance(output, OfClass) else "sequence with step"
                raise ValueError(
                    f"Fold {number} of cv tests on no {what} {output.name!r}, which "
                    "per_output=True scores on its own. Take other folds, such as fewer, or "
                    "StratifiedKFold's."
                )


def check_is_repeatable(
    estimator: Any, cv: Any, folds: list[Fold], given: Given, groups: Any
) -> None:
    """Raise ValueError if another call would train from other seeds, or on other folds."""
    unseeded = [name for name in seed_names(estimator) if estimator.get_params()[name] is None]
    if unseeded:
        raise ValueError(
            f"memory= goes on where a call ended, but {unseeded[0]}=None draws other numbers in "
            "each call. Pass random_state=0, or another number, to lofo_importance."
        )
    inner = {
        name: value
        for name, value in estimator.get_params().items()
        if hasattr(value, "split") and getattr(value, "random_state", 0) is None
    }
    for name, value in inner.items():
        if getattr(value, "shuffle", True):
            raise ValueError(
                f"memory= goes on where a call ended, but {name}={value!r} makes other folds in "
                "each call. Set its random_state."
            )
    if hasattr(cv, "split"):
        again = folds_of(cv, given, groups, stratified=False)
        pairs = zip(folds, again, strict=False)
        if any(not np.array_equal(a, b) for fold in pairs for a, b in zip(*fold, strict=True)):
            raise ValueError(
                f"memory= goes on where a call ended, but cv={cv!r} makes other folds in each "
                "call. Set its random_state."
            )


def check_metric(estimator: Any, scoring: Any, given: Given, folds: list[Fold]) -> None:
    """Raise ValueError for a metric of scikit-learn that is not defined on one of the folds.

    A dummy estimator is scored on the folds; a user's function may not accept one.
    """
    metric = _metric_of_sklearn(estimator, scoring)
    several = is_classifier(estimator) and np.ndim(given.data.y) > 1 and not given.per_step
    if metric is None or several or (given.per_step and not given.steps_are_known()):
        return
    name = scoring_name(estimator, scoring)
    for number, (train, test) in enumerate(folds):
        try:
            with warnings_ignored():
                stand_in = DummyClassifier() if is_classifier(estimator) else DummyRegressor()
                of_train, of_test = (_targets(given, rows) for rows in (train, test))
                stand_in.fit(np.zeros((len(of_train), 1)), of_train)
                weight = {}
                if given.data.sample_weight is not None and not given.per_step:
                    weight["sample_weight"] = given.data.sample_weight[test]
                score = metric(stand_in, np.zeros((len(of_test), 1)), of_test, **weight)
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                f"scoring={name!r} cannot score the {len(test)} test rows of fold {number}: {error}"
            ) from error
        if not np.isfinite(score):
            raise ValueError(
                f"scoring={name!r} is {score} on the {len(test)} test rows of fold {number}: it is "
                f"not defined there{_why(of_test)}. Take other folds, such as StratifiedKFold's, "
                "or another metric."
            )


def _metric_of_sklearn(estimator: Any, scoring: Any) -> Any:
    """The scorer if it is one of scikit-learn's own metrics, else None."""
    if not (is_classifier(estimator) or is_regressor(estimator)):
        return None
    if scoring is None:  # R2 needs two rows; accuracy is defined everywhere
        score = getattr(type(Chain(estimator).last), "score", None)
        return get_scorer("r2") if score is RegressorMixin.score else None
    if isinstance(scoring, str):
        return check_scoring(estimator, scoring=scoring)
    function = score_function(scoring)
    of_sklearn = getattr(function, "__module__", "").split(".")[0] == "sklearn"
    return scoring if of_sklearn else None


def _targets(given: Given, rows: np.ndarray) -> Any:
    targets = _safe_indexing(given.data.y, rows)
    if not given.per_step:
        return targets
    targets = np.asarray(targets)
    flat = targets.ravel() if given.real is None else targets[given.real[rows]]
    return np.array(flat.tolist()) if flat.dtype == object else flat


def _why(of_test: Any) -> str:
    labels = np.unique(np.asarray(of_test).astype(str))
    return f", where all targets are {labels[0]}" if len(labels) == 1 else ""
