"""Networks with code of the user's, in pickles of estimators.

Keras pickles a network as its file, which names own layers and functions but does not hold them: it
is written without a word, and cannot be read again. A pickle may hold code by reference, and who
reads it trusts it, so here it carries the classes and functions that the file names, and arguments
of a loss that the file leaves out.
"""

import tempfile
from collections.abc import Iterator, Mapping
from copy import copy
from pathlib import Path
from types import FunctionType
from typing import Any

import keras

from skfi._keras._hidden_arguments import hand_over, hidden_in
from skfi._keras._private import all_layers
from skfi._keras._structure import is_keras, structure


def with_own_code(state: Mapping[str, Any]) -> dict[str, Any]:
    """An estimator's attributes as they are pickled."""
    pickled: dict[int, PickledNetwork] = {}

    def replaced(value: Any) -> Any:
        if isinstance(value, keras.Model):
            says_all = not (any(_own_code(value)) or hidden_in(value))
            if says_all and structure(value) is not None:
                return value
            return pickled.setdefault(id(value), PickledNetwork(value))
        if isinstance(getattr(value, "model_", None), keras.Model):  # a SciKeras wrapper
            wrapped = {name: replaced(inner) for name, inner in vars(value).items()}
            if any(wrapped[name] is not inner for name, inner in vars(value).items()):
                value = copy(value)
                vars(value).update(wrapped)
        return value

    return {name: replaced(value) for name, value in state.items()}


class PickledNetwork:
    """Stands for a network, which it is again when it is read."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def __reduce__(self) -> tuple:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.keras"
            self.model.save(path)
            content = path.read_bytes()
        return _read, (content, dict(_own_code(self.model)), hidden_in(self.model))


def _read(content: bytes, own_code: dict[str, Any], hidden: list) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder, keras.saving.custom_object_scope(own_code):
        path = Path(folder) / "network.keras"
        path.write_bytes(content)
        model = keras.saving.load_model(path, safe_mode=False)  # no less safe than any pickle
    hand_over(hidden, model)
    return model


def _own_code(model: keras.Model) -> Iterator[tuple[str, Any]]:
    """The names by which a file refers to code that it does not hold, and that code."""
    for layer in (model, *all_layers(model)):
        if not is_keras(layer):
            yield keras.saving.get_registered_name(type(layer)), type(layer)
        for value in vars(layer).values():
            is_lambda = getattr(value, "__name__", "") == "<lambda>"  # which the file does hold
            if isinstance(value, FunctionType) and not is_keras_function(value) and not is_lambda:
                yield keras.saving.get_registered_name(value), value
    loss = getattr(model, "loss", None)
    function = getattr(loss, "function", loss)
    if isinstance(function, FunctionType) and not is_keras_function(function):
        yield keras.saving.get_registered_name(function), function


def is_keras_function(function: FunctionType) -> bool:
    """Whether a function is one of Keras' own."""
    return (function.__module__ or "").split(".")[0] == "keras"
