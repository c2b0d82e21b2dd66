"""A network in a table."""

from typing import Any

import keras


def network_summary(network: keras.Model) -> dict[str, Any]:
    """The name, the number of parameters, the shapes of inputs and outputs, and the layers.

    Each layer with its name, its class, its number of parameters, and the shape of its output,
    which of a layer of several outputs, or one that is called by own code, is None.
    """
    return {
        "name": network.name,
        "n_parameters": int(network.count_params()),
        "inputs": {tensor.name: _shape(tensor) for tensor in network.inputs},
        "outputs": [_shape(tensor) for tensor in network.outputs],
        "layers": [
            {
                "name": layer.name,
                "class": type(layer).__name__,
                "output": _output_shape(layer),
                "n_parameters": int(layer.count_params()),
            }
            for layer in network.layers
            if not isinstance(layer, keras.layers.InputLayer)
        ],
    }


def _shape(tensor: Any) -> tuple[int | None, ...]:
    return tuple(tensor.shape)


def _output_shape(layer: keras.layers.Layer) -> tuple[int | None, ...] | None:
    try:
        output = layer.output
    except (AttributeError, ValueError):  # of a layer that was called several times, or never
        return None
    return _shape(output) if hasattr(output, "shape") else None
