"""Results as explanations of the package shap, which its plots draw."""

from collections.abc import Mapping
from typing import Any

import numpy as np


class AsShap:
    """A result with values of single samples, which shap can draw."""

    def to_shap(self, by: str = "feature") -> Any:
        """The values of single samples as an explanation that the plots of shap take.

        Parameters
        ----------
        by : {"feature", "cell"}, default="feature"
            Sum the signed values of a feature over the time steps, or keep each cell, named
            ``rain[t-3]``. Of texts each word has its own value, and of permutation each unit.

        Returns
        -------
        explanation : shap.Explanation
            ``values`` (n_samples, n_units), signed, in the unit of the output; ``data`` of the same
            shape, of features the mean over the real time steps; of texts both hold an array for
            each text. ``base_values`` (n_samples,): of integrated gradients the output at the
            baseline, which the values and it add up to the prediction with; of expected gradients
            of one output the mean prediction, with which they nearly do; else 0, and they add up
            to nothing.

        Raises
        ------
        ImportError
            If shap is not installed; it is the extra ``shap``.
        ValueError
            If the result has no values of single samples, as those of LOFO, or if its values are
            averages over several outputs.

        Examples
        --------
        >>> import keras, numpy as np
        >>> from skfi import gradient_importance
        >>> network = keras.Sequential([keras.layers.Input((5, 2)), keras.layers.LSTM(3),
        ...                             keras.layers.Dense(1)])
        >>> names = ["rain", "tmax"]
        >>> result = gradient_importance(network, np.ones((8, 5, 2)), feature_names=names)
        >>> explanation = result.to_shap()  # for shap.plots.beeswarm, waterfall or bar
        >>> explanation.values.shape, explanation.feature_names
        ((8, 2), ['rain', 'tmax'])
        """
        if by not in ("feature", "cell"):
            raise ValueError(f"by={by!r} is unknown; use 'feature' or 'cell'.")
        try:
            import shap
        except ImportError as error:
            raise ImportError(
                "to_shap needs the package shap: pip install 'skfi[shap]'."
            ) from error
        result: Any = self
        if result.get("tokens") is not None:
            values, data, names = _of_texts(result)
        elif result.get("attributions") is not None:
            values, data, names = _of_cells(result, by)
        elif result.get("sample_importances") is not None:
            values, data = result["sample_importances"].T, None
            names = [str(name) for name in result["feature_names"]]
        else:
            raise ValueError(
                f"This {result['method']} result has no values of single samples, which the plots "
                "of shap show. Gradients have, and permutation by a metric that has intervals."
            )
        base = _base_values(result, np.array([np.sum(of_sample) for of_sample in values]))
        return shap.Explanation(values, base_values=base, data=data, feature_names=names)


def _of_texts(result: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, None]:
    values, words = (np.empty(len(result["tokens"]), dtype=object) for _ in range(2))
    for i, (text, of_text) in enumerate(zip(result["tokens"], result["attributions"], strict=True)):
        mask = result.get("sequence_mask")
        real = of_text if mask is None else of_text[mask[i]]
        values[i] = np.asarray(real[: len(text)], dtype=np.float64)
        words[i] = np.array([f"{word} " for word in text[: len(real)]], dtype=object)
    return values, words, None


def _of_cells(result: Mapping[str, Any], by: str) -> tuple[np.ndarray, Any, list[str]]:
    """Values and data (n_samples, n_units) and names; of several inputs side by side."""
    if not isinstance(result["attributions"], Mapping):
        axes = result.get("axes") or ([""], list(result["input_names"]))
        mask = result.get("sequence_mask")
        return _of_input(result["attributions"], result.get("samples"), axes, mask, by)
    parts = []
    for name, values in result["attributions"].items():
        samples = result.get("samples")
        masks = result.get("sequence_mask")
        mask = masks.get(name) if isinstance(masks, Mapping) else None
        axes = result["axes"][name]
        of_input, data, names = _of_input(values, samples and samples[name], axes, mask, by)
        parts.append((of_input, data, [f"{name}__{each}" for each in names]))
    datas = [part[1] for part in parts]
    data = None if any(each is None for each in datas) else np.hstack(datas)
    values = np.hstack([part[0] for part in parts])
    return values, data, [name for part in parts for name in part[2]]


def _of_input(
    values: np.ndarray, samples: Any, axes: Any, mask: np.ndarray | None, by: str
) -> tuple[np.ndarray, Any, list[str]]:
    """Of an array (n_samples, ..., n_features), whose first inner axis is time."""
    steps, features = ([str(name) for name in names] for names in axes)
    values, samples = _in_steps(values, np.sum), _in_steps(samples, np.mean)
    if values.ndim == 2 or values.shape[1:] != (len(steps), len(features)):
        flat = values.reshape(len(values), -1)
        names = (
            features if flat.shape[1] == len(features) else [str(i) for i in range(flat.shape[1])]
        )
        return flat, None if samples is None else samples.reshape(len(flat), -1), names
    if by == "cell":
        names = [f"{feature}[{step}]" for step in steps for feature in features]
        n_cells = len(names)
        return (
            values.reshape(-1, n_cells),
            None if samples is None else samples.reshape(-1, n_cells),
            names,
        )
    if samples is not None:
        real = np.ones(samples.shape[:2]) if mask is None else np.asarray(mask, dtype=float)
        real = real[:, :, None]
        with np.errstate(invalid="ignore"):  # a padded step may hold anything
            sums = np.where(real > 0, samples, 0).sum(axis=1)
        samples = sums / np.maximum(real.sum(axis=1), 1)
    return values.sum(axis=1), samples, features


def _in_steps(values: Any, reduce: Any) -> Any:
    """Frames (n_samples, n_timesteps, ..., n_features) without what is between."""
    if values is None:
        return None
    values = np.asarray(values, dtype=np.float64)
    return reduce(values, axis=tuple(range(2, values.ndim - 1))) if values.ndim > 3 else values


def _columns(predicted: Any, n_samples: int) -> np.ndarray:
    """Predictions as (n_samples, n_outputs), those of named outputs side by side."""
    of_heads = predicted.values() if isinstance(predicted, Mapping) else [predicted]
    return np.hstack([np.reshape(each, (n_samples, -1)).astype(np.float64) for each in of_heads])


def _base_values(result: Mapping[str, Any], sums: np.ndarray) -> np.ndarray:
    """What the values of each sample are added to, (n_samples,)."""
    predicted, at_baseline = result.get("predictions"), result.get("baseline_output")
    if predicted is None:
        return np.zeros(len(sums))
    predicted = _columns(predicted, len(sums))
    if at_baseline is None:
        is_mean = result["method"] == "expected_gradients" and predicted.shape[1] == 1
        return np.full(len(sums), predicted.mean() if is_mean else 0.0)
    explained = result.get("explained_output")
    if explained is None:
        raise ValueError(
            "The values are averages over several outputs, so that they add up to none of them. "
            "Explain one output by target= or output_step=, or each by per_output=True."
        )
    return _columns(at_baseline, len(sums))[np.arange(len(sums)), explained]
