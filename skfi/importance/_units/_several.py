"""Units of several inputs, which may span them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi.importance._inputs._several import Part, SeveralInputs
from skfi.importance._units._cells import make_units
from skfi.importance._units._groups import group_units


@dataclass(frozen=True)
class UnitsOfInputs:
    """Named sets of cells of several inputs: features, time steps, cells, inputs, and groups."""

    by: str
    names: np.ndarray
    cells: list[np.ndarray]  # of the rows
    steps: np.ndarray  # (n_cells,): the time step of each cell, among those of all inputs
    series: tuple[slice, ...]  # the time steps of each input
    input_names: dict[str, list[str]]  # of the features of each input that is no ids
    axes: dict[str, tuple[list[str], list[str]]]  # names of the steps and features of each input
    groups: dict[str, list[Any]] | None

    is_grid = False

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def shape(self) -> tuple[int, int]:
        """One step of all cells."""
        return (1, len(self.steps))

    def steps_of(self, cells: np.ndarray) -> np.ndarray:
        """The time step of each of some cells."""
        return self.steps[cells]

    @property
    def entries(self) -> dict[str, Any]:
        """Entries of a result from which the same units can be made again."""
        kept = {"input_names": self.input_names, "feature_groups": self.groups}
        return kept | {"axes": self.axes, "inputs": list(self.axes)}

    def of_samples(self, values: np.ndarray, real: np.ndarray | None = None) -> np.ndarray:
        """Values of cells (n_samples, n_cells), 0 for padding, as values of units.

        A unit is the sum of its cells. As a mean over time steps, a feature of a long series would
        count less than a static one that moves the output as much.
        """
        return np.array([values[:, own].sum(axis=1, dtype=np.float64) for own in self.cells])


def make_units_of_inputs(kind: SeveralInputs, *, by: str, groups: Any) -> UnitsOfInputs:
    """Name the units of several inputs: ``input__feature``, or the input alone if it is ids."""
    if isinstance(groups, str):
        raise ValueError(
            f"feature_groups={groups!r} is for one input: name the groups, or use by='input'."
        )
    names, cells, counts = [], [], []
    input_names: dict[str, list[str]] = {}
    axes: dict[str, tuple[list[str], list[str]]] = {}
    for part in kind.parts:
        units = make_units(
            (len(kind.X), *part.shape),
            by="feature" if by == "input" else by,
            feature_names=None if part.is_ids else part.feature_names,
            from_start=part.mask_value is not None,
        )
        counts.append(len(units))
        axes[part.name] = (units.axes[0], [part.name] if part.is_ids else units.axes[1])
        if not part.is_ids:
            input_names[part.name] = units.input_names
        names += [_name(part, str(name), by) for name in units.names]
        cells += [own + part.columns.start for own in units.cells]
    groups = _flat(groups, by)
    members = [[i] for i in range(len(names))]
    of_units = np.array(names, dtype=object)
    if by == "input":
        if groups:
            raise ValueError("by='input' has no groups: features of an input count as one.")
        ends = np.cumsum(counts)
        members = [list(range(end - n, end)) for n, end in zip(counts, ends, strict=True)]
        of_units = np.array([part.name for part in kind.parts], dtype=object)
    elif groups is not None:
        of_units, members = group_units(of_units, groups)
    steps = np.concatenate(
        [
            np.repeat(np.arange(part.steps.start, part.steps.stop), np.prod(part.shape[1:]))
            for part in kind.parts
        ]
    )
    return UnitsOfInputs(
        by,
        of_units,
        [np.sort(np.concatenate([cells[i] for i in of_unit])) for of_unit in members],
        steps,
        tuple(part.steps for part in kind.parts),
        input_names,
        axes,
        groups,
    )


def _name(part: Part, name: str, by: str) -> str:
    if not part.is_ids or by == "timestep":
        return f"{part.name}__{name}"
    return part.name if by in ("feature", "input") else part.name + name.removeprefix("x0")


def _flat(groups: Any, by: str) -> dict[str, list[Any]] | None:
    """Groups of units by their full names, from pairs of input and feature, or by input."""
    if groups is None or not isinstance(groups, Mapping):
        return groups
    flat: dict[str, Any] = {}
    for name, members in groups.items():
        if isinstance(members, Mapping):  # groups of one input
            if not all(isinstance(own, Iterable) for own in members.values()):
                raise ValueError(f"feature_groups[{name!r}] must hold lists of features.")
            of_input = {
                str(group): [_full(name, member) for member in of_group]
                for group, of_group in members.items()
            }
            repeated = sorted(set(of_input) & set(flat))
            if repeated:
                raise ValueError(f"feature_groups has two groups of the name {repeated[0]!r}.")
            flat |= of_input
        elif isinstance(members, str) or not isinstance(members, Iterable):
            flat[str(name)] = members  # refused where groups are made
        else:
            flat[str(name)] = [
                _full(*member) if isinstance(member, tuple) and len(member) == 2 else member
                for member in members
            ]
    return flat


def _full(part: Any, feature: Any) -> str:
    return f"{part}__{feature}"
