"""What scikit-learn's function is given in place of ``X``, and what is predicted from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi.importance._index_view import permutation_view
from skfi.importance._inputs._tokens import Tokens
from skfi.importance._permutation._conditional import Conditional, conditional_exchange
from skfi.importance._permutation._influence import drawn_donors
from skfi.importance._permutation._sequences import PermutedScorer
from skfi.importance._permutation._words import ReplacedWordScorer
from skfi.importance._scoring import QuickScorer
from skfi.importance._units._cells import Units
from skfi.importance._units._of_input import check_input, units_of
from skfi.importance._units._words import WordUnits, make_word_units


@dataclass(frozen=True)
class PermutedData:
    """``X``, its units, and the ``view`` whose columns scikit-learn shuffles: ``X`` or a table."""

    X: Any
    view: Any
    units: Units | WordUnits
    shuffle: str
    real: np.ndarray | None
    tokens: Tokens | None
    exchange: Conditional | None

    @property
    def is_plain(self) -> bool:
        """Whether scikit-learn shuffles ``X`` itself: numbers are to be its own to the last bit."""
        return self.view is self.X

    def scorer(self, scorer: Callable, n_scores: int) -> Callable:
        """A scorer of the view."""
        if self.is_plain:
            return scorer
        if isinstance(self.units, WordUnits):
            of_view: Callable = ReplacedWordScorer(scorer, self.tokens, self.units)  # type: ignore[arg-type]
        else:
            of_view = PermutedScorer(
                scorer, self.X, self.units, self.shuffle, self.real, self.exchange
            )
        return QuickScorer(of_view, n_scores=n_scores)

    def donors(
        self, n_repeats: int, random_state: np.random.RandomState
    ) -> Sequence[np.ndarray] | None:
        """From which row each gets its values, (n_units, n_repeats, n_samples), if from one."""
        if isinstance(self.units, WordUnits) or not (self.is_plain or self.shuffle == "series"):
            return None
        drawn = drawn_donors(len(self.X), n_repeats, random_state)
        if self.exchange is None:
            return [drawn] * len(self.units)
        return [self.exchange.donors(unit, drawn) for unit in range(len(self.units))]


def permuted_data(
    estimator: Any,
    X: Any,
    tokens: Tokens | None,
    *,
    by: str,
    shuffle: str,
    conditional: bool,
    feature_names: Any,
    feature_groups: Any,
    max_features: int | None,
) -> PermutedData:
    """The units of ``X``, and the view of them."""
    if conditional and (shuffle == "values" or tokens is not None):
        raise ValueError(
            "conditional=True exchanges series of features that are numbers: leave "
            "shuffle='series', and words to the unconditional importance."
        )
    if tokens is not None and by == "feature":
        words = make_word_units(tokens, feature_groups=feature_groups, max_features=max_features)
        view = permutation_view(len(X), len(words))
        return PermutedData(X, view, words, shuffle, None, tokens, None)
    X = X if hasattr(X, "iloc") else check_input(X)
    if X.ndim < 2:
        raise ValueError(
            f"X is a {type(X).__name__} of shape {X.shape}; expected 2 or 3 dimensions. Of a "
            "single column make a DataFrame: X.to_frame()."
        )
    units, real = units_of(estimator, X, tokens, by, feature_names, feature_groups)
    of_units = by == "timestep" or feature_groups is not None or conditional
    if X.ndim == 2 and not of_units and real is None:
        return PermutedData(X, X, units, shuffle, None, tokens, None)
    X = X if hasattr(X, "iloc") else np.ascontiguousarray(X)  # so that a reshape is a view
    exchange = conditional_exchange(X, units, real) if conditional else None
    view = permutation_view(len(X), len(units))
    return PermutedData(X, view, units, shuffle, real, tokens, exchange)
