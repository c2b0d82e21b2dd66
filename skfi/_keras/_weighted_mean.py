"""A user's loss function as a loss of Keras."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import keras

from skfi._keras._private import in_safe_mode

# Keras divides a batch's loss by its number of rows. Dividing by the sum of the weights makes a
# row of weight 2 count as two rows.
REDUCTION = "mean_with_sample_weight"


@keras.saving.register_keras_serializable(package="skfi")
class WeightedMean(keras.losses.Loss):
    """A user's loss function, averaged over the batch's sample weight."""

    def __init__(self, function: Callable, name: str | None = None) -> None:
        self.function = function
        name = str(name or getattr(function, "__name__", "loss"))
        # TensorFlow takes no such name as "<lambda>"
        super().__init__(name=name if name.isidentifier() else "loss", reduction=REDUCTION)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each row."""
        return self.function(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """Where to find the function again."""
        module = self.function.__module__
        name = getattr(self.function, "__qualname__", type(self.function).__name__)
        if getattr(import_module(module), name, None) is not self.function:
            raise ValueError(
                f"The loss function {name} cannot be saved: define it at the top level of a module."
            )
        registered = keras.saving.get_registered_name(self.function)
        return {"module": module, "function": name, "registered": registered, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WeightedMean":
        """The loss of a saved network: one that is known to Keras, unless the file is trusted."""
        function = keras.saving.get_registered_object(config["registered"])
        if function is None and config["module"].split(".")[0] == "keras":
            function = keras.losses.get(config["function"])
        if function is None and in_safe_mode() is False:
            function = getattr(import_module(config["module"]), config["function"])
        if function is None:
            name = config["registered"]
            raise ValueError(
                f"The network was trained with the loss {config['module']}.{config['function']}, "
                "which is code that the file names and Keras does not know. If you trust it, pass "
                f"custom_objects={{{name!r}: the function}} to keras.saving.load_model, or "
                "register it by keras.saving.register_keras_serializable before it is loaded."
            )
        return cls(function, name=config["name"])
