"""The input, outputs and loss of a network."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from sklearn.utils.validation import check_array

from skfi._containers import check_kinds, check_whole_numbers
from skfi._given import check_values, naming
from skfi._keras._private import source_of

_LEGACY = ("tf_keras", "tensorflow.python.keras")


def refuse_legacy(model: Any) -> None:
    """Raise TypeError for a network of Keras 2, whose layers Keras 3 cannot call."""
    for cls in type(model).__mro__:
        if any(cls.__module__ == old or cls.__module__.startswith(f"{old}.") for old in _LEGACY):
            raise TypeError(
                f"The network is of Keras 2 ({type(model).__module__}.{type(model).__qualname__}), "
                "and skfi takes networks of Keras 3. Unset TF_USE_LEGACY_KERAS and build it by "
                "Keras 3, by the same code with 'import keras', then copy the weights: "
                "new.set_weights(old.get_weights()). An .h5 file that Keras 2 saved is often read "
                "by keras.saving.load_model as it is."
            )


def check_network(model: keras.Model) -> None:
    """Raise ValueError unless ``model`` has one input, and one output of a row or of its steps.

    That is what skfi's own estimators train. What is explained may have any number.
    """
    for kind in ("input", "output"):
        tensors = getattr(model, f"{kind}s", None)
        if tensors is None:
            raise ValueError(
                f"The network {model.name!r} has no {kind} of known shape: it is not built, or a "
                "subclass of keras.Model. Start it with a keras.Input layer, or put it into a "
                "functional model: inputs = keras.Input(shape); keras.Model(inputs, "
                "network(inputs))."
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
    check_steps(model)


def check_steps(model: keras.Model) -> keras.Model:
    """The network, or ValueError if a layer has no step left, as newer Keras says itself."""
    for layer in model.layers:
        for tensor in keras.tree.flatten(layer.output):
            if any(size is not None and size < 1 for size in tensor.shape):
                raise ValueError(
                    f"The layer {layer.name!r} of the network {model.name!r} has an output of "
                    f"shape {tuple(tensor.shape)}: the sequences are too short for it."
                )
    return model


def check_inputs(model: keras.Model, X: Any, number: int = 0, name: str = "X") -> np.ndarray:
    """``X`` as an array of the type and shape that an input of the network takes."""
    check_values(X, name, f"an array of shape {tuple(model.inputs[number].shape)}")
    with naming(name, X, f"an array of shape {tuple(model.inputs[number].shape)}"):
        return _checked(model, X, number, name)


def _checked(model: keras.Model, X: Any, number: int, name: str) -> np.ndarray:
    expected = tuple(model.inputs[number].shape)
    dtype = keras.backend.standardize_dtype(model.inputs[number].dtype)
    if dtype == "string":
        return check_strings(X, len(expected))
    if np.asarray(X).dtype.kind in "OUST" and any(isinstance(x, str) for x in np.ravel(X)[:1]):
        raise ValueError(
            f"{name} holds texts, but the network {model.name!r} takes {dtype}. Turn them into "
            "token ids first: make_pipeline(TextSequencer(), network)."
        )
    check_kinds(X, name)
    if np.dtype(dtype).kind in "iu":
        check_whole_numbers(np.asarray(X), dtype, name)
    X = check_array(X, dtype=dtype, allow_nd=True, ensure_2d=False, input_name=name)
    if X.ndim == 1 and expected == (None, 1):
        X = X[:, None]
    fits = X.ndim == len(expected) and all(
        e in (None, x) for e, x in zip(expected[1:], X.shape[1:], strict=True)
    )
    if not fits:
        raise ValueError(
            f"{name} has shape {X.shape}, but the network takes {expected}. For 2-D rows wrap the "
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


OF_CLASSES = ("probabilities", "logits")


def output_kind(model: keras.Model, head: int = 0) -> str:
    """What an output of a network was made for.

    ``"probabilities"`` or ``"logits"`` of classes, of which a sample has one; ``"labels"``, of
    which it may have several; or ``"values"``. A compiled loss tells more than the last activation.
    """
    loss_of_head = losses_of(model)[head]
    activation, loss = last_activation(model, head), loss_name(loss_of_head)
    if not activation and not loss:
        raise ValueError(
            f"It cannot be told what the outputs of the network {model.name!r} are, whose last "
            "layer is a subclass of keras.Model: compile it with the loss that it was trained "
            "with, model.compile(loss=...)."
        )
    n_outputs = model.outputs[head].shape[-1]
    if activation == "softmax" and n_outputs > 1:  # a sum of 1 is no free target, whatever the loss
        return "probabilities"
    if n_outputs > 1 and (loss.startswith("binary") or (activation == "sigmoid" and not loss)):
        return "labels" if len(model.outputs[head].shape) == 2 else "values"
    if activation == "sigmoid" and n_outputs > 1:
        return "values"
    if loss and "crossentropy" not in loss:
        return "values"
    if activation in ("softmax", "sigmoid"):
        return "probabilities"
    if not loss:
        return "values"
    return "logits" if takes_logits(loss_of_head) else "probabilities"


def takes_logits(loss: Any) -> bool:
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


def gives_logits(model: keras.Model, head: int = 0) -> bool:
    """Whether outputs that tell classes or labels have still to pass a sigmoid or softmax."""
    if last_activation(model, head) in ("softmax", "sigmoid"):
        return False
    if output_kind(model, head) == "labels":
        return takes_logits(losses_of(model)[head])
    return output_kind(model, head) != "probabilities"


def last_activation(model: keras.Model, head: int = 0) -> str:
    """Name of the function that makes an output of the network, such as ``"softmax"``.

    Empty if that is code of the user's, a subclass of ``keras.Model``.
    """
    history = source_of(model.outputs[head])
    operation = history.operation
    if isinstance(operation, keras.Model):
        known = getattr(operation, "outputs", None) is not None
        return last_activation(operation, history.tensor_index) if known else ""
    if isinstance(operation, keras.layers.TimeDistributed):
        operation = operation.layer
    function = getattr(operation, "activation", None) or type(operation)
    return getattr(function, "__name__", "").lower()


def head_names(model: keras.Model) -> list[str]:
    """The names of a network's outputs, in their order: its keys, if it gives a dict."""
    struct = model.output
    if isinstance(struct, Mapping):
        key_of = {id(tensor): str(key) for key, tensor in struct.items()}
        return [key_of.get(id(tensor), str(i)) for i, tensor in enumerate(model.outputs)]
    names = list(model.output_names)
    return names if len(set(names)) == len(names) else [str(i) for i in range(len(names))]


