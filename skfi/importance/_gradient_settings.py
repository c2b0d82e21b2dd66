"""The parameters of gradient importance: target, baseline, and what each method takes."""

from typing import Any

import numpy as np

from skfi._keras import forward
from skfi.importance._network import Network


def check_settings(
    method: str,
    target: Any,
    baseline: Any,
    shape: tuple[int, ...],
    sequences: tuple[int, ...],
    classes: np.ndarray | None,
    n_outputs: int,
) -> np.ndarray | None:
    """Check what depends on the data, without a network; return the baseline as sequences.

    ``shape`` is that of ``X``, ``sequences`` that of the array that the network takes.
    """
    if classes is None:
        is_int = isinstance(target, (int, np.integer)) and not isinstance(target, bool)
        if target is not None and not (is_int and 0 <= target < n_outputs):
            raise ValueError(
                f"target={target!r} is not an output of this network; pass an int in "
                f"[0, {n_outputs - 1}]."
            )
    elif target is not None:
        labels = np.asarray(target)
        if labels.ndim > 1 or (labels.ndim == 1 and len(labels) != shape[0]):
            raise ValueError(
                f"target must be one label, or one for each of the {shape[0]} samples; got shape "
                f"{labels.shape}."
            )
        known = set(classes.tolist())
        unknown = sorted({str(x) for x in labels.ravel().tolist() if x not in known})
        if unknown:
            raise ValueError(f"target {', '.join(unknown)} is not among the classes {classes}.")
    if baseline is None:
        return None
    if method not in ("integrated_gradients", "expected_gradients"):
        raise ValueError(
            f"method={method!r} has no baseline; integrated_gradients and expected_gradients do."
        )
    found = np.asarray(baseline, dtype=np.float64)
    if not np.isfinite(found).all():
        raise ValueError("baseline contains NaN or infinity; it must be finite.")
    if method == "expected_gradients":
        if found.shape[1:] != shape[1:] or not len(found):
            raise ValueError(
                f"For expected gradients, baseline must be samples of shape (n, "
                f"{', '.join(map(str, shape[1:]))}); got shape {found.shape}."
            )
        return found.reshape(len(found), *sequences[1:])
    if len(shape) == 2 and found.ndim and found.shape[-1] == shape[1]:
        found = found.reshape(*found.shape[:-1], *sequences[1:])  # folded as X was
    try:
        return np.broadcast_to(found, sequences)
    except ValueError as error:
        raise ValueError(
            f"baseline has shape {np.shape(baseline)}, which does not broadcast to X of shape "
            f"{shape}; pass a number, one sequence, or one for each sample."
        ) from error


def method_settings(
    method: str, X: np.ndarray, baseline: np.ndarray | None, n_steps: int, noise_level: float
) -> dict[str, Any]:
    """The parameters that this method takes."""
    if method == "integrated_gradients":
        start = np.zeros((), X.dtype) if baseline is None else baseline.astype(X.dtype)
        return {"n_steps": n_steps, "baseline": np.broadcast_to(start, X.shape)}
    if method == "expected_gradients":
        background = X if baseline is None else baseline.astype(X.dtype)
        return {"n_steps": n_steps, "background": background}
    if method == "smoothgrad":
        over = tuple(range(X.ndim - 1))
        return {"n_steps": n_steps, "noise": noise_level * (X.max(axis=over) - X.min(axis=over))}
    return {}


def output_weights(network: Network, target: Any) -> np.ndarray:
    """Weight of each output, (n_samples, n_outputs), in the number that is differentiated."""
    n_samples, n_outputs = len(network.inputs), network.n_outputs
    if network.classes is None:
        scale = np.ones(n_outputs) if network.output_scale is None else network.output_scale
        chosen = np.full(n_outputs, 1 / n_outputs) if target is None else np.eye(n_outputs)[target]
        return np.tile(scale * chosen, (n_samples, 1))
    if target is None:
        outputs = forward(network.model, network.inputs)
        threshold = 0.5 if network.probabilities else 0.0
        above = (outputs[:, 0] > threshold).astype(int)
        numbers = above if n_outputs == 1 else outputs.argmax(axis=1)
    else:
        number = {label: i for i, label in enumerate(network.classes.tolist())}
        labels = np.broadcast_to(np.asarray(target), n_samples)
        numbers = np.array([number[label] for label in labels.tolist()])
    if n_outputs == 1:  # one output for the second class; the first is its complement
        return np.where(numbers == 1, 1.0, -1.0)[:, None]
    return np.eye(n_outputs)[numbers]
