"""The parameters of gradient importance: target, baseline, and what each method takes."""

from numbers import Integral
from typing import Any

import numpy as np

from skfi.importance._gradient._feature_statistics import feature_origin
from skfi.importance._gradient._network import Network
from skfi.importance._gradient._sequences import SequenceInput
from skfi.importance._gradient._words import TokenInput
from skfi.importance._inputs._tokens import Tokens

WITH_BASELINE = ("integrated_gradients", "expected_gradients")


def check_baseline(
    method: str, baseline: Any, shape: tuple[int, ...], sequences: tuple[int, ...], *, nan: bool
) -> np.ndarray | None:
    """The baseline as sequences; ``nan`` allows NaN as padding of a background.

    ``shape`` is that of ``X``, ``sequences`` that of the array that the network takes.
    """
    if baseline is None:
        return None
    _check_has_baseline(method)
    found = np.asarray(baseline, dtype=np.float64)
    background = method == "expected_gradients"
    if not (np.isfinite(found) | (nan & background & np.isnan(found))).all():
        raise ValueError("baseline contains NaN or infinity; it must be finite.")
    if background:
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


def check_token_baseline(method: str, baseline: Any, tokens: Tokens) -> Any:
    """The id of a baseline token; of expected gradients an array of ids."""
    if baseline is None:
        return None
    _check_has_baseline(method)
    if method == "expected_gradients":
        ids = np.asarray(baseline)
        shape = (None, tokens.ids.shape[1])
        if ids.ndim != 2 or ids.shape[1] != shape[1] or ids.dtype.kind not in "iu":
            raise ValueError(
                "For expected gradients on texts, baseline must be token ids of shape (n, "
                f"{shape[1]}), as TextSequencer gives them; got shape {ids.shape}, {ids.dtype}."
            )
        if not len(ids) or ids.min() < 0 or ids.max() >= len(tokens.words):
            raise ValueError(f"baseline holds ids outside of 0 to {len(tokens.words) - 1}.")
        return ids
    if isinstance(baseline, str):
        if baseline not in tokens.words:
            raise ValueError(f"baseline={baseline!r} is no word that the network knows.")
        return tokens.words.index(baseline)
    is_int = isinstance(baseline, (int, np.integer)) and not isinstance(baseline, bool)
    if not is_int or not 0 <= baseline < len(tokens.words):
        raise ValueError(
            f"baseline of texts must be a word or a token id, 0 for padding; got {baseline!r}."
        )
    return baseline


def _check_has_baseline(method: str) -> None:
    if method not in WITH_BASELINE:
        raise ValueError(
            f"method={method!r} has no baseline; integrated_gradients and expected_gradients do."
        )


def explained_input(network: Network, temporal_rescaling: bool) -> SequenceInput | TokenInput:
    """What gradients are taken with respect to."""
    if network.tokens is not None:
        if temporal_rescaling:
            raise ValueError(
                "temporal_rescaling=True is for sequences of numbers: words have no features to "
                "mask."
            )
        return TokenInput(network)
    if temporal_rescaling and network.inputs.ndim != 3:
        raise ValueError(
            f"temporal_rescaling=True masks time steps, but the network takes arrays of shape "
            f"{network.inputs.shape}; it needs (n_samples, n_timesteps, n_features)."
        )
    return SequenceInput(network)


def checked_baseline(
    network: Network, method: str, baseline: Any, sample_weight: np.ndarray | None
) -> Any:
    """Where paths begin, of the shape of the inputs; a background of expected gradients."""
    if method == "expected_gradients" and baseline is None and len(network.inputs) == 1:
        raise ValueError(
            "Expected gradients compare a sample with others, and X holds a single one: pass "
            "others, such as training samples, as baseline=, or take "
            "method='integrated_gradients'."
        )
    if network.tokens is not None:
        return check_token_baseline(method, baseline, network.tokens)
    if method == "integrated_gradients" and baseline is None:
        return np.broadcast_to(feature_origin(network, sample_weight), network.inputs.shape)
    nan = network.user_mask_value is not None and bool(np.isnan(network.user_mask_value))
    return check_baseline(method, baseline, network.shape, network.inputs.shape, nan=nan)


def method_settings(
    method: str,
    explained: SequenceInput | TokenInput,
    baseline: Any,
    n_steps: int,
    noise_level: float,
    *,
    sample_weight: np.ndarray | None,
) -> dict[str, Any]:
    """What a gradient method takes besides the samples."""
    if method == "integrated_gradients":
        return {"n_steps": n_steps, "baseline": baseline}
    if method == "smoothgrad":
        return {"n_steps": n_steps, "noise": explained.noise(noise_level)}
    if method == "expected_gradients":
        weight = sample_weight if baseline is None else None
        background = explained.background(baseline)
        return {"n_steps": n_steps, "background": background, "background_weight": weight}
    return {}


def drawn_rows(
    n_samples: int, max_samples: int | float, random: np.random.RandomState
) -> np.ndarray | None:
    """The samples to explain, in their order; None for all."""
    whole = isinstance(max_samples, Integral)
    n_drawn = int(max_samples) if whole else max(1, int(max_samples * n_samples))
    if n_drawn >= n_samples:
        return None
    return np.sort(random.choice(n_samples, size=n_drawn, replace=False))
