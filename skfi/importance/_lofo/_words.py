"""Leaving out words: they become unknown, in the texts or in the token ids, for fit and score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_array, check_consistent_length

from skfi._keras import find_embedding, takes_texts
from skfi._padding import real_positions
from skfi.importance._index_view import read_left_out_view
from skfi.importance._inputs._tokens import find_sequencer, network_of, steps_of
from skfi.importance._units._groups import group_units
from skfi.preprocessing import TextSequencer
from skfi.preprocessing._text_sequencer import check_texts

_MOST_TOKENS = 10**7  # a name is made for each


@dataclass(frozen=True)
class WordData:
    """Texts or token ids, and the groups of words that are left out in turn."""

    X: Any
    y: Any
    sample_weight: np.ndarray | None
    names: np.ndarray
    members: list[list[Any]]  # of each group: words, or ids if X holds ids
    of_texts: bool
    unknown_id: int

    by = "word"

    @property
    def more(self) -> dict[str, Any]:
        """What a result says of words besides."""
        return {}

    @property
    def n_columns(self) -> int:
        """Columns of the view: the groups, and one for all other words, which always stays."""
        return len(self.members) + 1

    def gather(self, view: np.ndarray) -> tuple[Any, Any, dict[str, np.ndarray]]:
        """Samples, targets and, if there are any, weights of the view's rows."""
        rows, _ = read_left_out_view(view, len(self.X))
        X = _safe_indexing(self.X, rows)
        if not self.of_texts:
            X = np.where(np.isin(X, self._left_out(view)), self.unknown_id, X)
        weight = {} if self.sample_weight is None else {"sample_weight": self.sample_weight[rows]}
        return X, _safe_indexing(self.y, rows), weight

    def prepare(self, estimator: Any, view: np.ndarray) -> Any:
        """Tell the TextSequencer which words it does not know."""
        if self.of_texts:
            for name, value in estimator.get_params(deep=True).items():
                if isinstance(value, TextSequencer):
                    words = [*value.left_out, *self._left_out(view)]
                    estimator.set_params(**{f"{name}__left_out": words})
        return estimator

    def kept(self, view: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
        """Positions and features of the whole, and its cells: no words change the network."""
        n_positions = self.X.shape[1]
        return (n_positions, 1), np.arange(n_positions)

    def _left_out(self, view: np.ndarray) -> list[Any]:
        _, kept = read_left_out_view(view, len(self.X))
        return [word for i, group in enumerate(self.members) if i not in kept for word in group]


def reads_words(estimator: Any) -> bool:
    """Whether an estimator, fitted or not, takes texts or token ids."""
    last = steps_of(estimator)[-1]
    model = network_of(last)
    if find_sequencer(estimator) is not None:
        return True
    if getattr(last, "embedding_dim", None) is not None:
        return True
    if getattr(last, "embedding", None) is not None:
        return True
    if model is None or hasattr(last, "embedding_dim"):
        return False
    if takes_texts(model):
        return True
    return find_embedding(model) is not None and len(model.inputs[0].shape) == 2


def padding_of_ids(estimator: Any, X: Any) -> np.ndarray | None:
    """Where token ids are words, not padding; None if 0 is a word like any other."""
    last = steps_of(estimator)[-1]
    model = network_of(last)
    own = getattr(last, "embedding_dim", None) is not None or hasattr(last, "embedding")
    layer = None if own or model is None else find_embedding(model)
    return None if layer is not None and not layer.mask_zero else real_positions(np.asarray(X))


def word_data(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: np.ndarray | None,
    feature_groups: Any,
    feature_names: Sequence[str] | None,
    unknown_id: int,
) -> WordData:
    """The data for leaving out each group of words."""
    if not feature_groups:
        raise ValueError(
            "LOFO trains a network for each word left out: name the words that matter to you, as "
            "feature_groups={'negation': ['not', 'no', 'never']}. permutation_importance takes "
            "every frequent word in turn."
        )
    model = network_of(steps_of(estimator)[-1])
    if model is not None and takes_texts(model):
        raise ValueError(
            "LOFO trains the network again without some words, which a TextVectorization layer "
            "cannot leave out. Pass make_pipeline(TextSequencer(), LSTMClassifier(embedding_dim="
            "...)), or a network that takes token ids."
        )
    at = find_sequencer(estimator)
    of_texts = at is not None
    known: list[str]
    if at is not None:
        X = X if hasattr(X, "iloc") else check_texts(X)
        known = sorted({word for text in steps_of(estimator)[at].tokenize(X) for word in text})
    else:
        X = check_array(X, dtype=None, input_name="X")
        if not 0 <= X.min() <= X.max() < _MOST_TOKENS:
            raise ValueError(
                f"X holds token ids from {X.min()} to {X.max()}; expected whole numbers from 0 to "
                f"{_MOST_TOKENS - 1}. Number the words of your vocabulary from 2 on, as "
                "TextSequencer does."
            )
        given = range(int(X.max()) + 1) if feature_names is None else feature_names
        known = [str(name) for name in given]
    # a group may bear the name of a word that is not in it: no such word is left out on its own
    names, members = group_units(np.array(known, dtype=object), feature_groups, keep_rest=False)
    words = [[known[i] if of_texts else i for i in group] for group in members]
    numbers = [
        one for group in feature_groups.values() for one in group if not isinstance(one, str)
    ]
    if of_texts and numbers:
        raise ValueError(f"feature_groups of texts must hold words (str); got {numbers[0]!r}.")
    if not of_texts and any(unknown_id in group for group in words):
        raise ValueError(
            f"feature_groups holds the token id {unknown_id}, which stands for an unknown word: it "
            "is what the words that are left out become. If it is a word in your vocabulary, say "
            "with unknown_id which id is none."
        )
    check_consistent_length(X, y)
    return WordData(X, y, sample_weight, names, words, of_texts, unknown_id)
