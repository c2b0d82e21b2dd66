"""Arguments of Keras' losses and metrics that their configuration leaves out, as Huber's ``delta``.

Keras copies and pickles by configuration, so that each copy would have the default again; a loss
that it does not know by its name becomes this name. Here all its losses are copied whole.
"""

import copyreg
from typing import Any

import keras

from skfi._keras._private import compile_arguments, function_arguments


def hidden_arguments(thing: Any) -> dict[str, Any]:
    """What a loss or metric was made with and does not say in ``get_config``."""
    arguments = function_arguments(thing)
    known = thing.get_config() if arguments else {}
    return {name: value for name, value in arguments.items() if name not in known}


def hidden_in(model: keras.Model) -> list[tuple[int, dict[str, Any]]]:
    """The hidden arguments of all that a network is compiled with, and where they stand."""
    of_all = enumerate(map(hidden_arguments, compile_arguments(model)))
    return [(i, hidden) for i, hidden in of_all if hidden]


def hand_over(hidden: list[tuple[int, dict[str, Any]]], model: keras.Model) -> None:
    """Give what a network of the same configuration is compiled with its hidden arguments."""
    compiled = compile_arguments(model)
    for i, arguments in hidden:
        function_arguments(compiled[i]).update(arguments)


def _reduced(loss: keras.losses.Loss) -> tuple:
    return _made, (type(loss), loss.get_config() | hidden_arguments(loss))


def _made(kind: type[keras.losses.Loss], arguments: dict[str, Any]) -> keras.losses.Loss:
    return kind(**arguments)


for _kind in vars(keras.losses).values():
    if isinstance(_kind, type) and issubclass(_kind, keras.losses.Loss):
        copyreg.pickle(_kind, _reduced)
