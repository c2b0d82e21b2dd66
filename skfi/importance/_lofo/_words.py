"""Leaving out words: they become unknown, in the texts or in the token ids, for fit and score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length

from skfi._given import check_names, described
from skfi._private import _safe_indexing
from skfi.importance._index_view import read_left_out_view
from skfi.importance._inputs._kinds import Texts, TokenIds
from skfi.importance._lofo._sequences import SequenceData, Settings, of_positions
from skfi.importance._units._groups import group_units
from skfi.preprocessing import TextSequencer

_MOST_TOKENS = 10**7  # a name is made for each


@dataclass(frozen=True)
class WordData:
    """Texts, and the groups of words that are left out in turn."""

    X: Any
    y: Any
    sample_weight: np.ndarray | None
    names: np.ndarray
    members: list[list[Any]]  # of each group: its words, or their ids

    by = "word"
    leave_out = "constant"

    @property
    def entries(self) -> dict[str, Any]:
        """What a result says of words besides."""
        return {}

    @property
    def n_columns(self) -> int:
        """Columns of the view: the groups, and one for all other words, which always stays."""
        return len(self.members) + 1

    def gather(self, view: np.ndarray) -> tuple[Any, Any, dict[str, np.ndarray]]:
        """Samples, targets and, if there are any, weights of the view's rows."""
        rows, _ = read_left_out_view(view, len(self.X))
        weight = {} if self.sample_weight is None else {"sample_weight": self.sample_weight[rows]}
        return _safe_indexing(self.X, rows), _safe_indexing(self.y, rows), weight

    def prepare(self, estimator: Any, view: np.ndarray) -> Any:
        """Tell the TextSequencer which words it does not know."""
        for name, value in estimator.get_params(deep=True).items():
            if isinstance(value, TextSequencer):
                words = [*value.left_out, *self._left_out(view)]
                estimator.set_params(**{f"{name}__left_out": words})
        return estimator

    def _left_out(self, view: np.ndarray) -> list[Any]:
        _, kept = read_left_out_view(view, len(self.X))
        return [word for i, group in enumerate(self.members) if i not in kept for word in group]


@dataclass(frozen=True)
class WordIdData(WordData):
    """Token ids (n_samples, n_positions), of which those of a group become the unknown one."""

    unknown_id: int

    def gather(self, view: np.ndarray) -> tuple[Any, Any, dict[str, np.ndarray]]:
        """Samples, targets and, if there are any, weights of the view's rows."""
        X, y, weight = super().gather(view)
        return np.where(np.isin(X, self._left_out(view)), self.unknown_id, X), y, weight

    def prepare(self, estimator: Any, view: np.ndarray) -> Any:
        """Return the estimator unchanged."""
        return estimator

    def kept(self, view: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
        """Positions and features of the whole, and its cells: no words change the network."""
        n_positions = self.X.shape[1]
        return (n_positions, 1), np.arange(n_positions)


def of_texts(kind: Texts, settings: Settings) -> WordData:
    """Groups of words that a TextSequencer is told not to know."""
    if settings.by != "feature":
        raise ValueError(
            f"by={settings.by!r} is not possible for LOFO of texts, which have no fixed places; "
            "leave out words, by='feature', or use permutation_importance(by='timestep')."
        )
    _check_words(settings)
    words = sorted({word for text in kind.sequencer.tokenize(kind.X) for word in text})
    names, members = _groups(words, settings)
    in_groups = [member for group in settings.groups.values() for member in group]
    numbers = [member for member in in_groups if not isinstance(member, str)]
    if numbers:
        raise ValueError(f"feature_groups of texts must hold words (str); got {numbers[0]!r}.")
    check_consistent_length(kind.X, settings.y)
    of_words = [[words[i] for i in group] for group in members]
    return WordData(kind.X, settings.y, settings.sample_weight, names, of_words)


def of_ids(kind: TokenIds, settings: Settings) -> WordIdData | SequenceData:
    """Groups of words, or positions, of token ids."""
    if settings.by != "feature":
        return of_positions(kind, settings)
    _check_words(settings)
    X, unknown_id = np.asarray(kind.X), settings.unknown_id
    if X.dtype.kind not in "iuf" or not X.size:
        raise ValueError(
            f"X must hold token ids, whole numbers (n_samples, n_positions); got {described(X)}."
        )
    X = check_array(X, dtype=None, input_name="X")
    if not 0 <= X.min() <= X.max() < _MOST_TOKENS:
        raise ValueError(
            f"X holds token ids from {X.min()} to {X.max()}; expected whole numbers from 0 to "
            f"{_MOST_TOKENS - 1}. Number the words of your vocabulary from 2 on, as "
            "TextSequencer does."
        )
    known = range(int(X.max()) + 1)
    given = settings.names
    words = list(map(str, known)) if given is None else check_names(given, distinct=False)
    names, members = _groups(words, settings)
    if any(unknown_id in group for group in members):
        raise ValueError(
            f"feature_groups holds the token id {unknown_id}, which stands for an unknown word: it "
            "is what the words that are left out become. If it is a word in your vocabulary, say "
            "with unknown_id which id is none."
        )
    return WordIdData(X, settings.y, settings.sample_weight, names, members, unknown_id)


def _check_words(settings: Settings) -> None:
    if settings.leave_out == "remove":
        raise ValueError(
            "leave_out='remove' is not possible for words: those that are left out become "
            "unknown. Use 'auto' or 'constant'."
        )
    groups = settings.groups
    if groups is None or (isinstance(groups, Mapping) and not groups):
        raise ValueError(
            "LOFO trains a network for each word left out: name the words that matter to you, as "
            "feature_groups={'negation': ['not', 'no', 'never']}. permutation_importance takes "
            "every frequent word in turn."
        )


def _groups(words: Sequence[str], settings: Settings) -> tuple[np.ndarray, list[list[int]]]:
    # a group may bear the name of a word that is not in it: no such word is left out on its own
    return group_units(np.array(words, dtype=object), settings.groups, keep_rest=False)
