"""Are importances faithful to the network? A small report."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, spearmanr
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_consistent_length

from skfi.importance._curves import curve, mean_loss, points_of
from skfi.importance._estimators import as_estimator
from skfi.importance._gradient import METHODS as GRADIENTS
from skfi.importance._index_view import PermutedScorer
from skfi.importance._network import find_network
from skfi.importance._network_checks import (
    can_be_randomised,
    prediction_difference,
    randomised,
)
from skfi.importance._permutation import permutation_importance
from skfi.importance._permuted_units import check_input, units_of
from skfi.importance._report import ImportanceReport
from skfi.importance._result import ImportanceResult
from skfi.importance._scoring import QuickScorer, scorer_for, scoring_of
from skfi.importance._tokens import read_tokens

_N_BOOTSTRAPS = 200
_N_NETWORKS = 5  # with random weights


@validate_params(
    {
        "n_random": [Interval(Integral, 2, None, closed="left")],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
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
    feature_groups: Mapping[str, Sequence[Any]] | None = None,
    n_random: int = 10,
    n_repeats: int = 3,
    gradient_params: Mapping[str, Any] | None = None,
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
        Its importances, by any method; by feature, time step or cell.
    scoring : str or callable, default=None
        One metric; None is the estimator's own.
    feature_groups : mapping of str to list of names or positions, default=None
        The groups that ``result`` was computed with.
    n_random : int, default=10
        Random orders that the order of importance is held against.
    n_repeats : int, default=3
        Shuffles of each curve.
    gradient_params : mapping, default=None
        Settings of a gradient method, as ``result`` was computed with, other than ``method``.
    random_state : int, RandomState instance or None, default=None
        Seeds shuffles, orders and resampling.

    Returns
    -------
    report : ImportanceReport
        The ``checks``:

        - *comprehensiveness*: what share of the score is lost while units are shuffled, the most
          important first, on average; *sufficiency*: the same, the least important first, as if
          the most important were kept [1]_. Held against random orders.
        - *stability*: mean rank correlation of the importances with those of resampled rows
          (gradients, and permutation where it knows them); the reference is 0.8.
        - of gradients *cumulative prediction difference* [2]_: how the output changes as the most
          salient tenth of the cells is removed, held against random cells; and *randomisation*
          [3]_: mean rank correlation of the attributions with those of five networks with random
          weights, which must be low: below 0.5.
        - *agreement*: Kendall's rank correlation with permutation importance (gradients, LOFO).

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
    [True, True]
    """
    if not isinstance(result, ImportanceResult):
        raise TypeError(f"result must be an ImportanceResult; got {type(result).__name__}.")
    user_X, original = X, estimator
    estimator = as_estimator(estimator)
    scoring = scoring_of(estimator, scoring)
    estimator, X, tokens = read_tokens(estimator, X, None)
    if tokens is not None:
        raise ValueError("check_importances takes sequences and tables, no texts or token ids.")
    X = X if hasattr(X, "iloc") else np.ascontiguousarray(check_input(X))
    check_consistent_length(X, y)
    names = list(result.feature_names) if len(result.feature_names) == X.shape[-1] else None
    names = names if result.by == "feature" else None
    units, real = units_of(estimator, X, None, result.by, names, feature_groups)
    if len(units) != len(result.feature_names):
        raise ValueError(
            f"result has {len(result.feature_names)} importances by {result.by}, but X has "
            f"{len(units)} such units. If result was computed with feature_groups, pass them."
        )
    random = check_random_state(random_state)
    n_curves = 2 * n_repeats + n_random
    scorer = QuickScorer(
        PermutedScorer(scorer_for(estimator, scoring), X, units, "series", real),
        n_scores=n_curves * len(points_of(len(units))),
    )

    def score(view: pd.DataFrame) -> float:
        return float(scorer(estimator, view, y))

    order = np.argsort(-result.importances_mean, kind="stable")
    orders = {
        "deletion": [order] * n_repeats,
        "insertion": [order[::-1]] * n_repeats,
        "random": [random.permutation(len(order)) for _ in range(n_random)],
    }
    curves = {
        name: np.array([curve(score, one, len(X), random) for one in those])
        for name, those in orders.items()
    }
    checks = _faithful(curves) | _stable(result, random)
    network, stages = None, None
    if result.method in GRADIENTS:
        network = find_network(original, user_X)
    if network is not None and result.attributions is not None:
        if result.attributions.shape == network.shape:
            change, by_chance = prediction_difference(network, result.attributions, random)
            checks["cumulative prediction difference"] = (
                change,
                by_chance,
                change > by_chance,
                "the most salient cells change the output more than random ones",
            )
        if can_be_randomised(network):
            seeds = random.randint(np.iinfo(np.int32).max, size=_N_NETWORKS)
            params = dict(gradient_params or {})
            stages = randomised(network, result.method, seeds, **params)
            checks["randomisation"] = (
                stages[-1],
                0.5,
                abs(stages[-1]) < 0.5,
                "attributions of a network with random weights are other ones",
            )
    if result.method != "permutation":
        call = {"scoring": scoring, "by": result.by, "feature_groups": feature_groups}
        permuted = permutation_importance(estimator, X, y, random_state=random, **call)
        tau = kendalltau(result.importances_mean, permuted.importances_mean).statistic
        checks["agreement"] = (
            tau,
            0.0,
            bool(tau > 0),
            "the order is like that of permutation importance",
        )
    table = pd.DataFrame.from_dict(
        {
            name: (value, ref, bool(ok), text if ok else f"NOT: {text}")
            for name, (value, ref, ok, text) in checks.items()
        },
        orient="index",
        columns=["value", "reference", "passed", "meaning"],
    ).rename_axis("check")
    return ImportanceReport(
        checks=table,
        curves=curves,
        n_shuffled=points_of(len(units)),
        by=result.by,
        randomised=stages,
    )


