"""Which rows the network is trained on, and which ones are kept to explain it."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from skfi._cli._order import Ordered, shown_time
from skfi._cli._talk import Talk

SHARE = 0.7  # to train on


@dataclass(frozen=True)
class Split:
    """Two parts of the rows; by which they were told apart."""

    train: np.ndarray  # whether each row is to train on
    by: str  # "groups", "time" or "random"


def split_rows(rows: Ordered, seed: int, labels: np.ndarray | None, talk: Talk) -> Split:
    """Whole groups if there are ids, else the first rows in time, else random ones."""
    n_rows = len(rows.frame)
    random = np.random.default_rng(seed)
    if rows.ids is not None:
        different = np.unique(rows.ids.astype(str))
        if len(different) > 1:
            n_train = min(max(1, round(SHARE * len(different))), len(different) - 1)
            chosen = random.permutation(different)[:n_train]
            n_others = len(different) - n_train
            others = "the other one" if n_others == 1 else f"the {n_others:,} others"
            talk.note(
                f"Trained on {n_train:,} whole groups of {len(different):,}, explained on "
                f"{others}: the score is of groups that the network has not seen.",
                "other groups: --seed 1",
            )
            return Split(np.isin(rows.ids.astype(str), chosen), "groups")
    if rows.moments is not None:
        first = int(SHARE * n_rows)
        since = "" if rows.times is None else f", from {shown_time(rows.times[first])} on"
        talk.note(
            f"Trained on the first {SHARE:.0%} of the rows in time, explained on the rest{since}."
        )
        return Split(rows.moments < rows.moments[first], "time")
    chosen = np.zeros(n_rows, dtype=bool)
    stratify = (
        None if labels is None or np.unique(labels, return_counts=True)[1].min() < 2 else labels
    )
    train, _ = train_test_split(
        np.arange(n_rows), train_size=SHARE, random_state=seed, stratify=stratify
    )
    chosen[train] = True
    talk.note(
        f"Trained on a random {SHARE:.0%} of the rows, explained on the rest.",
        "other rows: --seed 1",
    )
    return Split(chosen, "random")
