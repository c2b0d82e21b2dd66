"""Make the units of an input, for every method and kind of input."""

from typing import Any

from skfi._given import described
from skfi.importance._inputs._kinds import Kind, Numbers, SeveralInputs, TokenIds, Tokens
from skfi.importance._units._cells import Units, make_units
from skfi.importance._units._correlation import groups_by_name
from skfi.importance._units._several import UnitsOfInputs, make_units_of_inputs
from skfi.importance._units._words import WordUnits, make_positions, make_word_units


def units_of(
    kind: Kind, *, by: str, groups: Any, names: Any, **of_words: int | None
) -> Units | UnitsOfInputs | WordUnits:
    """The units of samples; of words, ``max_features`` that occur ``min_count`` times."""
    if not isinstance(by, str):
        raise TypeError(f"by must be a str, such as 'feature'; got {described(by)}.")
    return _UNITS[type(kind)](kind, by, groups, names, **of_words)


def _of_numbers(kind: Numbers, by: str, groups: Any, names: Any, **of_words: Any) -> Units:
    names = kind.names if names is None else names
    if isinstance(groups, str):
        groups = groups_by_name(groups, kind.X, names, by=by, real=kind.real)
    return make_units(
        kind.shape,
        by=by,
        n_timesteps=kind.n_timesteps,
        feature_names=names,
        feature_groups=groups,
        from_start=kind.from_start,
    )


def _of_tokens(kind: Tokens, by: str, groups: Any, names: Any, **of_words: Any) -> Any:
    if by == "feature":
        return make_word_units(kind, feature_groups=groups, **of_words)
    return make_positions(kind, by, groups)


def _of_inputs(
    kind: SeveralInputs, by: str, groups: Any, names: Any, **of_words: Any
) -> UnitsOfInputs:
    return make_units_of_inputs(kind, by=by, groups=groups)  # which knows the names


_UNITS: dict[type, Any] = {
    Numbers: _of_numbers,
    TokenIds: _of_numbers,
    Tokens: _of_tokens,
    SeveralInputs: _of_inputs,
}
