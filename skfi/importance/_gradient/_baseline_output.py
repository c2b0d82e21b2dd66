"""What a network says of the baseline: integrated gradients explain the change from there."""

from typing import Any

import numpy as np
from scipy.special import expit, softmax

from skfi.importance._gradient._explained import Explained
from skfi.importance._gradient._network import Network


def baseline_output(explained: Explained, baseline: Any) -> np.ndarray:
    """What the estimator predicts for each sample's baseline, of the shape of its output.

    Probabilities of the classes, or values in the unit of the targets.
    """
    network = explained.network
    rows = np.arange(len(network.inputs))
    found = explained.outputs(explained.start(baseline, rows), rows)
    if network.classes is not None:
        return _probabilities(found, network)
    if network.output_scale is not None:
        found = found * network.output_scale + network.output_mean
    return found


def _probabilities(found: np.ndarray, network: Network) -> np.ndarray:
    if found.shape[-1] > 1:
        return found if network.probabilities else softmax(found, axis=-1)
    of_second = found if network.probabilities else expit(found)
    return np.concatenate([1 - of_second, of_second], axis=-1)


def about_baseline(found: np.ndarray, target: Any, classes: np.ndarray | None) -> str:
    """A sentence if the baseline is taken for a class that is explained; empty if it is not.

    That is so if its probability there is nearer to 1 than to an even guess.
    """
    if classes is None:
        return ""
    mean = found.reshape(-1, found.shape[-1]).mean(axis=0)
    label, probability = classes[mean.argmax()], float(mean.max())
    is_explained = target is None or label in np.ravel(np.asarray(target))
    if probability < (1 + 1 / len(classes)) / 2 or not is_explained:
        return ""
    return (
        f"The network takes the baseline for class {label!s} (probability {probability:.2f}): of "
        "that class's output little is left to attribute. Compare method='expected_gradients', "
        "which averages over the samples as baselines."
    )