def _faithful(curves: dict[str, np.ndarray]) -> dict[str, tuple]:
    if curves["deletion"].shape[1] < 3:
        raise ValueError("check_importances needs at least two units.")
    every = np.concatenate(list(curves.values()))
    full, none = every[0, 0], every[:, -1].mean()
    if full <= none:
        raise ValueError(
            f"The score is {full:.3g} with every unit in place and {none:.3g} with all shuffled: "
            "this network has learnt nothing that importances could be faithful to."
        )
    lost = {name: mean_loss(of_kind, full, none) for name, of_kind in curves.items()}
    by_chance = float(lost["random"].mean())
    first, last = float(lost["deletion"].mean()), float(lost["insertion"].mean())
    return {
        "comprehensiveness": (
            first,
            by_chance,
            first > by_chance,
            "without the most important units more of the score is lost than without random ones",
        ),
        "sufficiency": (
            last,
            by_chance,
            last < by_chance,
            "with the most important units less of the score is lost than with random ones",
        ),
    }


def _stable(result: ImportanceResult, random: np.random.RandomState) -> dict[str, tuple]:
    """Rank correlation of the importances with those of resampled rows."""
    values = result.get("sample_importances")
    if values is None and result.baseline_score is None:
        values = result.importances
    if values is None or len(values) < 3:
        return {}
    n_rows = values.shape[1]
    found = [
        spearmanr(
            result.importances_mean, values[:, random.randint(n_rows, size=n_rows)].mean(axis=1)
        ).statistic
        for _ in range(_N_BOOTSTRAPS)
    ]
    mean, (low, high) = np.nanmean(found), np.nanquantile(found, [0.025, 0.975])
    text = f"the order stays when rows are drawn again (95%: {low:.2f} to {high:.2f})"
    return {"stability": (float(mean), 0.8, mean >= 0.8, text)}
