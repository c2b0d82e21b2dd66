"""Groups of rows that are similar in the other units, and shuffles within them.

The leaves of a tree that predicts a unit's cells from the others are groups of rows in which
these cells hardly depend on the others (C. Molnar, G. Koenig, B. Bischl, G. Casalicchio, 2023), so
shuffled values are plausible given the others.
"""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

_SMALLEST_LEAF = 5
_MOST_COLUMNS = 8  # that a tree may split on
_N_BLOCKS = 10
_N_COMPONENTS = 3
_LEVELS = (0.125, 0.375, 0.625, 0.875)


def quarters(values: np.ndarray) -> np.ndarray:
    """The quartile of each value within its column, 0 to 3; equal values share one."""
    limits = np.quantile(values, [0.25, 0.5, 0.75], axis=0, method="higher")
    return sum((values >= limit).astype(np.uint8) for limit in limits)


def principal_axes(own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of cells (n_samples, n_cells), and axes (n_cells, 3 or fewer).

    Along the axes deviations from the mean are the first principal components of standardised
    cells, each of variance 1.
    """
    centre = own.mean(axis=0)
    scale = np.where(np.ptp(own, axis=0) > 0, own.std(axis=0), np.inf)
    _, lengths, axes = np.linalg.svd((own - centre) / scale, full_matrices=False)
    lengths, axes = lengths[:_N_COMPONENTS], axes[:_N_COMPONENTS]
    kept = lengths > 1e-6 * lengths[0]
    return centre, axes[kept].T * np.sqrt(len(own)) / lengths[kept] / scale[:, None]


def groups_of_like_rows(
    own: np.ndarray,
    predicted: np.ndarray,
    others: np.ndarray,
    quarters_of_others: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """The group of each row, (n_samples,).

    ``own`` are the principal components of the cells, ``predicted`` what a regression on other rows
    says of them from all ``others``. A half of the rows grows the tree that groups the other half,
    and the other way round: leaves would otherwise hold rows that are alike in ``own`` by chance.
    Halves are made of blocks of rows one after the other, since neighbours may resemble each other.

    A tree splits on a linear prediction, or also on the few columns on which the cells depend most:
    whatever makes the rows of the other half more alike.
    """
    n_rows = len(own)
    n_blocks = min(_N_BLOCKS, n_rows)
    in_first = np.isin(
        np.arange(n_rows) * n_blocks // n_rows, random.permutation(n_blocks)[: n_blocks // 2]
    )
    limits = np.unique(np.quantile(own, _LEVELS, axis=0, method="higher"), axis=0)
    below = (own[:, None] < limits).reshape(n_rows, -1)
    targets = np.column_stack([own, below])
    groups_of_rows = np.empty(n_rows, dtype=np.int64)
    for grow in (in_first, ~in_first):
        at = dependent(quarters_of_others[grow], quarters(own)[grow])
        columns = _standardised(others[:, at], grow)
        of_few = _regressed(columns, own, grow)
        seed = int(random.integers(2**31))
        candidates = (
            _leaves(inputs, targets, grow, seed)
            for inputs in (predicted + of_few, np.column_stack([predicted, of_few, columns]))
        )
        groups_of_rows[~grow] = min(candidates, key=lambda groups: spread(groups, targets[~grow]))
    groups_of_rows[in_first] += n_rows
    return groups_of_rows


def dependent(others: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The columns of ``others`` that depend most on those of ``own``; both are quarters.

    By the chi-square statistic of quartiles, which also detects nonlinear dependence.
    """
    if others.shape[1] <= _MOST_COLUMNS:
        return np.arange(others.shape[1])
    n_rows = len(own)
    in_quarter = np.concatenate([own == q for q in range(4)], axis=1).astype(np.float32)
    share = in_quarter.mean(axis=0)
    chi2 = np.zeros(others.shape[1])
    for q in range(4):
        inside = (others == q).astype(np.float32)
        expected = np.outer(inside.sum(axis=0), share)
        excess = inside.T @ in_quarter - expected
        chi2 += np.divide(excess**2, expected, out=np.zeros_like(excess), where=expected > 0).sum(
            axis=1
        )
    return np.argsort(-chi2 / n_rows, kind="stable")[:_MOST_COLUMNS]


def _standardised(columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    mean, scale = columns[rows].mean(axis=0), columns[rows].std(axis=0)
    return (columns - mean) / np.where(scale > 0, scale, 1)


def _regressed(columns: np.ndarray, own: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``own`` as a linear function of a few standardised columns, fitted on some rows."""
    X, Y = columns[rows], own[rows]
    gram = X.T @ X + np.eye(X.shape[1])
    return columns @ np.linalg.solve(gram, X.T @ (Y - Y.mean(axis=0)))


def _leaves(inputs: np.ndarray, targets: np.ndarray, grow: np.ndarray, seed: int) -> np.ndarray:
    """The leaf of each of the rows that did not grow the tree."""
    tree = DecisionTreeRegressor(min_samples_leaf=_SMALLEST_LEAF, random_state=seed)
    leaf = tree.fit(inputs[grow], targets[grow]).apply(inputs[~grow])
    return _no_row_alone(leaf)


def _no_row_alone(leaf: np.ndarray) -> np.ndarray:
    """Leaves of a single row joined with the next: leaves are numbered from left to right."""
    _, code, count = np.unique(leaf, return_inverse=True, return_counts=True)
    group, n_groups, waiting = np.empty(len(count), dtype=np.int64), 0, 0
    for i, n in enumerate(count):
        group[i], waiting = n_groups, waiting + n
        if waiting > 1:
            n_groups, waiting = n_groups + 1, 0
    if waiting and n_groups:
        group[group == n_groups] = n_groups - 1
    return group[code]


def spread(groups: np.ndarray, values: np.ndarray) -> float:
    """The mean over rows of the variance within groups, summed over the columns of ``values``."""
    count = np.bincount(groups)
    total = 0.0
    for column in values.T:
        sums, squares = np.bincount(groups, column), np.bincount(groups, column**2)
        within = squares - sums**2 / np.maximum(count, 1)
        total += float((within * count / np.maximum(count - 1, 1)).sum())
    return total / len(groups)


def givers(
    groups: np.ndarray, order: np.ndarray, donors: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """For each row, the row of its own group with the rank that its donor has in the donor's group.

    Ranks are by ``order`` (n_samples,), ties at random. No row is its own donor.
    """
    n_rows = len(groups)
    sorted_rows = np.lexsort((random.random(n_rows), order, groups))
    _, first, count = np.unique(groups[sorted_rows], return_index=True, return_counts=True)
    start, size, place = (np.empty(n_rows, dtype=np.int64) for _ in range(3))
    start[sorted_rows], size[sorted_rows] = np.repeat(first, count), np.repeat(count, count)
    place[sorted_rows] = np.arange(n_rows) - start[sorted_rows]
    share = ((place + random.random(n_rows)) / size)[donors]
    chosen = np.floor(share * (size - 1)).astype(np.int64)
    chosen += chosen >= place
    return sorted_rows[start + np.minimum(chosen, size - 1)]
