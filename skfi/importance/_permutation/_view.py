"""The view that scikit-learn's function is given in place of ``X``."""

from typing import Any

from skfi.importance._inputs._kinds import Kind, Numbers, SeveralInputs, Tokens
from skfi.importance._permutation._sequences import ShuffledCells
from skfi.importance._permutation._words import ReplacedWords

Shuffled = ShuffledCells | ReplacedWords


def shuffled(kind: Kind, *, conditional: bool, shuffle: str, **settings: Any) -> Shuffled:
    """The units of samples, and the view of them."""
    if conditional and (shuffle == "values" or kind.column != "feature"):
        raise ValueError(
            "conditional=True exchanges series of features that are numbers: leave "
            "shuffle='series', and words to the unconditional importance."
        )
    return _SHUFFLED[type(kind)](kind, conditional=conditional, shuffle=shuffle, **settings)


def _of_numbers(
    kind: Numbers | SeveralInputs, *, max_features: int | None, **settings: Any
) -> ShuffledCells:
    return ShuffledCells.of(kind, **settings)  # max_features is for words


_SHUFFLED: dict[type, Any] = {
    Numbers: _of_numbers,
    SeveralInputs: _of_numbers,
    Tokens: ReplacedWords.of,
}
