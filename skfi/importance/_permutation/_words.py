"""Scores of texts in which words are replaced by others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skfi.importance._inputs._tokens import Tokens
from skfi.importance._units._words import WordUnits


@dataclass(frozen=True)
class ReplacedWordScorer:
    """The same for words: each occurrence of a unit's words becomes one drawn from the corpus.

    A view's shuffled column says which unit is due, and seeds the draws.
    """

    scorer: Callable
    tokens: Tokens
    units: WordUnits

    def __call__(self, estimator: Any, view: pd.DataFrame, y: Any, **kwargs: Any) -> Any:
        return self.scorer(estimator, self.gather(view), y, **kwargs)

    def gather(self, view: pd.DataFrame) -> np.ndarray:
        """The ids of the view's rows, with the words of each shuffled unit replaced."""
        rows = view.index.to_numpy()
        sources = view.to_numpy()
        ids = self.tokens.ids[rows]
        corpus = self.tokens.ids[self.tokens.real]
        for unit in np.flatnonzero((sources != rows[:, None]).any(axis=0)):
            of_unit = (self.units.unit_of_id[ids] == unit) & self.tokens.real[rows]
            random = np.random.default_rng(sources[:, unit])
            ids[of_unit] = random.choice(corpus, size=int(of_unit.sum()))
        return ids
