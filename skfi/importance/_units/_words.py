"""Words as units: every occurrence of a word, or of a group of words, in a corpus."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi.importance._inputs._kinds import Tokens
from skfi.importance._units._cells import Units, make_units
from skfi.importance._units._groups import group_units


@dataclass(frozen=True)
class WordUnits:
    """Words and groups of words that importances are for."""

    by = "word"
    names: np.ndarray
    unit_of_id: np.ndarray  # (n_tokens,): the unit of each token id, -1 for none
    counts: np.ndarray  # occurrences of each unit

    def __len__(self) -> int:
        return len(self.names)

    def of_samples(self, values: np.ndarray, real: np.ndarray | None = None) -> None:
        """Return None, as a word is not in every sample."""
        return None

    @property
    def entries(self) -> dict[str, Any]:
        """Entries of a result that describe the words."""
        return {"counts": self.counts}

    def summarise(
        self, values: np.ndarray, tokens: Tokens, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of each unit's values (n_samples, n_positions)."""
        unit = np.where(tokens.real, self.unit_of_id[tokens.ids], -1)
        weight = np.ones(len(values)) if sample_weight is None else sample_weight
        weight = np.broadcast_to(weight[:, None], values.shape)
        of_unit = unit >= 0
        unit, weight, values = unit[of_unit], weight[of_unit], values[of_unit]

        def average(values: np.ndarray) -> np.ndarray:
            total = np.bincount(unit, weight, minlength=len(self))
            return np.bincount(unit, weight * values, minlength=len(self)) / np.maximum(
                total, np.finfo(float).tiny
            )

        mean = average(values)
        return mean, np.sqrt(average((values - mean[unit]) ** 2))


def make_word_units(
    tokens: Tokens,
    *,
    feature_groups: Any = None,
    min_count: int = 1,
    max_features: int | None = None,
) -> WordUnits:
    """Name the words of a corpus, most frequent first, and the groups among them.

    Groups are kept whatever their count; ``max_features`` limits all units together.
    """
    counts = np.bincount(tokens.ids[tokens.real], minlength=len(tokens.words))
    words = np.array(tokens.words, dtype=object)
    names, members = group_units(
        words, {} if feature_groups is None else feature_groups, keep_rest=False
    )
    in_groups = {i for group in members for i in group}
    # a word that bears the name of a group it is not in would be a second row of that name
    ungrouped = [i for i, word in enumerate(words) if i not in in_groups and word not in set(names)]
    grouped = np.arange(len(names) + len(ungrouped)) < len(names)
    names = np.concatenate([names, words[ungrouped]])
    members = [*members, *([i] for i in ungrouped)]
    of_unit = np.array([counts[group].sum() for group in members])
    absent = [str(name) for name in names[grouped & (of_unit == 0)]]
    if absent:
        raise ValueError(f"No word of feature_groups {absent} occurs in these texts.")
    chosen = np.flatnonzero(grouped | (of_unit >= max(min_count, 1)))
    # groups first, then the most frequent words
    order = sorted(chosen, key=lambda unit: (not grouped[unit], -of_unit[unit]))[:max_features]
    if not order:
        raise ValueError(
            f"No word occurs min_count={min_count} times in these {len(tokens.ids)} texts; the "
            f"most frequent one occurs {counts.max()} times. Lower min_count, or pass more texts."
        )
    unit_of_id = np.full(len(tokens.words), -1)
    for unit, chosen_unit in enumerate(order):
        unit_of_id[members[chosen_unit]] = unit
    return WordUnits(names[order], unit_of_id, of_unit[order])


def make_positions(tokens: Tokens, by: str, feature_groups: Any) -> Units:
    """Positions in a text as units."""
    if by == "cell":
        raise ValueError(
            "by='cell' has no meaning for tokens: use by='feature' for words, by='timestep' for "
            "positions. Gradient importance has attributions token by token."
        )
    shape = tokens.ids.shape
    return make_units(
        shape, by=by, n_timesteps=shape[1], feature_groups=feature_groups, from_start=True
    )
