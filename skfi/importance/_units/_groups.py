"""Groups of named units: features, time steps, cells or words that count as one."""

import difflib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np


def group_units(
    names: np.ndarray, groups: Mapping[str, Sequence[Any]], *, keep_rest: bool = True
) -> tuple[np.ndarray, list[list[int]]]:
    """Names and members of the groups and of the ungrouped rest, ordered by first member.

    Without ``keep_rest``, only the groups, in their own order.
    """
    position = {name: i for i, name in enumerate(names)}
    if not isinstance(groups, Mapping):
        raise TypeError(
            "feature_groups must be a mapping of a group's name to its features, such as "
            f"{{'temperature': ['tmin', 'tmax']}}; got {type(groups).__name__}."
        )
    group_of: dict[int, str] = {}
    members: dict[str, list[int]] = {}
    for group, features in groups.items():
        if group is None or isinstance(features, (str, bytes, Mapping)) or not _is_list(features):
            raise ValueError(
                f"feature_groups[{group!r}] must be a non-empty list of features; got {features!r}."
            )
        if str(group) in members:  # such as 1 and "1"
            raise ValueError(
                f"feature_groups has two groups of the name {str(group)!r}; rename one."
            )
        members[str(group)] = [_find(feature, position, str(group)) for feature in features]
        for member in members[str(group)]:
            if member in group_of:
                raise ValueError(
                    f"feature_groups overlap: {names[member]!r} is in both {group_of[member]!r} "
                    f"and {str(group)!r}. A feature may be in one group, once."
                )
            group_of[member] = str(group)
    if not keep_rest:
        return np.array(list(members), dtype=object), [sorted(group) for group in members.values()]
    for i, name in enumerate(names):
        if i in group_of:
            continue
        if name in members:
            raise ValueError(
                f"feature_groups: the group name {name!r} is also the name of a feature outside "
                "the group; rename the group."
            )
        members[name] = [i]
    ordered = sorted(members, key=lambda name: min(members[name]))
    return np.array(ordered, dtype=object), [sorted(members[name]) for name in ordered]


def _is_list(features: Any) -> bool:
    """Whether it is a container with something in it, no generator."""
    is_container = hasattr(features, "__len__") and not isinstance(features, type)
    return is_container and getattr(features, "shape", None) != () and len(features) > 0


def _find(feature: Any, position: Mapping[Any, int], group: str) -> int:
    if not isinstance(feature, Hashable):  # nor could it be looked up
        raise TypeError(f"feature_groups[{group!r}] holds {feature!r}, which names no feature.")
    if isinstance(feature, (int, np.integer)) and not isinstance(feature, bool):
        if not 0 <= feature < len(position):
            raise ValueError(
                f"feature_groups[{group!r}] names position {feature}, but there are "
                f"{len(position)} features."
            )
        return int(feature)
    if feature not in position:
        close = difflib.get_close_matches(str(feature), position, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else f" Known: {_shortened(list(position))}."
        raise ValueError(f"feature_groups[{group!r}] names {feature!r}, which is unknown.{hint}")
    return position[feature]


def _shortened(names: list[str], most: int = 10) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
