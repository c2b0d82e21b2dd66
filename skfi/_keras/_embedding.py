"""Networks that read token ids: their embedding's output, and what follows it.

Token ids have no gradient, so a network is explained at the output of its embedding. The calls
here put given vectors in the place of that output, while the mask still comes from the ids: a
baseline of nothing but padding is then no fully masked sequence, which cuDNN refuses.
"""

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skfi._keras._compiled import compiled, in_chunks

_patch_lock = threading.RLock()


def find_embedding(model: keras.Model) -> keras.layers.Embedding | None:
    """The network's only Embedding layer; None if it has none or several."""
    found = [
        layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Embedding)
    ]
    return found[0] if len(found) == 1 else None


def vocabulary_of(model: keras.Model) -> list[str] | None:
    """The words of the network's TextVectorization layer by id; None if it has none."""
    layer = _vectorization_of(model)
    return None if layer is None else [str(word) for word in layer.get_vocabulary()]


def embedding_table(model: keras.Model) -> np.ndarray:
    """The vectors of the network's embedding, (n_tokens, embedding_dim)."""
    return keras.ops.convert_to_numpy(_embedding_of(model).embeddings)


def token_ids(model: keras.Model, X: np.ndarray) -> np.ndarray:
    """The ids (n_samples, n_positions) that reach the network's embedding."""
    return in_chunks(compiled(model, _trace_ids), [X]).astype(np.int64)


def forward_ids(model: keras.Model, ids: np.ndarray) -> np.ndarray:
    """The output of a network that takes texts, for the token ids that it would make of them."""
    empty = np.full((len(ids), *model.inputs[0].shape[1:]), "", dtype=object)
    return in_chunks(compiled(model, _trace_forward_ids), [empty, ids])


def forward_embedded(model: keras.Model, X: np.ndarray, embedded: np.ndarray) -> np.ndarray:
    """The network's output with ``embedded`` in place of the embedding's; the mask is that of X."""
    return in_chunks(compiled(model, _trace_forward_embedded), [X, embedded])


def embedding_gradient(
    model: keras.Model, X: np.ndarray, embedded: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Gradient with respect to ``embedded`` of each row's outputs, summed with its ``weights``."""
    return in_chunks(compiled(model, _trace_gradient), [X, embedded, weights])


@contextmanager
def _replaced(layer: keras.layers.Layer, call: Callable[[Any], Any]) -> Iterator[None]:
    """While tracing: another function in place of the layer's ``call``; its mask stays."""
    with _patch_lock:
        layer.call = call
        try:
            yield
        finally:
            del layer.call


def _embedding_of(model: keras.Model) -> keras.layers.Embedding:
    layer = find_embedding(model)
    if layer is None:
        raise ValueError(
            f"The network {model.name!r} has no Embedding layer, or several; token ids are "
            "explained at the output of exactly one."
        )
    return layer


def _vectorization_of(model: keras.Model) -> keras.layers.TextVectorization | None:
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.TextVectorization):
            return layer
    return None


def _proxies(model: keras.Model) -> tuple[Any, Any]:
    return weakref.proxy(_embedding_of(model)), weakref.proxy(model)


def _specs(model: keras.Model) -> tuple[Any, Any, Any]:
    width = _embedding_of(model).output_dim
    return (
        tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype),
        tf.TensorSpec((None, None, width), _embedding_of(model).compute_dtype),
        tf.TensorSpec(model.outputs[0].shape, model.outputs[0].dtype),
    )


def _concrete(function: Callable, specs: tuple) -> Any:
    traced = tf.function(function, input_signature=specs, autograph=False)
    return traced.get_concrete_function()


# As in _compiled, the traced functions refer to their network weakly.


def _trace_ids(model: keras.Model) -> Any:
    layer, network = _proxies(model)

    def ids(x: tf.Tensor) -> tf.Tensor:
        seen = []
        call = layer.call

        def remember(inputs: tf.Tensor) -> tf.Tensor:
            seen.append(inputs)
            return call(inputs)

        with _replaced(layer, remember):
            network(x, training=False)
        return tf.identity(seen[0])

    return _concrete(ids, _specs(model)[:1])


def _trace_forward_ids(model: keras.Model) -> Any:
    # in the place of what makes ids of texts, so that the mask, too, comes from the ids
    vectorization = _vectorization_of(model)
    if vectorization is None:
        raise ValueError(f"The network {model.name!r} has no TextVectorization layer.")
    layer, network = weakref.proxy(vectorization), weakref.proxy(model)

    def outputs(texts: tf.Tensor, ids: tf.Tensor) -> tf.Tensor:
        with _replaced(layer, lambda inputs: ids):
            return network(texts, training=False)

    return _concrete(outputs, (_specs(model)[0], tf.TensorSpec((None, None), "int64")))


def _trace_forward_embedded(model: keras.Model) -> Any:
    layer, network = _proxies(model)

    def outputs(x: tf.Tensor, embedded: tf.Tensor) -> tf.Tensor:
        with _replaced(layer, lambda inputs: embedded):
            return network(x, training=False)

    return _concrete(outputs, _specs(model)[:2])


def _trace_gradient(model: keras.Model) -> Any:
    layer, network, name = *_proxies(model), model.name

    def gradient(x: tf.Tensor, embedded: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        with _replaced(layer, lambda inputs: embedded), tf.GradientTape() as tape:
            tape.watch(embedded)
            total = tf.reduce_sum(network(x, training=False) * weights)
        found = tape.gradient(total, embedded)
        if found is None:
            raise ValueError(f"The network {name!r} does not use its embedding.")
        return found

    return _concrete(gradient, _specs(model))
