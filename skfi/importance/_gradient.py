"""Gradient importance: how the network's output moves with each cell of the input."""

from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import _check_sample_weight
from tqdm.auto import tqdm

from skfi._keras import CHUNK_SIZE, forward, input_gradient
from skfi._sequences import make_units
from skfi.importance import _attributions
from skfi.importance._gradient_settings import (
    check_settings,
    method_settings,
    output_weights,
)
from skfi.importance._network import find_network
from skfi.importance._result import ImportanceResult

# Points (rows, or copies of rows) whose gradients are held at once.
_POINTS_AT_ONCE = 4 * CHUNK_SIZE

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
    aggregate: str = "mean_abs",
    by: str = "feature",
    feature_groups: Mapping[str, Sequence[Any]] | None = None,
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

    Parameters
    ----------
    estimator : estimator, keras.Model or Pipeline
        A fitted skfi estimator or SciKeras wrapper, a trained ``keras.Model``, or a Pipeline or
        search that ends in one. In a Pipeline the gradient is with respect to what enters the
        network, named by the pipeline's feature names.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        Samples to explain, as ``estimator`` takes them.
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
        enters the network); zero by default. For expected gradients an array of background
        samples; ``X`` by default.
    n_steps : int, default=50
        Points for each sample on the path, noisy copies, or drawn baselines.
    noise_level : float, default=0.1
        Standard deviation of smoothgrad's noise, as a share of each feature's range.
    aggregate : {"mean_abs", "mean"}, default="mean_abs"
        Average the absolute values, in which signs do not cancel, or the signed ones.
    by : {"feature", "timestep", "cell"}, default="feature"
        What the importances are for. In 2-D ``X`` a feature is a column.
    feature_groups : mapping of str to list of names or positions, default=None
        Units that count as one; the others stay on their own.
    feature_names : sequence of str, default=None
        Names of the features; by default the columns of a DataFrame, else x0, x1, ...
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
        a regressor attributions are in units of ``y``.

    Raises
    ------
    TypeError
        If ``estimator`` holds no neural network.
    NotFittedError
        If it is not fitted.
    ValueError
        If a parameter or ``X`` does not fit, or the network takes integer tokens.

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
    network = find_network(estimator, X)
    if feature_names is None and network.feature_names is not None:
        feature_names = network.feature_names
    units = make_units(
        network.shape,
        by=by,
        n_timesteps=network.n_timesteps,
        feature_names=feature_names,
        feature_groups=feature_groups,
    )
    X = network.inputs
    if sample_weight is not None:
        sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
    baseline = check_settings(
        method, target, baseline, network.shape, X.shape, network.classes, network.n_outputs
    )
    weights = output_weights(network, target)
    random = check_random_state(random_state)
    settings = method_settings(method, X, baseline, n_steps, noise_level)
    if method in ("smoothgrad", "expected_gradients"):
        settings["random"] = random
    explain = getattr(_attributions, method)
    gradient = partial(input_gradient, network.model)

    attributions = np.empty_like(X)
    importances = np.empty((len(units), len(X)))
    at_once = max(1, _POINTS_AT_ONCE // n_steps) if "n_steps" in settings else _POINTS_AT_ONCE
    for start in tqdm(range(0, len(X), at_once), disable=not verbose, desc=method, unit="block"):
        rows = slice(start, start + at_once)
        of_rows = settings
        if method == "integrated_gradients":
            of_rows = settings | {"baseline": settings["baseline"][rows]}
        found = explain(gradient, X[rows], weights[rows], **of_rows)
        attributions[rows] = found
        cells = found.reshape(len(found), -1)
        importances[:, rows] = units.average(np.abs(cells) if aggregate == "mean_abs" else cells)
    more = {}
    if method == "integrated_gradients":
        start_outputs = forward(network.model, settings["baseline"])
        change = (forward(network.model, X) - start_outputs) * weights
        total = attributions.reshape(len(X), -1).sum(axis=1, dtype=np.float64)
        more["completeness_error"] = total - change.sum(axis=1)
    return ImportanceResult.from_values(
        importances,
        feature_names=units.names,
        method=method,
        by=by,
        weights=sample_weight,
        attributions=attributions.reshape(network.shape),
        **more,
    )
