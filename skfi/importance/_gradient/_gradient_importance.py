"""Gradient importance: how the network's output moves with each cell of the input."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skfi._constraints import MAX_SAMPLES, MOST, RANDOM_STATE, VERBOSE, Number, Whole
from skfi._given import check_targets, checked_weights
from skfi._private import StrOptions, validate_params
from skfi.importance._gradient._baseline import check_has_baseline
from skfi.importance._gradient._explained import explained_input
from skfi.importance._gradient._explanation import Explanation, drawn_rows
from skfi.importance._gradient._flat import warn_of_steps
from skfi.importance._gradient._network import find_network
from skfi.importance._gradient._table import METHODS
from skfi.importance._gradient._target import (
    check_each_output,
    check_head,
    check_target,
    explained_outputs,
)
from skfi.importance._inputs._read import samples_of
from skfi.importance._results._about import recorded
from skfi.importance._results._by_output import ImportancesByOutput
from skfi.importance._results._result import ImportanceResult
from skfi.importance._units._of_input import units_of

PARAMETERS = {
    "method": [StrOptions(set(METHODS))],
    "target": "no_validation",
    "baseline": "no_validation",
    "n_steps": [Whole()],
    "tolerance": [Number(0)],
    "noise_level": [Number(0)],
    "scale": [StrOptions({"std"}), None],
    "temporal_rescaling": ["boolean"],
    "per_output": ["boolean"],
    "output_step": [Whole(-MOST), StrOptions({"all"}), None],
    "min_count": [Whole()],
    "aggregate": [StrOptions({"mean_abs", "mean"})],
    "by": [str],
    "feature_groups": "no_validation",
    "feature_names": "no_validation",
    "sample_weight": "no_validation",
    "max_samples": MAX_SAMPLES,
    "max_outputs": [Whole(), None],
    "verbose": VERBOSE,
    "random_state": RANDOM_STATE,
}


@recorded
@validate_params(PARAMETERS, prefer_skip_nested_validation=True)
def gradient_importance(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    method: str = "integrated_gradients",
    target: Any = None,
    baseline: Any = None,
    n_steps: int = 50,
    tolerance: float = 1e-3,
    noise_level: float = 0.1,
    scale: str | None = "std",
    temporal_rescaling: bool = False,
    per_output: bool = False,
    output_step: int | str | None = None,
    min_count: int = 1,
    aggregate: str = "mean_abs",
    by: str = "feature",
    feature_groups: Mapping[str, Sequence[Any]] | str | None = None,
    feature_names: Sequence[str] | None = None,
    sample_weight: Any = None,
    max_samples: int | float = 1.0,
    max_outputs: int | None = None,
    verbose: int = 0,
    random_state: int | np.random.RandomState | None = None,
) -> ImportanceResult | ImportancesByOutput:
    """Importance by gradients of the network's output with respect to its input.

    Gradients are batched and compiled, of the input's own shape, and then averaged: over the time
    steps for a feature, over the features for a time step; a group is the sum of its members.

    Importances do not depend on the scale of the features' units. A plain gradient is per unit of
    its feature, so the importances of saliency and smoothgrad are gradients times each feature's
    standard deviation (``scale``); the other methods multiply by the input, or by its distance from
    a baseline, and depend on where that is (``baseline``). Of several outputs each is explained and
    the importances are averaged, never the outputs, whose gradients may cancel.

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
        n_positions); several inputs, by their names or as a tuple; frames (n_samples, n_timesteps,
        ..., n_features), whose importances are means over all that lies between; a
        ``keras.utils.PyDataset`` or ``tf.data.Dataset``, whose batches are put together.
    y : array-like, default=None
        Not needed. With ``per_output`` it names the outputs, and tells each sample's class.
    method : str, default="integrated_gradients"
        ``"saliency"`` (the gradient [1]_), ``"input_x_gradient"``, ``"integrated_gradients"`` from
        ``baseline`` to the input by Gauss-Legendre quadrature [2]_, ``"smoothgrad"`` (mean over
        noisy copies [3]_) or ``"expected_gradients"`` (baselines drawn from data [4]_). The
        default is the best where the truth is known; the recipe of one ``GradientTape``, averaged
        over time, is ``method="saliency", scale=None, aggregate="mean"``.
    target : label, int or array-like of shape (n_samples,), default=None
        The class whose probability (the logit, if the network ends in logits) is explained, one for
        all samples or one for each; for a regressor the number of the output; of several outputs
        the name of one, or a pair of its name and a column or class number. By default the
        predicted class of each sample, or each output of a regressor in turn. These are then in
        units of their standard deviation in training, where an estimator knows it, so that none
        outweighs the others.
    baseline : float or array-like, default=None
        Where integrated gradients start: anything that broadcasts to ``X`` (in a Pipeline, to what
        enters the network). By default zero, or a feature's mean if zero is none of its values
        (outside of 98% of them, as for a temperature in kelvin, or a constant). Of texts a word or
        a token id that stands at each position; by default the padding's vector (this is not the
        empty text). For expected gradients an array of background samples; ``X`` by default. Of
        several inputs a mapping of an input to its baseline, of an input of ids an id: by default
        the vector of id 0 if that is padding, else the mean of the samples' vectors.
    n_steps : int, default=50
        Points for each sample on the path, noisy copies, or drawn baselines.
    tolerance : float, default=0.001
        By how much integrated gradients may miss the change of the output, in units of the
        network's output, or as a share of the change if that is larger. The paths of samples that
        miss it by more are cut into pieces where the output turns, up to 1024 points.
    noise_level : float, default=0.1
        Standard deviation of smoothgrad's noise, as a share of each feature's range.
    scale : {"std", None}, default="std"
        What saliency and smoothgrad are multiplied by for the importances: each feature's standard
        deviation over the real steps of ``X``, so that a constant has exactly 0; None leaves
        gradients as they are. ``attributions`` are always the gradients themselves. Not for texts.
    temporal_rescaling : bool, default=False
        Attribute to each cell how much all attributions change when its time step is masked, times
        how much they do when its feature is [5]_: no attribution of one step then hides that of
        another. Takes ``1 + n_timesteps + n_features`` times as long. Masked cells hold the
        baseline of integrated gradients, of the other methods the feature's mean. Attributions are
        positive, and add up to the absolute ones that they stand for; these stay where no mask
        changes any. Not for texts.
    per_output : bool, default=False
        Return the importances of each output: of each column of a regressor's, each named output,
        each output step; of a classifier the importances for each class's probability, over the
        samples of that class by ``y``, else over those that are taken for it.
    output_step : int, "all" or None, default=None
        Of a network with an output at every step: explain the output at this step (negative ones
        count back from each sequence's own end), or each of them, whose importances are averaged.
        "all" also keeps the attributions of each step.
    min_count : int, default=1
        Leave out words that occur less often in ``X``.
    aggregate : {"mean_abs", "mean"}, default="mean_abs"
        Average the absolute values, in which signs do not cancel, or the signed ones.
    by : {"feature", "timestep", "cell", "input"}, default="feature"
        What the importances are for. In 2-D ``X`` a feature is a column. Of texts and token ids a
        feature is a word: the mean over its occurrences; a time step is a position. Of several
        inputs units are named ``input__feature``, and each is the sum of its cells, not their mean,
        as inputs have different numbers of time steps.
    feature_groups : mapping of str to list of names or positions, or "auto", default=None
        Units that count as one; the others stay on their own. "auto", and groups of several
        inputs, as for permutation.
    feature_names : sequence of str, default=None
        Names of the features; by default the columns of a DataFrame, else x0, x1, ... Of token ids
        the word of each id; of several inputs a mapping of an input to its names.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the mean over samples, in ``scale``, and of the baselines that are drawn.
    max_samples : int or float, default=1.0
        Explain so many samples, or such a share, drawn at random; all of ``X`` is what they are
        compared with.
    max_outputs : int, default=None
        Of several outputs, or of one at every step: explain so many of each sample, drawn at
        random; None is all. Not with ``output_step="all"``.
    verbose : int, default=0
        Show a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seeds smoothgrad's noise, and what is drawn: baselines, samples, outputs.

    Returns
    -------
    result : ImportanceResult, or ImportancesByOutput with ``per_output``
        With ``importances`` (n_units, n_samples), ``attributions`` of the shape of what enters the
        network's estimator and, for integrated gradients, ``completeness_error`` (n_samples,), or
        one for each output. Samples that miss the change of the output by more than a twentieth
        have no part in the means, which a warning says. For a regressor attributions are in units
        of ``y``; of several outputs they are averaged as ``aggregate`` says. With
        ``output_step="all"`` they are (n_samples, n_output_steps, n_timesteps, n_features). Of
        texts they are (n_samples,
        n_positions), with the words of each text in ``tokens``; by word there are ``counts`` of
        occurrences and no ``importances``.

    Raises
    ------
    TypeError
        If ``estimator`` holds no neural network.
    NotFittedError
        If it is not fitted.
    ValueError
        If a parameter or ``X`` does not fit; of saliency and smoothgrad also if a single time step
        of a single sample has no standard deviation, of expected gradients if ``X`` is a single
        sample and there is no ``baseline``.

    Warns
    -----
    UserWarning
        If integrated gradients miss the change of the output, or if the output follows a feature
        by steps, whose gradient is 0 everywhere.

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
    >>> X = np.array([-1.0, 1.0])[:, None, None] * np.ones((2, 2, 3))
    >>> gradient_importance(network, X).importances_mean
    array([1., 0., 2.])
    >>> gradient_importance(network, X, method="saliency", scale=None,
    ...                     aggregate="mean").importances_mean
    array([0., 0., 2.])
    """
    X = samples_of(estimator, X, may_be_dataset=True)
    network = find_network(estimator, X, feature_names)
    if sample_weight is not None:
        sample_weight = checked_weights(sample_weight, len(network.inputs))
    if y is not None and not network.heads:
        check_targets(y, len(network.inputs))
    explained = explained_input(network)
    explained.check_gradients()
    if network.heads:
        check_head(target, network.heads)
    else:
        check_target(target, len(network.inputs), network.classes, network.n_outputs)
    if temporal_rescaling:
        explained.check_can_be_masked()
    if baseline is not None:
        check_has_baseline(method)
    if per_output:
        check_each_output(target, output_step, max_outputs)
    of_method = METHODS[method].of(
        explained,
        baseline=baseline,
        n_steps=n_steps,
        tolerance=tolerance,
        noise_level=noise_level,
        sample_weight=sample_weight,
    )
    is_scaled = scale == "std" and of_method.per_unit
    unit = explained.scale(sample_weight) if is_scaled else None
    random = check_random_state(random_state)
    rows = drawn_rows(len(network.inputs), max_samples, random)
    if rows is not None:  # all of X has told what to compare with
        explained, of_method = explained.of_samples(rows), of_method.of_samples(rows).renumbered()
        network = explained.network
        target = np.asarray(target)[rows] if np.ndim(target) else target
        sample_weight = None if sample_weight is None else sample_weight[rows]
    explanation = Explanation(
        explained=explained,
        method=of_method,
        name=method,
        unit=unit,
        units={"by": by, "groups": feature_groups, "names": feature_names, "min_count": min_count},
        aggregate=aggregate,
        temporal_rescaling=temporal_rescaling,
        sample_weight=sample_weight,
        verbose=verbose,
        tolerance=tolerance,
        rows=rows,
    )
    units_of(network.kind, **explanation.units)  # raises now what it would raise after all
    if per_output:
        return replace(explanation, method=of_method.seeded(random)).by_output(y)
    outputs = explained_outputs(network, target, output_step)
    if max_outputs is not None and output_step != "all":
        outputs = outputs.at_most(max_outputs, random)
    explanation = replace(explanation, method=of_method.seeded(random))
    result = explanation.result(outputs, target, by_step=output_step == "all")
    warn_of_steps(explained, result, target)
    return result
