"""Which sequence each step's values are taken from when sequences of unequal length are shuffled.

A shuffled sequence keeps its own length and padding, as the length belongs to no single feature. At
each step, only sequences that reach the step exchange values: where a donor ends early, the donor
of that donor goes on, and so forth. At each step this is a uniformly random permutation of the
sequences that reach it, so each step keeps its distribution. With equal lengths it is the plain
shuffle of whole series.
"""

import numpy as np


def donors(rows: np.ndarray, sources: np.ndarray, real: np.ndarray) -> np.ndarray:
    """The donor (a row number) of each step, (n_rows, n_timesteps).

    ``sources`` is a permutation of ``rows``; ``real`` (all samples, n_timesteps) tells padding.
    """
    reach = real[rows]
    position = np.empty(len(real), dtype=np.int64)
    position[rows] = np.arange(len(rows))
    following = position[sources]

    chosen = np.repeat(np.arange(len(rows))[:, None], real.shape[1], axis=1)
    remaining = reach.copy()
    donor, active = following.copy(), np.arange(len(rows))
    while len(active):
        reached = remaining[active] & reach[donor[active]]
        chosen[active] = np.where(reached, donor[active, None], chosen[active])
        remaining[active] &= ~reached
        active = active[remaining[active].any(axis=1)]
        donor[active] = following[donor[active]]
    return rows[chosen]
