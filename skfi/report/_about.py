"""The network, the data and the call behind results."""

from collections.abc import Mapping, Sequence
from typing import Any

from skfi.report._blocks import Details, Section, Table, Text, count, number, word

_CALLS = {
    "gradient_importance": "gradients",
    "permutation_importance": "permutation",
    "lofo_importance": "LOFO",
    "compare_importances": "the comparison",
    "check_importances": "the checks",
}


def of_network(abouts: Sequence[Mapping[str, Any]], scores: Sequence[str]) -> Section:
    """What was explained: each estimator, its layers, the scores."""
    blocks: list[Any] = []
    if scores:
        blocks.append(Text([f"Score with every unit in place: {'; '.join(scores)}."]))
    for (estimator, network), calls in _by(abouts, "estimator", "network"):
        blocks.append(Text([f"Estimator of {calls}: {estimator}."]))
        if network is not None:
            blocks.append(_layers(network))
    return Section("The network", blocks)


def _layers(network: Mapping[str, Any]) -> Table:
    rows = [
        [
            word(layer["name"]),
            word(layer["class"]),
            word(_shape(layer["output"])),
            count(layer["n_parameters"]),
        ]
        for layer in network["layers"]
    ]
    caption = f"Layers of the network {network['name']}, {network['n_parameters']:,} parameters"
    return Table(caption, ["layer", "class", "output", "parameters"], rows)


def _by(abouts: Sequence[Mapping[str, Any]], *keys: str) -> list[tuple[tuple[Any, ...], str]]:
    """The different values of some entries, each with the calls that had them, in words."""
    found: dict[str, tuple[tuple[Any, ...], dict[str, None]]] = {}
    for about in abouts:
        values = tuple(about[key] for key in keys)
        _, calls = found.setdefault(repr(values), (values, {}))
        calls[_CALLS[about["function"]]] = None
    return [(values, _listed(list(calls))) for values, calls in found.values()]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _shape(shape: Any) -> str:
    return "" if shape is None else " x ".join("n" if n is None else str(n) for n in shape)


def of_data(abouts: Sequence[Mapping[str, Any]]) -> Section:
    """What it was explained on: all data that differ, with the calls that had them."""
    blocks: list[Any] = []
    different = _by(_with_targets(abouts), "data")
    for (data,), calls in different:
        sentences = []
        for name, one in data["inputs"].items():
            prefix = f"{name}: " if len(data["inputs"]) > 1 else ""
            sentences.append(prefix + _of_input(one))
        if "period" in data:
            first, last = data["period"]
            sentences.append(f"From {_day(first)} to {_day(last)}.")
        if len(different) > 1:
            blocks.append(Text([f"For {calls}:"]))
        blocks.append(Text(sentences, is_list=len(different) > 1))
        if "targets" in data:
            blocks += _of_targets(data["targets"])
    return Section("The data", blocks)


def _with_targets(abouts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Calls without targets, as of gradients, have the data of another call of the same inputs."""
    known = {one["data"]["checksum"]: one["data"] for one in abouts if "targets" in one["data"]}
    return [
        about
        if "targets" in about["data"]
        else {**about, "data": known.get(about["data"]["checksum"], about["data"])}
        for about in abouts
    ]


def _of_input(one: Mapping[str, Any]) -> str:
    if "texts" in one:
        return f"{one['texts']:,} texts of {one['words']:.0f} words (median)."
    if "shape" not in one:
        return f"{one['described']}."
    n_samples, *others = one["shape"]
    if len(others) == 2:
        text = f"{n_samples:,} samples of {others[0]} time steps and {others[1]} features"
    else:
        text = f"{n_samples:,} samples of shape {_shape(others)}"
    if one.get("empty_steps"):
        text += f"; {one['empty_steps']:.1%} of the steps hold nothing (padding)"
    if "missing" in one:
        text += f"; {one['missing']:.1%} of the values are missing" if one["missing"] else ""
        text += "" if one["missing"] else "; no value is missing"
    return f"{text}."


def _day(time: str) -> str:
    return time.removesuffix(" 00:00:00")


def _of_targets(targets: Mapping[str, Any], name: str = "Targets") -> list[Any]:
    if "classes" in targets:
        rows = [[word(label), count(n)] for label, n in targets["classes"].items()]
        others = targets["n_classes"] - len(rows)
        caption = name + (f" (and {others} more values)" if others else "")
        return [Table(caption, ["value", "samples"], rows)]
    if "numbers" in targets:
        rows = [
            [word(column), *(number(values[key]) for key in ("min", "mean", "max"))]
            for column, values in targets["numbers"].items()
        ]
        others = targets["n_columns"] - len(rows)
        caption = name + (f" (and {others} more columns)" if others > 0 else "")
        return [Table(caption, ["column", "lowest", "mean", "highest"], rows)]
    if "described" in targets:
        return [Text([f"{name}: {targets['described']}."])]
    return [block for each in targets for block in _of_targets(targets[each], f"Targets {each}")]


def how(abouts: Sequence[Mapping[str, Any]]) -> Section:
    """The calls, when they were made, and by which versions."""
    rows = [
        [
            word(about["function"]),
            word(", ".join(f"{name}={value}" for name, value in about["parameters"].items())),
            number(about["seconds"]),
            word(about["computed"]),
        ]
        for about in abouts
    ]
    columns = ["function", "parameters", "seconds", "computed"]
    blocks: list[Any] = [Details("Calls", [Table("Calls, without the data", columns, rows)])]
    for (versions,), _ in _by(abouts, "versions"):
        text = ", ".join(f"{name} {version}" for name, version in versions.items())
        blocks.append(Text([f"Computed by {text}."]))
    return Section("How it was computed", blocks)
