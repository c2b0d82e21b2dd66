"""The input, outputs and loss of a network."""

from typing import Any

import keras
import numpy as np
from sklearn.utils.validation import check_array

from skfi._containers import check_kinds, check_whole_numbers


def check_network(model: keras.Model) -> None:
    """Raise ValueError unless ``model`` has one input, and one output of a row or of its steps."""
    for kind in ("input", "output"):
        tensors = getattr(model, f"{kind}s", None)
        if tensors is None:
            raise ValueError(
                f"The network {model.name!r} has no {kind} of known shape: it is not built, or a "
                "subclass of keras.Model. Start it with a keras.Input layer, or put it into a "
                "functional model and say what it was trained for: model = keras.Model(inputs, "
                "network(inputs)), of inputs = keras.Input(shape); model.compile(loss=...)."
            )
        if len(tensors) != 1:
            raise ValueError(
                f"The network {model.name!r} has {len(tensors)} {kind}s; exactly one is expected. "
                f"Join several {kind}s into one array with a functional model around it."
            )
    if model.inputs[0].shape[0] is not None:
        raise ValueError(
            f"The network {model.name!r} has a fixed batch size of {model.inputs[0].shape[0]}. "
            "Build it with a free one (batch_size=None, stateful=False)."
        )
    if len(model.outputs[0].shape) not in (2, 3):
        raise ValueError(
            f"The network {model.name!r} gives an output of shape {tuple(model.outputs[0].shape)}; "
            "(None, n_outputs) is expected, one row for each sequence, or (None, n_timesteps, "
            "n_outputs), one for each of its steps."
        )


def check_inputs(model: keras.Model, X: Any) -> np.ndarray:
    """``X`` as an array of the type and shape that the network takes."""
    expected = tuple(model.inputs[0].shape)
    dtype = keras.backend.standardize_dtype(model.inputs[0].dtype)
    if takes_texts(model):
        return check_strings(X, len(expected))
    if np.asarray(X).dtype.kind in "OUST" and any(isinstance(x, str) for x in np.ravel(X)[:1]):
        raise ValueError(
            f"X holds texts, but the network {model.name!r} takes {dtype}. Turn them into token "
            "ids first: make_pipeline(TextSequencer(), network)."
        )
    check_kinds(X)
    if np.dtype(dtype).kind in "iu":
        check_whole_numbers(np.asarray(X), dtype)
    X = check_array(X, dtype=dtype, allow_nd=True, input_name="X")
    fits = X.ndim == len(expected) and all(
        e in (None, x) for e, x in zip(expected[1:], X.shape[1:], strict=True)
    )
    if not fits:
        raise ValueError(
            f"X has shape {X.shape}, but the network takes {expected}. For 2-D rows wrap the "
            "network: from_keras(model, n_timesteps=...)."
        )
    return X


def takes_texts(model: keras.Model) -> bool:
    """Whether the network's input is strings, for a TextVectorization layer inside."""
    return keras.backend.standardize_dtype(model.inputs[0].dtype) == "string"


def check_strings(X: Any, n_dim: int) -> np.ndarray:
    """Texts for a network that takes them: (n_samples,) or (n_samples, 1)."""
    X = np.asarray(X, dtype=object)
    texts = X.ravel()
    if X.ndim not in (1, 2) or X.size != len(X) or not all(isinstance(text, str) for text in texts):
        raise ValueError(
            f"X must hold one text (str) for each sample, as the network takes; got shape {X.shape}"
            f", types {sorted({type(text).__name__ for text in texts})[:3]}."
        )
    return texts if n_dim == 1 else texts[:, None]


