"""Compare the order of importance with random orders."""

from itertools import permutations

import numpy as np

from skfi.importance._checks._deletion import mean_loss
from skfi.importance._checks._stability import Check, correlation

_BY_CHANCE = 0.05  # of random orders, or importances, are as good
_FEW = 7  # units whose orders are all looked at
_N_DRAWS = 2000


def faithful(curves: dict[str, np.ndarray]) -> dict[str, Check]:
    """Whether more is lost without the most important units, and less with them, than by chance.

    The order must beat 95 of 100 random orders, within two standard errors of the shuffles.
    """
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
    low, high = np.quantile(lost["random"], [_BY_CHANCE, 1 - _BY_CHANCE])
    first, last = lost["deletion"], lost["insertion"]
    return {
        "comprehensiveness": Check(
            float(first.mean()),
            float(high),
            bool(first.mean() + 2 * _error(first) >= high),
            "without the most important units more of the score is lost than without random ones",
        ),
        "sufficiency": Check(
            float(last.mean()),
            float(low),
            bool(last.mean() - 2 * _error(last) <= low),
            "with the most important units less of the score is lost than with random ones",
        ),
    }


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def agreement(
    importances: np.ndarray, permuted: np.ndarray, random: np.random.RandomState
) -> Check:
    """Correlation with permutation importance, compared with importances in random order."""
    own, reference_importances = np.clip(importances, 0, None), np.clip(permuted, 0, None)
    n_units = len(own)
    if n_units <= _FEW:
        orders = [np.array(order) for order in permutations(range(n_units))]
    else:
        orders = [random.permutation(n_units) for _ in range(_N_DRAWS)]
    observed = correlation(own, reference_importances)
    by_chance = np.sort([correlation(own[order], reference_importances) for order in orders])
    reference = float(by_chance[int(np.ceil((1 - _BY_CHANCE) * len(orders))) - 1])
    passed = observed > 0 and observed >= reference - 1e-9  # of few units the best order itself
    return Check(observed, reference, bool(passed), "importances are like those of permutation")
