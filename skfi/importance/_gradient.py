"""Gradient importance: how the network's output moves with each cell of the input."""

import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import _check_sample_weight
from tqdm.auto import tqdm

from skfi._keras import calls_by_xla, worth_calling
from skfi.importance._attribute import Method, attribute
from skfi.importance._completeness import MOST_POINTS
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
from skfi.importance._rescaling import n_masks, rescale
from skfi.importance._result import ImportanceResult

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
        "temporal_rescaling": ["boolean"],
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
    temporal_rescaling: bool = False,
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
    temporal_rescaling : bool, default=False
        Attribute to each cell how much all attributions change when its time step is masked, times
        how much they do when its feature is [5]_: no attribution of one step then hides that of
        another. Takes ``1 + n_timesteps + n_features`` times as long. Masked cells hold the
        baseline of integrated gradients, of the other methods the feature's mean. Attributions are
        positive, and add up to the absolute ones that they stand for; these stay where no mask
        changes any. Not for texts.
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
    .. [5] A. A. Ismail, M. Gunady, H. Corrada Bravo, S. Feizi, "Benchmarking deep learning
       interpretability in time series predictions", 2020, algorithm 1 without its threshold.

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
    elif temporal_rescaling:
        raise ValueError(
            "temporal_rescaling=True is for sequences of numbers: words have no features to mask."
        )
    else:
        baseline = check_token_baseline(method, baseline, network.tokens)
        explained = TokenInput(network)
    if temporal_rescaling and network.inputs.ndim != 3:
        raise ValueError(
            f"temporal_rescaling=True masks time steps, but the network takes arrays of shape "
            f"{network.inputs.shape}; it needs (n_samples, n_timesteps, n_features)."
        )
    settings: dict[str, Any] = {}
    if method != "saliency" and method != "input_x_gradient":
        settings["n_steps"] = n_steps
    if method == "integrated_gradients":
        settings["baseline"] = baseline
    if method == "smoothgrad":
        settings["noise"] = explained.noise(noise_level)
    if method == "expected_gradients":
        settings["background"] = explained.background(baseline)
    seed = None
    if method in ("smoothgrad", "expected_gradients"):
        seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    how = Method(method, settings, seed)

    of_outputs = step_weights(network, output_weights(network, target), output_step)
    # of sequences of unequal length not each has every output step
    reached = np.array([one.any(axis=tuple(range(1, one.ndim))) for one in of_outputs])
    attributions, errors, incomplete = [], [], np.zeros(n_samples, dtype=bool)
    n_rows = n_samples * len(of_outputs) * (1 + temporal_rescaling * n_masks(network.inputs))
    n_points = 2 * n_rows * how.n_points  # there and back
    pays = worth_calling(network.model, network.inputs.shape[1], n_points)
    with (
        calls_by_xla(pays),
        tqdm(total=n_rows, disable=not verbose, desc=method, unit="sample") as progress,
    ):
        for weights in of_outputs:
            found = attribute(explained, how, weights, progress)
            errors.append(found.error)
            incomplete |= found.incomplete
            values = found.values
            if temporal_rescaling and isinstance(explained, SequenceInput):
                values = rescale(values, explained, how, weights, progress)
            attributions.append(values)
    more: dict[str, Any] = {}
    if method == "integrated_gradients":
        more["completeness_error"] = np.transpose(errors) if output_step == "all" else errors[0]
        if incomplete.any():
            warnings.warn(
                f"The integrated gradients of {int(incomplete.sum())} of {n_samples} "
                f"samples miss the change of the output by up to {np.abs(errors).max():.2g}, with "
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
        method=f"{method}_rescaled" if temporal_rescaling else method,
        sample_weight=sample_weight,
        reached=reached,
        **more,
    )