def losses_of(model: keras.Model) -> list[Any]:
    """The loss of each output that a network was compiled with; None for none."""
    loss = model.loss if model.compiled else None
    n_outputs = len(getattr(model, "outputs", None) or [None])
    if isinstance(loss, Mapping):
        if n_outputs == len(loss) == 1:
            return list(loss.values())
        names = zip(head_names(model), model.output_names, strict=True)
        return [loss.get(key, loss.get(name)) for key, name in names]
    if isinstance(loss, (list, tuple)):
        if len(loss) != n_outputs:
            raise ValueError(
                f"The network {model.name!r} was compiled with {len(loss)} losses, but has "
                f"{n_outputs} output(s)."
            )
        return list(loss)
    return [loss] * n_outputs


def compiled_loss(model: keras.Model) -> Any:
    """The loss that a network of one output was compiled with; None for none."""
    losses = losses_of(model)
    if len(losses) != 1:
        raise ValueError(f"The network {model.name!r} has {len(losses)} outputs; one is expected.")
    return losses[0]


def loss_name(loss: Any) -> str:
    """Name of a Keras loss in small letters without underscores; empty for none."""
    if loss is None:
        return ""
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    name = str(name).replace("_", "").lower()
    return "binarycrossentropy" if name == "bce" else name  # Keras' only short name of one


def class_probabilities(outputs: np.ndarray, *, logits: bool) -> np.ndarray:
    """Class probabilities (..., n_classes) from outputs of one or of several columns."""
    outputs = np.asarray(outputs, dtype=np.float64)
    if outputs.shape[-1] == 1:
        positive = 1 / (1 + np.exp(-outputs)) if logits else outputs
        return np.concatenate([1 - positive, positive], axis=-1)
    if logits:
        outputs = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return outputs / outputs.sum(axis=-1, keepdims=True)
