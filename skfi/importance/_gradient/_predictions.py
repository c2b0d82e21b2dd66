"""What the estimator predicts, from its network's outputs."""

from typing import Any

import numpy as np
from scipy.special import expit, softmax

from skfi._keras import Head
from skfi.importance._gradient._network import Network


def predictions(network: Network, outputs: np.ndarray) -> Any:
    """Probabilities of the classes, or values in the unit of the targets, of the outputs' shape.

    Of several outputs a mapping of each.
    """
    if network.classes is not None:
        return _probabilities(outputs, network.probabilities)
    if network.heads:
        return {head.name: _of_head(head, head.take(outputs)) for head in network.heads}
    if network.output_scale is not None:
        return outputs * network.output_scale + network.output_mean
    return outputs


def _of_head(head: Head, outputs: np.ndarray) -> np.ndarray:
    return _probabilities(outputs, head.kind != "logits") if head.of_classes else outputs


def _probabilities(outputs: np.ndarray, are_probabilities: bool) -> np.ndarray:
    if outputs.shape[-1] > 1:
        return outputs if are_probabilities else softmax(outputs, axis=-1)
    of_second = outputs if are_probabilities else expit(outputs)
    return np.concatenate([1 - of_second, of_second], axis=-1)
