"""Gradient importance: how the network's output moves with each cell of the input."""

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import _check_sample_weight
from tqdm.auto import tqdm

from skfi._keras import CHUNK_SIZE, calls_by_xla, worth_calling
from skfi.importance import _attributions
from skfi.importance._completeness import MOST_POINTS, integrate
from skfi.importance._explained import SequenceInput, TokenInput
from skfi.importance._gradient_result import gradient_result, gradient_units
from skfi.importance._gradient_settings import (
    check_baseline,
    check_target,
    check_token_baseline,
    output_weights,
    step_weights,
)
from skfi.importance._network import find_network
from skfi.importance._result import ImportanceResult

# Numbers in the points (rows, or copies of rows) whose gradients are held at once.
_MOST_NUMBERS = 2**24

METHODS = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "smoothgrad",
    "expected_gradients",
)


@validate_params(
    {
        "method": [StrOptions(set(METHODS))],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "output_step": [Integral, StrOptions({"all"}), None],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "noise_level": [Interval(Real, 0, None, closed="neither")],
        "aggregate": [StrOptions({"mean_abs", "mean"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def gradient_importance(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    method: str = "saliency",
    target: Any = None,
    baseline: Any = None,
    n_steps: int = 50,
    noise_level: float = 0.1,
    output_step: int | str | None = None,
    min_count: int = 1,
    aggregate: str = "mean_abs",
    by: str = "feature",
    feature_groups: Mapping[str, Sequence[Any]] | str | None = None,
    feature_names: Sequence[str] | None = None,
    sample_weight: Any = None,
    verbose: int = 0,
    random_state: int | np.random.RandomState | None = None,
) -> ImportanceResult:
    """Importance by gradients of the network's output with respect to its input.

    Gradients are batched and compiled, of the input's own shape, and then averaged: over the time
    steps for a feature, over the features for a time step; a group is the sum of its members. The
    gradient of a feature is per unit of that feature: standardise the inputs, or use a method that
    multiplies by the input (all but saliency and smoothgrad), before you compare features.

    Texts and token ids are explained at the output of the network's embedding, summed over its
    axis: a value for each token. Padding has no attribution and no part in a mean over time steps.

    Parameters
    ----------
    estimator : estimator, keras.Model or Pipeline
        A fitted skfi estimator or SciKeras wrapper, a trained ``keras.Model``, or a Pipeline or
        search that ends in one. In a Pipeline the gradient is with respect to what enters the
        network, named by the pipeline's feature names.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        Samples to explain, as ``estimator`` takes them: also texts, or token ids (n_samples,
        n_positions).
    y : None
        Not used; there for the same call as the other methods.
    method : str, default="saliency"
        ``"saliency"`` (the gradient [1]_), ``"input_x_gradient"``, ``"integrated_gradients"`` from
        ``baseline`` to the input by Gauss-Legendre quadrature [2]_, ``"smoothgrad"`` (mean over
        noisy copies [3]_) or ``"expected_gradients"`` (baselines drawn from data [4]_).
    target : label, int or array-like of shape (n_samples,), default=None
        The class whose probability (the logit, if the network ends in logits) is explained, one for
        all samples or one for each; for a regressor the number of the output. By default the
        predicted class of each sample, or the mean of all outputs.
    baseline : float or array-like, default=None
        Where integrated gradients start: anything that broadcasts to ``X`` (in a Pipeline, to what
        enters the network); zero by default. Of texts a word or a token id that stands at each
        position; by default the padding's vector (this is not the empty text). For expected
        gradients an array of background samples; ``X`` by default.
    n_steps : int, default=50
        Points for each sample on the path, noisy copies, or drawn baselines. Samples whose
        integrated gradients do not sum up to the change of the output, to 0.001 of the network's
        unit, get twice as many again and again, up to 1024.
    noise_level : float, default=0.1
        Standard deviation of smoothgrad's noise, as a share of each feature's range.
    output_step : int, "all" or None, default=None
        Of a network with an output at every step: explain the output at this step (negative ones
        count back from each sequence's own end), at each of them, or the mean over all real ones.
    min_count : int, default=1
        Leave out words that occur less often in ``X``.
    aggregate : {"mean_abs", "mean"}, default="mean_abs"
        Average the absolute values, in which signs do not cancel, or the signed ones.
    by : {"feature", "timestep", "cell"}, default="feature"
        What the importances are for. In 2-D ``X`` a feature is a column. Of texts and token ids a
        feature is a word: the mean over its occurrences; a time step is a position.
    feature_groups : mapping of str to list of names or positions, or "auto", default=None
        Units that count as one; the others stay on their own. "auto" as for permutation.
    feature_names : sequence of str, default=None
        Names of the features; by default the columns of a DataFrame, else x0, x1, ... Of token ids
        the word of each id.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the mean over samples.
    verbose : int, default=0
        Show a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seeds smoothgrad's noise and the drawn baselines.

    Returns
    -------
    result : ImportanceResult
        With ``importances`` (n_units, n_samples), ``attributions`` of the shape of what enters the
        network's estimator and, for integrated gradients, ``completeness_error`` (n_samples,). For
        a regressor attributions are in units of ``y``. With ``output_step="all"`` attributions are
        (n_samples, n_output_steps, n_timesteps, n_features). Of texts they are (n_samples,
        n_positions), with the words of each text in ``tokens``; by word there are ``counts`` of
        occurrences and no ``importances``.

    Raises
    ------
    TypeError
        If ``estimator`` holds no neural network.
    NotFittedError
        If it is not fitted.
    ValueError
        If a parameter or ``X`` does not fit.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks", 2014.
    .. [2] M. Sundararajan, A. Taly, Q. Yan, "Axiomatic Attribution for Deep Networks", 2017.
    .. [3] D. Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017.
    .. [4] G. Erion et al., "Improving performance of deep learning models with axiomatic
       attribution priors and expected gradients", 2021.

    Examples
    --------
    >>> import keras, numpy as np
    >>> from skfi import gradient_importance
    >>> network = keras.Sequential([keras.Input((2, 3)), keras.layers.Flatten(),
    ...                             keras.layers.Dense(1, use_bias=False)])
    >>> network.set_weights([np.array([[1.0], [0], [2], [-1], [0], [2]])])
    >>> X = np.ones((4, 2, 3))
    >>> gradient_importance(network, X).importances_mean
    array([1., 0., 2.])
    >>> gradient_importance(network, X, aggregate="mean").importances_mean
    array([0., 0., 2.])
    """
    network = find_network(estimator, X, feature_names)
    units = gradient_units(network, by, feature_names, feature_groups, min_count)
    n_samples = len(network.inputs)
    if sample_weight is not None:
        sample_weight = _check_sample_weight(
            sample_weight, np.empty((n_samples, 1)), ensure_non_negative=True
        )
    check_target(target, n_samples, network.classes, network.n_outputs)
    explained: SequenceInput | TokenInput
    if network.tokens is None:
        nan = network.user_mask_value is not None and bool(np.isnan(network.user_mask_value))
        baseline = check_baseline(method, baseline, network.shape, network.inputs.shape, nan=nan)
        explained = SequenceInput(network)
    else:
        baseline = check_token_baseline(method, baseline, network.tokens)
        explained = TokenInput(network)
    settings: dict[str, Any] = {}
    if method != "saliency" and method != "input_x_gradient":
        settings["n_steps"] = n_steps
    if method in ("smoothgrad", "expected_gradients"):
        settings["random"] = check_random_state(random_state)
    if method == "smoothgrad":
        settings["noise"] = explained.noise(noise_level)
    if method == "expected_gradients":
        settings["background"] = explained.background(baseline)

    explain = getattr(_attributions, method)
    of_outputs = step_weights(network, output_weights(network, target), output_step)
    points_at_once = _points_at_once(explained)
    at_once = max(1, points_at_once // settings.get("n_steps", 1))
    # of sequences of unequal length not each has every output step
    reached = np.array([one.any(axis=tuple(range(1, one.ndim))) for one in of_outputs])
    blocks = [
        (i, np.arange(start, min(start + at_once, n_samples)))
        for i in range(len(of_outputs))
        for start in range(0, n_samples, at_once)
    ]
    like = network.inputs if network.tokens is None else np.empty(network.shape, np.float32)
    attributions = [np.empty_like(like) for _ in of_outputs]
    error = np.zeros((len(of_outputs), n_samples))
    incomplete = np.zeros(error.shape, dtype=bool)
    n_points = 2 * n_samples * len(of_outputs) * settings.get("n_steps", 1)  # there and back
    pays = worth_calling(network.model, network.inputs.shape[1], n_points)
    with calls_by_xla(pays):
        for i, rows in tqdm(blocks, disable=not verbose, desc=method, unit="block"):
            if method == "integrated_gradients":
                found, error[i, rows], incomplete[i, rows] = integrate(
                    explained,
                    rows,
                    of_outputs[i],
                    baseline=baseline,
                    n_steps=n_steps,
                    points_at_once=points_at_once,
                )
            else:
                gradient = partial(explained.gradient, weights=of_outputs[i])
                found = explain(gradient, explained.points(rows), rows, **settings)
                found = explained.attributions(found, rows)
            attributions[i][rows] = found
    more: dict[str, Any] = {}
    if method == "integrated_gradients":
        more["completeness_error"] = error.T if output_step == "all" else error[0]
        if incomplete.any():
            warnings.warn(
                f"The integrated gradients of {int(incomplete.any(axis=0).sum())} of {n_samples} "
                f"samples miss the change of the output by up to {np.abs(error).max():.2g}, with "
                f"{max(n_steps, MOST_POINTS)} points each: see completeness_error. The output "
                "turns too sharply on the way from the baseline; another baseline may help.",
                UserWarning,
                stacklevel=3,
            )
    return gradient_result(
        network,
        units,
        attributions,
        every_step=output_step == "all",
        aggregate=aggregate,
        method=method,
        sample_weight=sample_weight,
        reached=reached,
        **more,
    )


def _points_at_once(explained: SequenceInput | TokenInput) -> int:
    """How many points to hold: enough to keep all threads busy, if they are not very large."""
    size = explained.points(np.arange(1)).size
    return min(max(CHUNK_SIZE, _MOST_NUMBERS // size), 16 * CHUNK_SIZE)
