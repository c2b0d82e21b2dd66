"""Whether a network is still what it was when it was traced.

A trace has constants in it: the activation that a layer had, means that it was adapted to, an
attribute of a layer of the user's. To set another, or to compile the network again, asks for
another trace, as ``compile`` does of Keras' own.
"""

import weakref
from typing import Any

import keras

from skfi._keras._private import all_layers

# what Keras sets in a network as it trains and predicts
PASSING = {
    "_eval_epoch_iterator",
    "history",
    "predict_function",
    "stop_evaluating",
    "stop_predicting",
    "stop_training",
    "test_function",
    "train_function",
}
_PLAIN = (bool, int, float, str)

Marks = dict[tuple[int, str], Any]


def marks_of(model: keras.Model) -> Marks:
    """What stands in each attribute of a network and its layers; none of it is kept alive."""
    return {
        (number, name): _mark(value)
        for number, layer in enumerate(all_layers(model))
        for name, value in vars(layer).items()
        if value is not None and name not in PASSING
    }


def _mark(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    try:
        return weakref.ref(value)  # the same one for the same object, while it lives
    except TypeError:
        return id(value)


def are_same(before: Marks, now: Marks) -> bool:
    """Whether nothing was set in between."""
    return before.keys() == now.keys() and all(
        one is now[key] or (isinstance(one, _PLAIN) and one == now[key])
        for key, one in before.items()
    )
