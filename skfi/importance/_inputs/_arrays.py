"""The arrays of several inputs, by name or in order."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from skfi._keras import Layout, check_inputs, input_names, packed_network


def read_arrays(network: keras.Model, X: Any) -> dict[str, np.ndarray]:
    """The arrays that a network of several inputs takes, by their names and in its order.

    Raises
    ------
    ValueError
        If an input is missing or unknown, an array does not fit its input, or they are not equally
        long.
    """
    names = input_names(network)
    given = by_name(names, X)
    arrays = {
        name: check_inputs(network, given[name], i, name=f"X[{name!r}]")
        for i, name in enumerate(names)
    }
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"The inputs must hold as many samples as each other; got {lengths}.")
    return arrays


def by_name(names: list[str], X: Any, what: str = "X") -> dict[str, Any]:
    """What is given for each input, by its name or in the order of the inputs."""
    if isinstance(X, Mapping):
        missing = [name for name in names if name not in X]
        unknown = [name for name in X if name not in names]
        if missing or unknown:
            raise ValueError(
                f"{what} has the keys {[str(key) for key in X]}, but the network's inputs are "
                f"{names}."
            )
        return {name: X[name] for name in names}
    if isinstance(X, (tuple, list)) and len(X) == len(names):
        return dict(zip(names, X, strict=True))
    raise ValueError(
        f"The network has the inputs {names}: pass {what} as a mapping of their names to arrays or "
        f"DataFrames, or a tuple in this order; got {type(X).__name__}"
        f"{f' of length {len(X)}' if isinstance(X, (tuple, list)) else ''}."
    )


def layout_of(arrays: Mapping[str, np.ndarray]) -> Layout:
    """Where each input stands in a row."""
    return Layout(tuple(arrays), tuple(array.shape[1:] for array in arrays.values()))


def in_structure(model: keras.Model, arrays: dict[str, np.ndarray]) -> Any:
    """Inputs as a model of any make takes them: by name, or in their order."""
    if getattr(model, "inputs", None) is None:  # a subclass
        takes_names = isinstance((model.get_build_config() or {}).get("input_shape"), dict)
    else:
        takes_names = isinstance(model.input, dict)
    return arrays if takes_names else list(arrays.values())


def pack_arrays(network: keras.Model, X: Any) -> tuple[keras.Model, np.ndarray]:
    """A network of rows, and its rows."""
    arrays = read_arrays(network, X)
    layout = layout_of(arrays)
    of_rows = packed_network(network, layout)
    return of_rows, layout.pack(list(arrays.values()), of_rows.inputs[0].dtype)


def n_samples_of(X: Any) -> int:
    """Samples in an array, a table, or in arrays by input."""
    return len(next(iter(X.values()))) if isinstance(X, Mapping) else len(X)
