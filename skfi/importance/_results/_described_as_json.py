"""Values of results as JSON, with their arrays apart, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_PLAIN = (str, int, float, type(None))  # and bool, which is an int


class Writer:
    """Describes values by what JSON has; arrays of numbers and texts are kept beside it."""

    def __init__(self, names: Mapping[type, str]) -> None:
        self.names = names  # of the classes of results, which are dicts
        self.arrays: dict[str, np.ndarray] = {}

    def describe(self, value: Any, where: str) -> Any:
        """A description of ``value``, which stands ``where`` in the result.

        Raises
        ------
        TypeError
            If a value is of a kind that cannot be stored.
        """
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        if isinstance(value, pd.Timestamp):
            return {"time": value.isoformat()}
        if isinstance(value, pd.Period):
            return {"period": str(value), "freq": value.freqstr}
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value), where)}
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, pd.DataFrame):
            columns = [
                [self._array(column.to_numpy(), where), str(column.dtype)]
                for _, column in value.items()
            ]
            frame = {"columns": value.columns.tolist(), "index": value.index.tolist()}
            names = {"index_name": value.index.name, "columns_name": value.columns.name}
            return {"frame": self.describe(frame | names, where), "values": columns}
        if isinstance(value, (list, tuple)):
            kind = "list" if isinstance(value, list) else "tuple"
            return {kind: [self.describe(each, f"{where}[{i}]") for i, each in enumerate(value)]}
        if isinstance(value, Mapping):
            pairs = [
                [self.describe(key, where), self.describe(each, f"{where}[{key!r}]")]
                for key, each in value.items()
            ]
            return {"mapping": pairs, "class": self.names.get(type(value))}
        raise TypeError(
            f"{where} is of type {type(value).__name__}, which cannot be stored in a file: a "
            "result holds numbers, texts, arrays and tables, and mappings and lists of them."
        )

    def _array(self, values: np.ndarray, where: str) -> Any:
        if values.dtype.hasobject:
            cells = [self.describe(each, where) for each in values.ravel().tolist()]
            return {"objects": cells, "shape": list(values.shape)}
        name = str(len(self.arrays))
        self.arrays[name] = values
        return {"array": name}


class Reader:
    """Makes values of their descriptions."""

    def __init__(self, classes: Mapping[str, type], arrays: Mapping[str, np.ndarray]) -> None:
        self.classes = classes
        self.arrays = arrays

    def make(self, described: Any) -> Any:
        """The value that was described."""
        if not isinstance(described, dict):
            return described
        if "array" in described:
            return self.arrays[described["array"]]
        if "objects" in described:
            values = np.empty(described["shape"], dtype=object)
            values.ravel()[:] = [self.make(each) for each in described["objects"]]
            return values
        if "time" in described:
            return pd.Timestamp(described["time"])
        if "period" in described:
            return pd.Period(described["period"], described["freq"])
        if "scalar" in described:
            return self.make(described["scalar"])[()]
        if "frame" in described:
            return self._frame(self.make(described["frame"]), described["values"])
        if "list" in described:
            return [self.make(each) for each in described["list"]]
        if "tuple" in described:
            return tuple(self.make(each) for each in described["tuple"])
        pairs = {self.make(key): self.make(value) for key, value in described["mapping"]}
        name = described["class"]
        return pairs if name is None else _filled(self.classes[name], pairs)

    def _frame(self, axes: dict[str, Any], values: list[Any]) -> pd.DataFrame:
        columns = [pd.Series(self.make(column), dtype=kind) for column, kind in values]
        frame = pd.DataFrame(dict(enumerate(columns)))
        frame.index = pd.Index(axes["index"], name=axes["index_name"])
        frame.columns = pd.Index(axes["columns"], name=axes["columns_name"])
        return frame


def _filled(cls: type, pairs: dict[Any, Any]) -> Any:
    """A result of its entries, which were checked when it was made."""
    result: Any = cls.__new__(cls)  # type: ignore[call-overload]
    dict.update(result, pairs)
    return result
