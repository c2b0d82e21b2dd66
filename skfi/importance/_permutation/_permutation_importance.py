"""Permutation importance: how much a score worsens when the values of a unit are shuffled."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from copy import deepcopy
from typing import Any

import joblib
import numpy as np
from sklearn import inspection
from sklearn.utils import check_random_state

from skfi._constraints import MAX_SAMPLES, N_JOBS, RANDOM_STATE, VERBOSE, Whole
from skfi._pipelines import Chain
from skfi._private import StrOptions, validate_params
from skfi.importance._fits import check_jobs
from skfi.importance._inference._row_groups import (
    check_no_groups,
    groups_of_rows,
    warn_of_few_groups,
)
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._numbers import window_of
from skfi.importance._inputs._read import read_input, samples_of
from skfi.importance._outputs import outputs_of, reached, scorer_of_outputs
from skfi.importance._permutation._checks import check_array_kind, check_order, check_rows
from skfi.importance._permutation._intervals import ScoredRows
from skfi.importance._permutation._memory import with_memory
from skfi.importance._permutation._results import permutation_results, results_of_outputs
from skfi.importance._permutation._row_scores import (
    CheckedScorer,
    by_row,
    is_scored_by_row,
    replay_of,
    weights_of_classes,
)
from skfi.importance._permutation._view import shuffled
from skfi.importance._results._about import recorded
from skfi.importance._results._by_output import ImportancesByOutput
from skfi.importance._results._result import ImportanceResult
from skfi.importance._scoring import scorer_for, scoring_name, scoring_of

PARAMETERS = {
    "scoring": "no_validation",
    "per_output": ["boolean"],
    "n_repeats": [Whole()],
    "n_jobs": N_JOBS,
    "random_state": RANDOM_STATE,
    "sample_weight": "no_validation",
    "sample_groups": "no_validation",
    "max_samples": MAX_SAMPLES,
    "shuffle": [StrOptions({"series", "values"})],
    "conditional": ["boolean"],
    "by": [str],
    "feature_groups": "no_validation",
    "feature_names": "no_validation",
    "max_features": [Whole(), None],
    "memory": "no_validation",
    "verbose": VERBOSE,
}


@recorded
@validate_params(PARAMETERS, prefer_skip_nested_validation=True)
def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    per_output: bool = False,
    n_repeats: int = 5,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    sample_weight: Any = None,
    sample_groups: Any = None,
    max_samples: int | float = 1.0,
    shuffle: str = "series",
    conditional: bool = False,
    by: str = "feature",
    feature_groups: Mapping[str, Sequence[Any]] | str | None = None,
    feature_names: Sequence[str] | None = None,
    max_features: int | None = 50,
    memory: Any = None,
    verbose: int = 0,
) -> ImportanceResult | dict[str, ImportanceResult] | ImportancesByOutput:
    """Importance by how much a score worsens when a unit's values are shuffled between samples.

    :func:`sklearn.inspection.permutation_importance` does the work [1]_. On 2-D ``X``, by feature
    and without groups, the numbers are scikit-learn's to the last bit; 3-D sequences, time steps,
    cells and groups go through a table of row numbers that scikit-learn shuffles in their place.

    Of texts, each occurrence of a word is replaced by one drawn from all words of ``X``. Of
    sequences with padding, each keeps its own length, and at each time step only those that reach
    it exchange values: a series is moved whole, and where it ends earlier than the sequence that
    gets it, the one that it was itself exchanged for goes on. So no padding becomes a value, no
    value leaves its time step, and what a sequence's length tells is credited to no feature.

    Shuffling one of several correlated features leaves its information in the others and feeds
    the network combinations that do not occur: their importance comes out low, or unreliable.
    Put them into one group.

    Parameters
    ----------
    estimator : estimator, keras.Model or Pipeline
        Any fitted scikit-learn estimator, a SciKeras wrapper, or a trained ``keras.Model``.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        Samples to score on, best ones that were held out: also texts, or token ids (n_samples,
        n_positions). Of a ``keras.Model`` of several inputs a mapping of their names to arrays or
        DataFrames, or a tuple in their order; of one that takes frames, (n_samples, n_timesteps,
        ..., n_features).
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_timesteps)
        Targets. For a classifying ``keras.Model`` class numbers. Of several outputs a mapping of
        their names to targets, or a tuple; the estimator's own score is then the mean of R2 and,
        of outputs that tell classes, accuracy.
    scoring : str, callable, list, tuple or dict, default=None
        As in scikit-learn; None is the estimator's own ``score``. Several metrics give a dict of
        results. With an output at every step metrics are taken over all steps; a function of your
        own ``(estimator, X, y)`` gets the arrays, of texts their token ids.
    per_output : bool, default=False
        Return the importances of each output, by one metric: of each column of ``y``, each named
        output, each output step; of each class on its own rows. All are scored on the same shuffles
        and predictions.
    n_repeats : int, default=5
        Shuffles of each unit.
    n_jobs : int, default=None
        Units scored in parallel, by joblib.
    random_state : int, RandomState instance or None, default=None
        Seeds the shuffles.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the score.
    sample_groups : array-like of shape (n_samples,) or int, default=None
        Rows that depend on each other, for the intervals: a label of each row's group, such as a
        patient, or a number of rows, in their order, that make up a group. Windows of one series
        overlap: pass about twice their length, with twenty groups or more; fewer are warned of. In
        a Pipeline with a ``SlidingWindow`` twice its length is the default.
    max_samples : int or float, default=1.0
        Samples drawn for each unit, as a number or a share.
    shuffle : {"series", "values"}, default="series"
        For sequences: move the whole series of a feature to another sample, which keeps its
        course in time, or shuffle each time step on its own, which breaks the series up. In a
        Pipeline that makes windows of plain rows, the rows' values are shuffled one by one.
    conditional : bool, default=False
        Shuffle only what a unit holds beyond the others, so that a feature that only tells what
        another one tells gets about 0. How is chosen for each unit by what its columns are, and
        said in ``conditional_by``. "residuals": each row gets what a ridge regression from all
        cells of the other units predicts for it, plus the residuals of another row [2]_, where
        columns are continuous, what is fed stays among the values that occur, and residuals do not
        depend on the others. Else "groups": rows exchange their values where they are alike in the
        other units, in the same leaf of a tree that predicts the unit from them [3]_; so
        zero-inflated, discrete and bounded columns and the time of day get values that occur. See
        the notes for what remains.
    by : {"feature", "timestep", "cell", "input"}, default="feature"
        What the importances are for. In 2-D ``X`` a feature is a column; of texts and token ids a
        word, and a time step is a position. Of several inputs units are named ``input__feature``,
        and an input of ids, such as categories, is one unit; "input" is for these networks.
    feature_groups : mapping of str to list of names or positions, or "auto", default=None
        Units that are shuffled together; the others stay on their own. "auto" makes groups of
        correlated features, as :func:`~skfi.correlation_groups` does. Of several inputs a member is
        a full name or a pair (input, feature), and groups may span inputs; a mapping of an input to
        groups of its own features is taken too.
    feature_names : sequence of str, default=None
        Names of the features; by default the columns of a DataFrame, else x0, x1, ... Of token ids
        the word of each id; of several inputs a mapping of an input to its names.
    max_features : int, default=50
        Of texts: the groups and the most frequent words, this many; None takes all words.
    memory : str, path or joblib.Memory, default=None
        A folder in which each score is stored as it is computed, with what its intervals need. The
        same call, after it was stopped, goes on from there, and gives the numbers of one that was
        not. Needs a ``random_state``.
    verbose : int, default=0
        Report progress, as joblib does.

    Returns
    -------
    result : ImportanceResult, dict of str to ImportanceResult, or ImportancesByOutput
        ``importances`` (n_units, n_repeats): baseline score less the score after the shuffle; of
        several metrics a result for each. If all samples are scored, also ``confidence_intervals``
        (n_units, 2) of 95%, and ``pvalues`` of a one-sided t-test that *this network* scores no
        worse when the unit is shuffled, for rows, or groups of them, that are independent of each
        other and of the training; and of most metrics ``sample_importances`` (n_units, n_samples),
        what each row adds to the importance, a mean over the repeats. See the notes.

    Raises
    ------
    TypeError
        If ``estimator`` is neither an estimator nor a Keras model.
    NotFittedError
        If it is not fitted.
    ValueError
        If a parameter, a name or a shape does not fit, weights are negative, or the metric is NaN.

    Notes
    -----
    Intervals. Of a metric that is a mean over rows (accuracy, absolute, squared or percentage
    error, log loss, Brier score) they are those of a mean. R2, the root of the mean squared error,
    the area under the ROC curve (of two classes, or of each against the rest), and F1, precision,
    recall, Jaccard, Matthews and balanced accuracy of at most 20 classes are taken as means of each
    row's influence [4]_. Of all other metrics, and of a function of your own, up to 30 groups of
    rows are left out one after the other [5]_: the metric is computed again, of predictions that
    were made before, which takes longer with a slow metric. A function that looks at more than
    ``y`` and what ``predict``, ``predict_proba`` or ``decision_function`` return has no intervals,
    and ``note`` says so. Rows count as receivers and as donors of values; of words, of sequences
    with ``shuffle="values"``, and where rows are left out behind a ``SlidingWindow``, as receivers
    only.

    What remains of conditional permutation. A prediction plus a residual need not be a value that
    occurs, but is one as likely with the others as those that do, if the columns depend on them
    linearly. Residuals are scaled to vary as much as the others leave open: importances were within
    5% of the true ones at 200 rows of 40 cells, and too low (by a seventh) at 200 rows of 160.

    Rows of a group are alike in the other units, not equal. Importances were within 5% of the true
    ones at 200 rows of three other columns and at 1,000 rows of 31, for very skewed counts a sixth
    too high; at 200 rows of 31 up to a third too high, nearer to those of the plain shuffle. Of
    several time steps a row gets values of its group at each step, by the places that another row's
    series has in its groups: the course is kept roughly, and importances were within a tenth at 200
    and 400 rows, of zero-inflated series at 1,000 rows a sixth too low. Where rows resemble their
    neighbours in time, groups are of neighbours, and importances come out too low: with an
    autocorrelation of 0.9 from row to row by a fifth, of 0.98 by half.

    References
    ----------
    .. [1] L. Breiman, "Random Forests", Machine Learning 45(1), 2001.
    .. [2] A. Chamma, D. Engemann, B. Thirion, "Statistically valid variable importance assessment
       through conditional permutations", 2023; the package hidimstat.
    .. [3] C. Molnar, G. König, B. Bischl, G. Casalicchio, "Model-agnostic feature importance and
       effects with dependent features: a conditional subgroup approach", 2023.
    .. [4] E. DeLong, D. DeLong, D. Clarke-Pearson, "Comparing the Areas under Two or More
       Correlated Receiver Operating Characteristic Curves", Biometrics 44(3), 1988, of the area;
       F. Hampel, "The Influence Curve and its Role in Robust Estimation", 1974, of the others.
    .. [5] J. Shao, C. Wu, "A General Theory for Jackknife Variance Estimation", 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = 3 * X[:, 0]
    >>> result = permutation_importance(LinearRegression().fit(X, y), X, y,
    ...                                 feature_names=["rain", "noise"], random_state=0)
    >>> result.to_frame().round(1)
             importance_mean  importance_std  ci_low  ci_high  pvalue
    feature
    rain                 2.0             0.1     1.7      2.2     0.0
    noise                0.0             0.0     0.0      0.0     1.0
    """
    estimator = as_estimator(estimator)
    scoring = scoring_of(estimator, scoring)
    X = samples_of(estimator, X)
    check_array_kind(X)
    estimator, kind = read_input(estimator, X, feature_names)
    outputs = reached(outputs_of(estimator, y), kind.real) if per_output else []
    scorer = scorer_of_outputs(outputs, estimator, scoring) or scorer_for(estimator, scoring)
    chain = Chain(estimator)
    y = LastStep.of(chain.last).checked_target(y)
    data = shuffled(
        kind,
        by=by,
        shuffle=shuffle,
        conditional=conditional,
        names=feature_names,
        groups=feature_groups,
        max_features=max_features,
    )
    n_rows, n_scores = len(data.kind.X), 1 + len(data.units) * n_repeats
    check_jobs(estimator, n_jobs)
    check_rows(data.kind.X, y, sample_weight, max_samples)
    if check_order(estimator, max_samples, n_rows):
        scorer = by_row(scorer, estimator, scoring, y, n_scores=n_scores * n_rows)
    random = check_random_state(random_state)
    replay = replay_of(scorer, estimator, data.kind, y, sample_weight)
    groups = groups_of_rows(sample_groups, n_rows, window_of(chain))
    donors = None
    if is_scored_by_row(scorer):
        warn_of_few_groups(groups)
        donors = data.donors(n_repeats, deepcopy(random))
    else:
        check_no_groups(sample_groups)
    of_classes = weights_of_classes(scorer, y, sample_weight)
    rows = ScoredRows(donors, groups, sample_weight, window_of(chain), replay, of_classes)
    name = scoring_name(estimator, scoring)
    scorer = with_memory(memory, data.scorer(scorer, n_scores), estimator, y, random_state)
    checked = CheckedScorer(scorer, name)
    with joblib.parallel_config(verbose=verbose) if verbose else nullcontext():
        bunches = inspection.permutation_importance(
            estimator,
            data.view,
            y,
            scoring=checked,
            n_repeats=n_repeats,
            n_jobs=n_jobs,
            random_state=random,
            sample_weight=sample_weight,
            max_samples=max_samples,
        )
    results: Any = permutation_results(bunches, checked.baseline, name, data, rows)
    return results_of_outputs(outputs, results, name) if outputs else results
