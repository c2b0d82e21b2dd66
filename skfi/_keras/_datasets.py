"""Batches of samples that Keras trains on, as arrays."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf


def is_dataset(X: Any) -> bool:
    """Whether samples come in batches: a ``keras.utils.PyDataset`` or a ``tf.data.Dataset``."""
    return isinstance(X, (keras.utils.PyDataset, tf.data.Dataset))


def samples_of_dataset(dataset: Any) -> Any:
    """The samples of all batches, arrays or a structure of them; targets are left out.

    Raises
    ------
    ValueError
        If there is no end of batches, or there is none.
    """
    if isinstance(dataset, tf.data.Dataset):
        if int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
            raise ValueError("The dataset has no end; take some batches: dataset.take(100).")
        batches = list(dataset.as_numpy_iterator())
    else:
        if dataset.num_batches is None:
            raise ValueError("The PyDataset has no end: give it a num_batches.")
        batches = [dataset[i] for i in range(dataset.num_batches)]
    if not batches:
        raise ValueError("The dataset has no batches.")
    samples = [batch[0] if isinstance(batch, tuple) else batch for batch in batches]
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *samples)
