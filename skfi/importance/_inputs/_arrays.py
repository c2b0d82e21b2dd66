"""The arrays of several inputs, by name or in order."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from skfi._keras import (
    Layout,
    check_inputs,
    input_names,
    mask_values_of,
    output_steps,
    row_dtype,
)
from skfi._padding import real_steps


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
    of_texts = [n for n, tensor in zip(names, network.inputs, strict=True) if is_text(tensor)]
    if of_texts:
        raise ValueError(
            f"The input {of_texts[0]!r} takes texts (strings), which is for networks of one input. "
            "Pass the part of the network behind its TextVectorization, which takes token ids."
        )
    arrays = {
        name: check_inputs(network, given[name], i, name=f"X[{name!r}]")
        for i, name in enumerate(names)
    }
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"The inputs of X must hold as many samples as each other; got {lengths}.")
    return arrays


def is_text(tensor: Any) -> bool:
    """Whether an input takes strings."""
    return keras.backend.standardize_dtype(tensor.dtype) == "string"


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
    shapes = tuple(array.shape[1:] for array in arrays.values())
    return Layout(tuple(arrays), shapes, row_dtype(list(arrays.values())))


def in_structure(model: keras.Model, arrays: dict[str, np.ndarray]) -> Any:
    """Inputs as a model of any make takes them: by name, or in their order."""
    if getattr(model, "inputs", None) is None:  # a subclass
        takes_names = isinstance((model.get_build_config() or {}).get("input_shape"), dict)
    else:
        takes_names = isinstance(model.input, dict)
    return arrays if takes_names else list(arrays.values())


def predicts_by_own_code(model: keras.Model) -> bool:
    """Whether a class of the user's says itself how it predicts, such as in other units."""
    names = ("predict", "predict_step")
    return any(getattr(type(model), name) is not getattr(keras.Model, name) for name in names)


def predicted_by_own_code(model: keras.Model, network: keras.Model, X: Any) -> np.ndarray:
    """What ``predict`` of a model gives, of which ``network`` is the functional one."""
    several = len(network.inputs) > 1
    given = in_structure(model, read_arrays(network, X)) if several else check_inputs(network, X)
    outputs = keras.tree.flatten(model.predict(given, verbose=0))
    if len(outputs) > 1:
        raise ValueError(
            f"{type(model).__name__} has its own predict or predict_step, and several outputs. "
            "Pass a functional model of the same layers that gives what is to be explained."
        )
    return np.asarray(outputs[0])


def n_samples_of(X: Any) -> int:
    """Samples in an array, a table, or in arrays by input."""
    return len(next(iter(X.values()))) if isinstance(X, Mapping) else len(X)


def real_output_steps(
    network: keras.Model, of_rows: keras.Model, arrays: Mapping[str, np.ndarray], rows: np.ndarray
) -> np.ndarray | None:
    """Which steps of the output are not padding, (n_samples, n_steps); None if all are.

    Where a mask reaches the output, its steps are those of a masked input. Keras takes a step for
    real if one of the inputs that are joined is, such as a static one: what the masked input itself
    has as padding is padding here.
    """
    known = output_steps(of_rows, rows)
    if known is None:
        return None
    for mask_value, array in zip(mask_values_of(network), arrays.values(), strict=True):
        if mask_value is not None and array.ndim == 3 and array.shape[1] == known.shape[1]:
            known = known & real_steps(array, mask_value)
    return known
