"""Are importances faithful to the network? A small report."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skfi._constraints import N_JOBS, OPTIONAL_MAPPING, RANDOM_STATE, Whole
from skfi._given import EXPECTED, check_targets, check_values, naming
from skfi._private import validate_params
from skfi.importance._checks._again import Again
from skfi.importance._checks._deletion import curves_of, points_of
from skfi.importance._checks._faithfulness import agreement, faithful
from skfi.importance._checks._randomisation import (
    can_be_randomised,
    own_network,
    prediction_difference,
    randomised,
)
from skfi.importance._checks._stability import Check, under_folds, under_rows, under_seeds
from skfi.importance._functions import check_params_of
from skfi.importance._gradient._network import Network, find_network
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._arrays import n_samples_of
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._read import read_input, samples_of
from skfi.importance._permutation._sequences import shuffling_scorer
from skfi.importance._results._about import recorded
from skfi.importance._results._report import ImportanceReport
from skfi.importance._results._result import ImportanceResult
from skfi.importance._scoring import number_of, scorer_for, scoring_of

_N_NETWORKS = 5  # with random weights


@recorded
@validate_params(
    {
        "n_random": [Whole(2)],
        "n_repeats": [Whole()],
        "n_refits": [Whole(0)],
        "training": [tuple, None],
        "gradient_params": OPTIONAL_MAPPING,
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
    },
    prefer_skip_nested_validation=True,
)
def check_importances(
    estimator: Any,
    X: Any,
    y: Any,
    result: ImportanceResult,
    *,
    scoring: Any = None,
    n_random: int = 20,
    n_repeats: int = 3,
    n_refits: int = 3,
    training: tuple[Any, Any] | None = None,
    gradient_params: Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> ImportanceReport:
    """Check whether importances are faithful to a fitted network.

    Parameters
    ----------
    estimator : estimator, Pipeline or keras.Model
        The fitted one that ``result`` explains.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        Samples that it has not seen.
    y : array-like of shape (n_samples,)
        Targets.
    result : ImportanceResult
        Its importances, by any method; by feature, time step or cell. Names and groups are its own.
    scoring : str or callable, default=None
        One metric; None is the estimator's own.
    n_random : int, default=20
        Random orders that the order of importance is held against.
    n_repeats : int, default=3
        Shuffles of each curve.
    n_refits : int, default=3
        Clones that are trained from other seeds and explained in the same way; 0 for none. LOFO,
        and what has no seed or cannot be trained again (a bare ``keras.Model``), has none.
    training : tuple of (X, y), default=None
        What these clones are trained on; by default ``X`` and ``y``, the samples to explain.
    gradient_params : mapping, default=None
        Settings of a gradient method, as ``result`` was computed with, other than ``method``.
    n_jobs : int, default=None
        Clones that are trained in parallel, as LOFO's.
    random_state : int, RandomState instance or None, default=None
        Seeds shuffles, orders and resampling.

    Returns
    -------
    report : ImportanceReport
        The ``checks``:

        - *comprehensiveness*: what share of the score is lost while units are shuffled, the most
          important first, on average; *sufficiency*: the same, the least important first, as if
          the most important were kept [1]_. The reference is what 95 of 100 random orders do not
          reach.
        - *stability under rows*: mean correlation of the importances with those of resampled rows
          (gradients, and permutation where it knows them), which tells how far the samples
          determine them, not whether they are right; *under seeds*: with those of networks trained
          from other seeds; of LOFO *under folds*: with those of single folds. The reference is 0.8.
        - of gradients *cumulative prediction difference* [2]_: how the output changes as the most
          salient tenth of the cells is removed; the reference is what 95 of 100 draws of random
          cells do not reach. *randomisation* [3]_: the correlation with what this network gives,
          which must be above 0.5; the reference, the mean rank correlation of its attributions with
          those of five networks with random weights, must be below 0.5.
        - *agreement*: correlation with permutation importance (gradients, LOFO); the reference is
          what 95 of 100 random orders of the importances do not reach.

        Of three units or less an order by chance is often the right one: then passing says little.

    Raises
    ------
    TypeError
        If ``result`` is no ImportanceResult.
    ValueError
        If ``result`` is of other units than ``X`` has, or of texts.

    References
    ----------
    .. [1] J. DeYoung et al., "ERASER: A Benchmark to Evaluate Rationalized NLP Models", 2020.
    .. [2] H. Jang et al., "TIMING: Temporality-Aware Integrated Gradients for Time Series
       Explanation", 2025.
    .. [3] J. Adebayo et al., "Sanity Checks for Saliency Maps", 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import check_importances, permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 4))
    >>> model = LinearRegression().fit(X, X @ [3, 2, 1, 0])
    >>> result = permutation_importance(model, X, X @ [3, 2, 1, 0], random_state=0)
    >>> report = check_importances(model, X, X @ [3, 2, 1, 0], result, random_state=0)
    >>> report.checks["passed"].tolist()
    [True, True, True]
    """
    if not isinstance(result, ImportanceResult):
        raise TypeError(f"result must be an ImportanceResult; got {type(result).__name__}.")
    lacking = [key for key in ("importances_mean", "feature_names", "by") if key not in result]
    if lacking:
        raise ValueError(f"result has no {', '.join(lacking)}; an importance function makes one.")
    check_params_of("gradient", gradient_params or {}, "gradient_params")
    X = samples_of(estimator, X)
    original, estimator = estimator, as_estimator(estimator)
    scoring = scoring_of(estimator, scoring)
    estimator, kind = read_input(estimator, X)
    if kind.column != "feature":
        raise ValueError("check_importances takes sequences and tables, no texts or token ids.")
    y = LastStep.at_end_of(estimator).checked_target(y)
    check_targets(y, len(kind.X))
    again = Again.of(result, kind, X, y, gradient_params)
    units = again.units_of(kind)
    data = (X, y) if training is None else training
    _check_training(data)
    random = check_random_state(random_state)
    n_curves = (2 * n_repeats + n_random) * len(points_of(len(units)))
    scorer = shuffling_scorer(scorer_for(estimator, scoring), kind, units, n_scores=n_curves)

    def score(view: pd.DataFrame) -> float:
        with naming("y", y, f"targets that scoring={scoring!r:.60} can score"):
            value = number_of(scorer(estimator, view, y))
        if value is None:
            raise TypeError(f"scoring={scoring!r:.60} must return a single number.")
        return value

    order = np.argsort(-result.importances_mean, kind="stable")
    curves = curves_of(score, order, len(kind.X), random, n_repeats=n_repeats, n_random=n_random)
    again = again.seeded(int(random.randint(np.iinfo(np.int32).max)), scoring)
    checks: dict[str, Check | None] = dict(faithful(curves))
    checks["stability under rows"] = under_rows(result, random)
    if again.is_lofo:
        checks["stability under folds"] = under_folds(result)
    elif again.is_known:
        checks["stability under seeds"] = under_seeds(
            result, estimator, data, again.explain, n_refits, random, n_jobs
        )
    stages = None
    if again.is_gradient:
        network, recomputed = find_network(original, X), again.explain(original)
        of_network, stages = _of_network(network, result, recomputed, again.params, random)
        checks |= of_network
    if not again.is_permutation:
        permuted = again.permute(estimator)
        checks["agreement"] = agreement(result.importances_mean, permuted.importances_mean, random)
    table = _table(checks)
    return ImportanceReport(
        checks=table,
        passed=bool(table["passed"].all()),
        curves=curves,
        n_shuffled=points_of(len(units)),
        by=result.by,
        randomised=stages,
    )


def _table(checks: Mapping[str, Check | None]) -> pd.DataFrame:
    """A row for each check; the meaning of a failed check is negated."""
    table = pd.DataFrame(
        {name: check._asdict() for name, check in checks.items() if check is not None}
    ).T.rename_axis("check")
    table = table.astype({"value": float, "reference": float, "passed": bool})
    table["meaning"] = table["meaning"].where(table["passed"], "NOT: " + table["meaning"])
    return table


def _check_training(training: tuple) -> None:
    if len(training) != 2:
        raise ValueError(f"training must be a pair (X, y); got {len(training)} things.")
    X, y = training
    if not isinstance(X, Mapping):  # of inputs by name
        check_values(X, "training[0]", EXPECTED)
    check_values(y, "training[1]", "a target for each row")
    check_targets(y, n_samples_of(X), "training[1]")


def _of_network(
    network: Network,
    result: ImportanceResult,
    again: ImportanceResult,
    params: Mapping[str, Any],
    random: np.random.RandomState,
) -> tuple[dict[str, Check], np.ndarray | None]:
    """Checks of attributions, and their rank correlations as the layers become random.

    ``again`` is the result recomputed for this network.
    """
    checks, stages = {}, None
    attributions = network.kind.flat(result._comparable_attributions)
    if attributions is not None and len(attributions) == len(network.inputs):
        change, by_chance = prediction_difference(network, attributions, random)
        high = float(np.quantile(by_chance, 0.95))
        checks["cumulative prediction difference"] = Check(
            change,
            high,
            change > high,
            "the most salient cells change the output more than random ones",
        )
    if can_be_randomised(network):
        seeds = random.randint(np.iinfo(np.int32).max, size=_N_NETWORKS)
        stages = randomised(network, seeds, **params)
        own = own_network(network, result, again)
        checks["randomisation"] = Check(
            own,
            stages[-1],
            bool(own > 0.5 and abs(stages[-1]) < 0.5),
            "they are those of this network, and not those of one with random weights",
        )
    return checks, stages
