"""Networks that read token ids: their embedding's output, and what follows it.

Token ids have no gradient, so a network is explained at the output of its embedding. The calls
here put given vectors in the place of that output, while the mask still comes from the ids: a
baseline of nothing but padding is then no fully masked sequence, which cuDNN refuses.
"""

import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._compiled import CHUNK_SIZE, call_in_chunks
from skfi._keras._private import all_layers
from skfi._keras._replaced import calls_replaced
from skfi._keras._xla import calls_by_xla


def find_embedding(model: keras.Model) -> keras.layers.Embedding | None:
    """The network's only Embedding layer; None if it has none or several."""
    embeddings = [layer for layer in all_layers(model) if isinstance(layer, keras.layers.Embedding)]
    return embeddings[0] if len(embeddings) == 1 else None


def vocabulary_of(model: keras.Model) -> list[str] | None:
    """The words of the network's TextVectorization layer by id; None if it has none."""
    layer = _vectorization_of(model)
    return None if layer is None else [str(word) for word in layer.get_vocabulary()]


def embedding_table(model: keras.Model) -> np.ndarray:
    """The vectors of the network's embedding, (n_tokens, embedding_dim)."""
    return keras.ops.convert_to_numpy(_embedding_of(model).embeddings)


def token_ids(model: keras.Model, X: np.ndarray) -> np.ndarray:
    """The ids (n_samples, n_positions) that reach the network's embedding."""
    with calls_by_xla(False):  # which returns floats
        blocks = [
            call_in_chunks(model, _trace_ids, [X[start : start + CHUNK_SIZE]])
            for start in range(0, len(X), CHUNK_SIZE)
        ]
    # a TextVectorization without a length cuts at the longest text that it is given
    if blocks[0].ndim != 2:  # of a part of the input
        return np.concatenate(blocks).astype(np.int64)
    width = max(block.shape[1] for block in blocks)
    blocks = [np.pad(block, ((0, 0), (0, width - block.shape[1]))) for block in blocks]
    return np.concatenate(blocks).astype(np.int64)


def forward_ids(model: keras.Model, ids: np.ndarray) -> np.ndarray:
    """The output of a network that takes texts, for the token ids that it would make of them."""
    return call_in_chunks(model, _trace_forward_ids, [ids])


def forward_embedded(model: keras.Model, X: np.ndarray, embedded: np.ndarray) -> np.ndarray:
    """The network's output with ``embedded`` in place of the embedding's; the mask is that of X.

    ``X`` is the network's input, or token ids if that is texts.
    """
    return call_in_chunks(model, _trace_forward_embedded, [X, embedded])


def embedding_gradient(
    model: keras.Model, X: np.ndarray, embedded: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Gradient with respect to ``embedded`` of each row's outputs, summed with its ``weights``.

    ``X`` as for ``forward_embedded``.
    """
    return call_in_chunks(model, _trace_gradient, [X, embedded, weights], kind="gradients")


def _embedding_of(model: keras.Model) -> keras.layers.Embedding:
    layer = find_embedding(model)
    if layer is None:
        raise ValueError(
            f"The network {model.name!r} has no Embedding layer, or several; token ids are "
            "explained at the output of exactly one."
        )
    return layer


def _vectorization_of(model: keras.Model) -> keras.layers.TextVectorization | None:
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.TextVectorization):
            return layer
    return None


def _specs(model: keras.Model) -> tuple[Any, Any, Any]:
    width = _embedding_of(model).output_dim
    of_texts = _vectorization_of(model) is not None
    inputs = tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype)
    return (
        tf.TensorSpec((None, None), "int64") if of_texts else inputs,
        tf.TensorSpec((None, None, width), _embedding_of(model).compute_dtype),
        tf.TensorSpec(model.outputs[0].shape, model.outputs[0].dtype),
    )


def _behind_texts(model: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """The network as a function of its input, or of token ids if that is texts.

    Ids are put in the place of what makes ids of texts, so that the mask, too, comes from them.
    """
    vectorization, shape = _vectorization_of(model), model.inputs[0].shape[1:]
    if vectorization is None:
        return lambda x: model(x, training=False)
    layer = weakref.proxy(vectorization)  # a trace must not keep its network

    def outputs(ids: tf.Tensor) -> tf.Tensor:
        with calls_replaced((layer, lambda inputs: ids)):
            return model(tf.fill([tf.shape(ids)[0], *shape], ""), training=False)

    return outputs


def _trace_ids(model: Any) -> Any:
    layer, inputs = weakref.proxy(_embedding_of(model)), model.inputs[0]

    def ids(x: tf.Tensor) -> tf.Tensor:
        seen = []
        call = layer.call

        def remember(inputs: tf.Tensor) -> tf.Tensor:
            seen.append(inputs)
            return call(tf.zeros_like(inputs))  # ids beyond the table raise an error elsewhere

        with calls_replaced((layer, remember)):
            model(x, training=False)
        return tf.identity(seen[0])

    return ids, (tf.TensorSpec(inputs.shape, inputs.dtype),)


def _trace_forward_ids(model: Any) -> Any:
    if _vectorization_of(model) is None:
        raise ValueError(f"The network {model.name!r} has no TextVectorization layer.")
    return _behind_texts(model), _specs(model)[:1]


def _trace_forward_embedded(model: Any) -> Any:
    layer, network = weakref.proxy(_embedding_of(model)), _behind_texts(model)

    def outputs(x: tf.Tensor, embedded: tf.Tensor) -> tf.Tensor:
        with calls_replaced((layer, lambda inputs: embedded)):
            return network(x)

    return outputs, _specs(model)[:2]


def _trace_gradient(model: Any) -> Any:
    layer, network = weakref.proxy(_embedding_of(model)), _behind_texts(model)
    name = model.name

    def gradient(x: tf.Tensor, embedded: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        with calls_replaced((layer, lambda inputs: embedded)), tf.GradientTape() as tape:
            tape.watch(embedded)
            total = tf.reduce_sum(network(x) * weights)
        result = tape.gradient(total, embedded)
        if result is None:
            raise ValueError(f"The network {name!r} does not use its embedding.")
        return result

    return gradient, _specs(model)