def mask_value_of(model: keras.Model) -> float | None:
    """The value of the Masking layer that reads the network's input; None if there is none."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Masking) and _reads_input(layer):
            return float(layer.mask_value)
    return None


def _reads_input(layer: keras.layers.Layer) -> bool:
    source = layer.input._keras_history.operation
    return isinstance(source, keras.layers.InputLayer)


def output_kind(model: keras.Model) -> str:
    """What a network was made for: ``"probabilities"`` or ``"logits"`` of classes, or ``"values"``.

    A compiled loss tells more than the last activation. Several sigmoids are several targets.
    """
    activation, loss = last_activation(model), loss_name(compiled_loss(model))
    if not activation and not loss:
        raise ValueError(
            f"It cannot be told what the outputs of the network {model.name!r} are, whose last "
            "layer is a subclass of keras.Model: compile it with the loss that it was trained "
            "with, model.compile(loss=...)."
        )
    n_outputs = model.outputs[0].shape[-1]
    if activation == "sigmoid" and n_outputs > 1:
        return "values"
    if activation == "softmax" and n_outputs > 1:  # a sum of 1 is no free target, whatever the loss
        return "probabilities"
    if loss and "crossentropy" not in loss:
        return "values"
    if activation in ("softmax", "sigmoid"):
        return "probabilities"
    if not loss:
        return "values"
    return "logits" if _takes_logits(compiled_loss(model)) else "probabilities"


def _takes_logits(loss: Any) -> bool:
    """Whether a cross-entropy was told that it gets logits, which is no guess: or ValueError."""
    of_keras = getattr(loss, "__module__", "").split(".")[0] == "keras"
    if isinstance(loss, str) or (of_keras and not isinstance(loss, keras.losses.Loss)):
        return False  # a name or a function, which has Keras' own default
    try:
        config = loss.get_config()
    except (AttributeError, NotImplementedError, ValueError, TypeError):  # it cannot be saved
        config = {}
    told = config.get("from_logits", getattr(loss, "from_logits", None))
    if not isinstance(told, (bool, np.bool_)):
        raise ValueError(
            f"It cannot be read from the loss {loss_name(loss)!r} whether the network's outputs "
            "are logits or probabilities. End the network in a softmax or sigmoid activation, or "
            "compile it with a loss of Keras', such as "
            "keras.losses.SparseCategoricalCrossentropy(from_logits=True)."
        )
    return bool(told)


def gives_logits(model: keras.Model) -> bool:
    """Whether the outputs of a classifier's network have still to pass a sigmoid or softmax."""
    if last_activation(model) in ("softmax", "sigmoid"):
        return False
    return output_kind(model) != "probabilities"


def last_activation(model: keras.Model) -> str:
    """Name of the function that makes the network's output, such as ``"softmax"``.

    Empty if that is code of the user's, a subclass of ``keras.Model``.
    """
    operation = model.outputs[0]._keras_history.operation
    if isinstance(operation, keras.Model):
        return last_activation(operation) if hasattr(operation, "outputs") else ""
    if isinstance(operation, keras.layers.TimeDistributed):
        operation = operation.layer
    function = getattr(operation, "activation", None) or type(operation)
    return getattr(function, "__name__", "").lower()


def compiled_loss(model: keras.Model) -> Any:
    """The loss that a network was compiled with, out of a list or dict of one; None for none."""
    loss = model.loss if model.compiled else None
    if isinstance(loss, dict):
        loss = list(loss.values())
    if isinstance(loss, (list, tuple)):
        if len(loss) != 1:
            raise ValueError(
                f"The network {model.name!r} was compiled with {len(loss)} losses; one is expected."
            )
        loss = loss[0]
    return loss


def loss_name(loss: Any) -> str:
    """Name of a Keras loss in small letters without underscores; empty for none."""
    if loss is None:
        return ""
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    return str(name).replace("_", "").lower()


def class_probabilities(outputs: np.ndarray, *, logits: bool) -> np.ndarray:
    """Class probabilities (..., n_classes) from outputs of one or of several columns."""
    outputs = np.asarray(outputs, dtype=np.float64)
    if outputs.shape[-1] == 1:
        positive = 1 / (1 + np.exp(-outputs)) if logits else outputs
        return np.concatenate([1 - positive, positive], axis=-1)
    if logits:
        outputs = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return outputs / outputs.sum(axis=-1, keepdims=True)
