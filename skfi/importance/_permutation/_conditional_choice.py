"""Choose between shuffling residuals and shuffling values within groups of similar rows."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from skfi.importance._permutation._conditional_groups import dependent, principal_axes, quarters

_MOST_OFTEN = 0.02  # the share of rows that hold the most frequent value of a continuous column
_FEWEST_VALUES = 0.25  # of the number of rows
_N_EXCHANGES = 20
# Of n values of one distribution another lies outside with a chance of 2 / (n + 1). What n times
# that is for a given column is about a Gamma variable of shape 2: 10 or more once in 2,000.
_MOST_OUTSIDE = 10
_MOST_STEPS = 4
_LEAST_LEFT = 1e-4  # of the variance: what regression leaves below that, it leaves by its penalty
_LEAST_EXPLAINED = 0.05
_N_TREES = 5
_SMALLEST_LEAF = 5
_MOST_ROWS = 1000


def is_discrete(column: np.ndarray) -> bool:
    """Whether a column is discrete: whole numbers, or many equal values."""
    values, count = np.unique(column, return_counts=True)
    if len(values) < 2:
        return False  # nothing is exchanged
    often = count.max() > max(_MOST_OFTEN * len(column), 5)
    few = len(values) < _FEWEST_VALUES * len(column)
    return bool(often or few or (values == np.floor(values)).all())


def leaves_range(own: np.ndarray, residuals: np.ndarray, scale: np.ndarray) -> bool:
    """Whether more new values than by chance leave the range of cells (n_samples, n_cells)."""
    low, high = own.min(axis=0), own.max(axis=0)
    predicted = own - residuals
    random = np.random.default_rng(0)
    share = 0.0
    for _ in range(_N_EXCHANGES):
        fed = predicted + scale * residuals[random.permutation(len(own))]
        share += ((fed < low) | (fed > high)).mean() / _N_EXCHANGES
    return share > _MOST_OUTSIDE / len(own)


def depend_on_others(
    own: np.ndarray,
    residuals: np.ndarray,
    steps: np.ndarray,
    others: np.ndarray,
    quarters_of_others: np.ndarray,
) -> bool:
    """Whether a forest predicts residuals, or how large they are, for other rows.

    Such residuals may not be shuffled over all rows. Of many ``steps`` (n_cells,) only a few are
    tested.
    """
    left = residuals.var(axis=0) > _LEAST_LEFT * own.var(axis=0)
    of_steps = [residuals[:, left & (steps == step)] for step in np.unique(steps[left])]
    if not of_steps:
        return False
    chosen = np.linspace(0, len(of_steps) - 1, min(_MOST_STEPS, len(of_steps))).astype(int)
    explained = [_explained(of_steps[i], others, quarters_of_others) for i in chosen]
    of_rows = np.mean(explained, axis=0)
    error = of_rows.std(axis=0, ddof=1) / np.sqrt(len(of_rows))
    return bool((of_rows.mean(axis=0) > np.maximum(_LEAST_EXPLAINED, 3 * error)).any())


def _explained(residuals: np.ndarray, others: np.ndarray, in_quarters: np.ndarray) -> np.ndarray:
    """By how much a forest errs less than the mean, (n_samples, 2): of residuals, of their size.

    For each row the difference of squared errors in parts of the variance. The first half of the
    rows is predicted from the second, and the other way round.
    """
    centre, axes = principal_axes(residuals)
    parts = (residuals - centre) @ axes
    n_rows = len(parts)
    targets = np.hstack([parts, np.abs(parts)])
    targets = (targets - targets.mean(axis=0)) / targets.std(axis=0)
    gain = np.empty(targets.shape)
    random = np.random.default_rng(0)
    for half in np.array_split(np.arange(n_rows), 2):
        train = np.setdiff1d(np.arange(n_rows), half)
        at = dependent(in_quarters[train], quarters(targets[train]))
        predicted = np.zeros((len(half), targets.shape[1]))
        for _ in range(_N_TREES):
            tree = DecisionTreeRegressor(min_samples_leaf=_SMALLEST_LEAF, random_state=0)
            rows = random.choice(train, min(int(0.7 * len(train)), _MOST_ROWS), replace=False)
            tree.fit(others[np.ix_(rows, at)], targets[rows])
            of_tree = tree.predict(others[np.ix_(half, at)])
            predicted += of_tree.reshape(predicted.shape) / _N_TREES
        mean = targets[train].mean(axis=0)
        gain[half] = (targets[half] - mean) ** 2 - (targets[half] - predicted) ** 2
    return gain.reshape(n_rows, 2, -1).mean(axis=2)
