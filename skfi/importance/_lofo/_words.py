"""Leaving out words: they are taken out of the texts or the token ids, for fit and score.

To make them unknown instead would tell the network where they stood: if no other word is unknown
in training, as good as the words themselves.
"""

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
from skfi.preprocessing._text_sequencer import PADDING_ID

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
    leave_out = "remove"
    cells_stay = True  # positions, of which a text fills fewer

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
        """Tell the TextSequencer which words it does not read."""
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
    """Token ids (n_samples, n_positions), from which those of a group are taken."""

    def gather(self, view: np.ndarray) -> tuple[Any, Any, dict[str, np.ndarray]]:
        """Samples, targets and, if there are any, weights of the view's rows."""
        X, y, weight = super().gather(view)
        return self._without(X, np.isin(X, self._left_out(view))), y, weight

    def _without(self, X: np.ndarray, left_out: np.ndarray) -> np.ndarray:
        """The rest moves together, away from where there is padding."""
        is_kept = left_out if _is_padded_in_front(self.X) else ~left_out
        order = np.argsort(~is_kept, axis=1, kind="stable")
        return np.take_along_axis(np.where(left_out, PADDING_ID, X), order, axis=1)

    def prepare(self, estimator: Any, view: np.ndarray) -> Any:
        """Return the estimator unchanged."""
        return estimator

    def kept(self, view: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
        """Positions and features of the whole, and its cells: no words change the network."""
        n_positions = self.X.shape[1]
        return (n_positions, 1), np.arange(n_positions)


@dataclass(frozen=True)
class UnknownIdData(WordIdData):
    """Token ids, of which those of a group become the unknown one, where they stand."""

    unknown_id: int

    leave_out = "constant"

    def _without(self, X: np.ndarray, left_out: np.ndarray) -> np.ndarray:
        return np.where(left_out, self.unknown_id, X)


def _has_padding_inside(ids: np.ndarray) -> bool:
    is_word = ids != PADDING_ID
    begun = np.logical_or.accumulate(is_word, axis=1)
    goes_on = np.logical_or.accumulate(is_word[:, ::-1], axis=1)[:, ::-1]
    return bool((begun & goes_on & ~is_word).any())


def _is_padded_in_front(ids: np.ndarray) -> bool:
    """Whether more samples have padding in front than behind."""
    first, last = ids[:, 0] == PADDING_ID, ids[:, -1] == PADDING_ID
    return int((first & ~last).sum()) > int((last & ~first).sum())


def of_texts(kind: Texts, settings: Settings) -> WordData:
    """Groups of words that a TextSequencer is told not to know."""
    if settings.by != "feature":
        raise ValueError(
            f"by={settings.by!r} is not possible for LOFO of texts, which have no fixed places; "
            "leave out words, by='feature', or use permutation_importance(by='timestep')."
        )
    if settings.leave_out == "constant":
        raise ValueError(
            "leave_out='constant' is for token ids: words of texts are removed. Use 'auto' or "
            "'remove'."
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
    X = np.asarray(kind.X)
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
    data = X, settings.y, settings.sample_weight, names, members
    if settings.per_step or settings.leave_out == "constant":
        _check_unknown(members, settings)
        return UnknownIdData(*data, settings.unknown_id)
    _check_padding(X, kind, members)
    return WordIdData(*data)


def _check_unknown(members: list[list[int]], settings: Settings) -> None:
    if settings.leave_out == "remove":
        raise ValueError(
            "leave_out='remove' is not possible for words of texts with a target at every "
            "position: those that remain would stand beside targets of others. Use 'constant'."
        )
    if any(settings.unknown_id in group for group in members):
        raise ValueError(
            f"feature_groups holds the token id {settings.unknown_id}, which stands for an unknown "
            "word: it is what words become with leave_out='constant'. If it is a word in your "
            "vocabulary, say with unknown_id which id is none."
        )


def _check_padding(X: np.ndarray, kind: TokenIds, members: list[list[int]]) -> None:
    """Raise if the id of padding, which fills the texts from which words are taken, is a word."""
    if any(PADDING_ID in group for group in members):
        what = f"feature_groups holds the token id {PADDING_ID}"
    elif kind.real is None and _has_padding_inside(X):
        what = f"X holds the token id {PADDING_ID} between others"
    else:
        return
    raise ValueError(
        f"{what}, which is padding: it fills the texts from which words are taken. If it is a "
        "word, number all words from 1 on, as in X + 1; or use leave_out='constant', and say with "
        "unknown_id which id is none."
    )


def _check_words(settings: Settings) -> None:
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
