"""Words that are replaced by others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from skfi.importance._index_view import permutation_view
from skfi.importance._inputs._kinds import Tokens
from skfi.importance._permutation._sequences import ShuffledCells
from skfi.importance._scoring import QuickScorer
from skfi.importance._units._of_input import units_of
from skfi.importance._units._words import WordUnits


@dataclass(frozen=True)
class ReplacedWords:
    """Texts, their words and groups of words, and the table that scikit-learn shuffles."""

    kind: Tokens
    units: WordUnits
    view: pd.DataFrame
    shuffle: str

    @classmethod
    def of(
        cls,
        kind: Tokens,
        *,
        by: str,
        groups: Any,
        names: Any,
        shuffle: str,
        conditional: bool,
        max_features: int | None,
    ) -> Self | ShuffledCells:
        """Make the table for the most frequent words; positions are shuffled like time steps."""
        if by != "feature":
            return ShuffledCells.of(
                kind, by=by, groups=groups, names=names, shuffle=shuffle, conditional=conditional
            )
        units: Any = units_of(kind, by=by, groups=groups, names=names, max_features=max_features)
        return cls(kind, units, permutation_view(len(kind.ids), len(units)), shuffle)

    def scorer(self, scorer: Callable, n_scores: int) -> Callable:
        """A scorer of the view."""
        of_view = ReplacedWordScorer(scorer, self.kind, self.units)
        return QuickScorer(of_view, n_scores=n_scores)

    def donors(self, n_repeats: int, random_state: np.random.RandomState) -> None:
        """Return None, as words do not come from a single row."""
        return None

    @property
    def entries(self) -> dict[str, Any]:
        """What a result says of the words."""
        return {"conditional": False, "shuffle": self.shuffle} | self.units.entries


@dataclass(frozen=True)
class ReplacedWordScorer:
    """A scorer that replaces each occurrence of a unit's words by a random word of the corpus.

    A view's shuffled column says which unit it is, and seeds the draws.
    """

    scorer: Callable
    tokens: Tokens
    units: WordUnits

    def __call__(self, estimator: Any, view: pd.DataFrame, y: Any, **kwargs: Any) -> Any:
        return self.scorer(estimator, self.gather(view), y, **kwargs)

    def gather(self, view: pd.DataFrame) -> np.ndarray:
        """What the network is given for the view's rows, the words of shuffled units replaced."""
        rows = view.index.to_numpy()
        sources = view.to_numpy()
        X, ids = self.tokens.X[rows], self.tokens.ids[rows]
        corpus = self.tokens.X[self.tokens.real]
        for unit in np.flatnonzero((sources != rows[:, None]).any(axis=0)):
            of_unit = (self.units.unit_of_id[ids] == unit) & self.tokens.real[rows]
            random = np.random.default_rng(sources[:, unit])
            X[of_unit] = random.choice(corpus, size=int(of_unit.sum()))
        return X
