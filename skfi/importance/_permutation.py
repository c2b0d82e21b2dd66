"""Permutation importance: how much a score worsens when the values of a unit are shuffled."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import joblib
import numpy as np
from sklearn import inspection
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions, validate_params
from sklearn.utils.validation import check_consistent_length

from skfi._sequences import Units
from skfi.importance._conditional import residuals
from skfi.importance._correlation import strongly_correlated
from skfi.importance._dependence import check_groups_are_used, groups_of_rows
from skfi.importance._donated import donated, drawn_donors
from skfi.importance._estimators import as_estimator
from skfi.importance._index_view import PermutedScorer, ReplacedWordScorer, permutation_view
from skfi.importance._inference import mean_over_rows
from skfi.importance._permuted_units import check_input, check_order, units_of, window_of
from skfi.importance._result import ImportanceResult
from skfi.importance._row_scores import RowScorer, are_few, by_row
from skfi.importance._scoring import (
    QuickScorer,
    scorer_for,
    scoring_name,
    scoring_of,
    side_by_side,
)
from skfi.importance._tokens import read_tokens
from skfi.importance._words import WordUnits, make_word_units


@validate_params(
    {
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "max_samples": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "shuffle": [StrOptions({"series", "values"})],
        "conditional": ["boolean"],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
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
    verbose: int = 0,
) -> ImportanceResult | dict[str, ImportanceResult]:
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
        n_positions).
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_timesteps)
        Targets. For a classifying ``keras.Model`` class numbers.
    scoring : str, callable, list, tuple or dict, default=None
        As in scikit-learn; None is the estimator's own ``score``. Several metrics give a dict of
        results. With an output at every step metrics are taken over all steps; a function of your
        own ``(estimator, X, y)`` gets the arrays, of texts their token ids.
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
        overlap: pass about three times their length. In a Pipeline with a ``SlidingWindow`` that is
        the default.
    max_samples : int or float, default=1.0
        Samples drawn for each unit, as a number or a share.
    shuffle : {"series", "values"}, default="series"
        For sequences: move the whole series of a feature to another sample, which keeps its
        course in time, or shuffle each time step on its own, which breaks the series up. In a
        Pipeline that makes windows of plain rows, the rows' values are shuffled one by one.
    conditional : bool, default=False
        Shuffle only what a unit holds beyond the others: the residuals of a ridge regression from
        all cells of the other units [2]_, whole series of them. So no combinations arise that
        never occur, and a feature that only tells what another one tells gets 0.
    by : {"feature", "timestep", "cell"}, default="feature"
        What the importances are for. In 2-D ``X`` a feature is a column; of texts and token ids a
        word, and a time step is a position.
    feature_groups : mapping of str to list of names or positions, or "auto", default=None
        Units that are shuffled together; the others stay on their own. "auto" makes groups of
        correlated features, as :func:`~skfi.correlation_groups` does.
    feature_names : sequence of str, default=None
        Names of the features; by default the columns of a DataFrame, else x0, x1, ... Of token ids
        the word of each id.
    max_features : int, default=50
        Of texts: the groups and the most frequent words, this many; None takes all words.
    verbose : int, default=0
        Report progress, as joblib does.

    Returns
    -------
    result : ImportanceResult or dict of str to ImportanceResult
        ``importances`` (n_units, n_repeats): baseline score less the score after the shuffle. If
        the metric is a mean over rows (accuracy, absolute or squared error, log loss) also
        ``sample_importances`` (n_units, n_samples), the mean of each row over the repeats;
        ``confidence_intervals`` (n_units, 2) of 95%; and ``pvalues`` of a one-sided t-test that
        *this network* scores no worse when the unit is shuffled, for rows, or groups of them, that
        are independent of each other and of the training. Rows count as receivers and as donors
        of values; of words, and of sequences with ``shuffle="values"``, as receivers only.

    Raises
    ------
    TypeError
        If ``estimator`` is neither an estimator nor a Keras model.
    NotFittedError
        If it is not fitted.
    ValueError
        If a parameter, a name or a shape does not fit.

    References
    ----------
    .. [1] L. Breiman, "Random Forests", Machine Learning 45(1), 2001.
    .. [2] A. Chamma, D. Engemann, B. Thirion, "Statistically valid variable importance assessment
       through conditional permutations", 2023; the package hidimstat.

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
             importance_mean  importance_std
    feature
    rain                 2.0             0.1
    noise                0.0             0.0
    """
    estimator = as_estimator(estimator)
    scoring = scoring_of(estimator, scoring)
    estimator, X, tokens = read_tokens(estimator, X, feature_names)
    scorer = scorer_for(estimator, scoring)
    if hasattr(estimator, "check_target"):
        estimator.check_target(y)
    if conditional and (shuffle == "values" or tokens is not None):
        raise ValueError(
            "conditional=True shuffles the series of features that are numbers: leave "
            "shuffle='series', and words to the unconditional importance."
        )
    units: Units | WordUnits
    view: Any
    if tokens is not None and by == "feature":
        units = make_word_units(tokens, feature_groups=feature_groups, max_features=max_features)
        view, real = permutation_view(len(X), len(units)), None
    else:
        X = X if hasattr(X, "iloc") else check_input(X)
        units, real = units_of(estimator, X, tokens, by, feature_names, feature_groups)
        view = X
        of_units = by == "timestep" or feature_groups is not None or conditional
        if X.ndim == 3 or of_units or real is not None:
            X = X if hasattr(X, "iloc") else np.ascontiguousarray(X)  # so that a reshape is a view
            view = permutation_view(len(X), len(units))
    check_consistent_length(X, y, sample_weight)
    whole = check_order(estimator, max_samples, len(X))
    if whole and are_few(len(units), n_repeats, len(X)):
        scorer = by_row(scorer, estimator, scoring, y)
    rows_are_scored = isinstance(scorer, RowScorer)
    check_groups_are_used(sample_groups, rows_are_scored=rows_are_scored)
    groups = groups_of_rows(sample_groups, len(X), window_of(estimator))
    at_once: AbstractContextManager = nullcontext()
    if view is not X:  # where it is, the numbers are to be scikit-learn's to the last bit
        if isinstance(units, WordUnits) and tokens is not None:
            scorer = ReplacedWordScorer(scorer, tokens, units)
        elif isinstance(units, Units):
            held = residuals(X, units, real) if conditional else None
            if conditional and not hasattr(X, "iloc"):
                X = X if X.dtype.kind == "f" else X.astype(np.float64)
            scorer = PermutedScorer(scorer, X, units, shuffle, real, held)
        scorer = QuickScorer(scorer, n_scores=1 + len(units) * n_repeats)
        at_once = side_by_side(estimator, scoring, n_jobs)
    scorer = _KeepsBaseline(scorer)
    random = check_random_state(random_state)
    donors = None
    if rows_are_scored and isinstance(units, Units) and (view is X or shuffle == "series"):
        donors = drawn_donors(len(X), n_repeats, deepcopy(random))
    with at_once, joblib.parallel_config(verbose=verbose) if verbose else nullcontext():
        found = inspection.permutation_importance(
            estimator,
            view,
            y,
            scoring=scorer,
            n_repeats=n_repeats,
            n_jobs=n_jobs,
            random_state=random,
            sample_weight=sample_weight,
            max_samples=max_samples,
        )
    name, baseline = scoring_name(estimator, scoring), scorer.baseline
    more: dict[str, Any] = {"conditional": conditional, "shuffle": shuffle}
    if by == "feature" and len(units) == X.shape[-1] and tokens is None and not conditional:
        more["correlated"] = strongly_correlated(X, list(units.names), real)
    if rows_are_scored:
        of_repeats = found["rows"].importances
        of_rows, given = of_repeats.mean(axis=1), None
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        if donors is not None:
            given = donated(of_repeats, donors, weights, window_of(estimator))
        more |= mean_over_rows(of_rows, weights, groups, given)
        more |= {"sample_importances": of_rows, "sample_weight": weights, "sample_groups": groups}
        return _result(found["score"], units, baseline["score"], name, **more)
    if isinstance(baseline, dict):
        return {name: _result(found[name], units, baseline[name], name, **more) for name in found}
    return _result(found, units, baseline, name, **more)


@dataclass
class _KeepsBaseline:
    """Remembers the first score, which scikit-learn computes here before any shuffle."""

    scorer: Callable
    baseline: Any = None

    def __call__(self, estimator: Any, X: Any, y: Any, **kwargs: Any) -> Any:
        score = self.scorer(estimator, X, y, **kwargs)
        if self.baseline is None:
            self.baseline = score
        return score


def _result(
    found: Any, units: Units | WordUnits, baseline: float, scoring: str | None, **more: Any
) -> ImportanceResult:
    if isinstance(units, WordUnits):
        more["counts"] = units.counts
    elif units.by != "cell" or len(units) == np.prod(units.shape):  # groups of cells are no grid
        more["axes"] = units.axes
    return ImportanceResult.from_values(
        found.importances,
        feature_names=units.names,
        method="permutation",
        by=units.by,
        baseline_score=float(baseline),
        scoring=scoring,
        **more,
    )
