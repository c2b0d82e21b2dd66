"""Permutation importance: how much a score worsens when the values of a unit are shuffled."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import joblib
import numpy as np
from sklearn import inspection
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions, validate_params
from sklearn.utils.validation import check_array, check_consistent_length

from skfi._padding import unmasked_steps
from skfi._sequences import Units, fold, make_units
from skfi.importance._estimators import as_estimator
from skfi.importance._index_view import PermutedScorer, ReplacedWordScorer, permutation_view
from skfi.importance._last_step import columns_fold_into, input_names
from skfi.importance._result import ImportanceResult
from skfi.importance._scoring import (
    QuickScorer,
    scorer_for,
    scoring_name,
    scoring_of,
    side_by_side,
)
from skfi.importance._tokens import Tokens, read_tokens, steps_of
from skfi.importance._words import WordUnits, make_positions, make_word_units
from skfi.preprocessing import SlidingWindow


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
    max_samples: int | float = 1.0,
    shuffle: str = "series",
    by: str = "feature",
    feature_groups: Mapping[str, Sequence[Any]] | None = None,
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
    max_samples : int or float, default=1.0
        Samples drawn for each unit, as a number or a share.
    shuffle : {"series", "values"}, default="series"
        For sequences: move the whole series of a feature to another sample, which keeps its
        course in time, or shuffle each time step on its own, which breaks the series up. In a
        Pipeline that makes windows of plain rows, the rows' values are shuffled one by one.
    by : {"feature", "timestep", "cell"}, default="feature"
        What the importances are for. In 2-D ``X`` a feature is a column; of texts and token ids a
        word, and a time step is a position.
    feature_groups : mapping of str to list of names or positions, default=None
        Units that are shuffled together; the others stay on their own.
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
        ``importances`` (n_units, n_repeats): baseline score less the score after the shuffle.

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
    units: Units | WordUnits
    if tokens is not None and by == "feature":
        units = make_word_units(tokens, feature_groups=feature_groups, max_features=max_features)
        scorer = ReplacedWordScorer(scorer, tokens, units)
        view = permutation_view(len(X), len(units))
    else:
        X = X if hasattr(X, "iloc") else _check_X(X)
        units, real = _units(estimator, X, tokens, by, feature_names, feature_groups)
        view = X
        if X.ndim == 3 or by == "timestep" or feature_groups is not None or real is not None:
            X = X if hasattr(X, "iloc") else np.ascontiguousarray(X)  # so that a reshape is a view
            scorer = PermutedScorer(scorer, X, units, shuffle, real)
            view = permutation_view(len(X), len(units))
    check_consistent_length(X, y, sample_weight)
    _check_order(estimator, max_samples, len(X))
    at_once: AbstractContextManager = nullcontext()
    if view is not X:  # where it is, the numbers are to be scikit-learn's to the last bit
        scorer = QuickScorer(scorer, n_scores=1 + len(units) * n_repeats)
        at_once = side_by_side(estimator, scoring, n_jobs)
    scorer = _KeepsBaseline(scorer)
    with at_once, joblib.parallel_config(verbose=verbose) if verbose else nullcontext():
        found = inspection.permutation_importance(
            estimator,
            view,
            y,
            scoring=scorer,
            n_repeats=n_repeats,
            n_jobs=n_jobs,
            random_state=random_state,
            sample_weight=sample_weight,
            max_samples=max_samples,
        )
    if isinstance(scorer.baseline, dict):
        return {name: _result(found[name], units, scorer.baseline[name], name) for name in found}
    return _result(found, units, scorer.baseline, scoring_name(estimator, scoring))


def _check_X(X: Any) -> np.ndarray:
    if getattr(np.asarray(X), "dtype", np.dtype(float)).kind in "OUT" and np.ndim(X) == 1:
        raise ValueError(
            "X holds texts, but estimator is no Pipeline with a TextSequencer and no network with "
            "a TextVectorization layer, so its words are not known."
        )
    X = check_array(X, dtype=None, allow_nd=True, ensure_all_finite="allow-nan", input_name="X")
    if X.ndim > 3:
        raise ValueError(f"X has {X.ndim} dimensions, shape {X.shape}; expected 2 or 3.")
    return X


def _units(
    estimator: Any, X: Any, tokens: Tokens | None, by: str, feature_names: Any, feature_groups: Any
) -> tuple[Units, np.ndarray | None]:
    """The units of sequences and which steps are not padding, None if nothing is."""
    if tokens is not None:
        units = make_positions(tokens, by, feature_groups)
        return units, tokens.real
    n_timesteps = columns_fold_into(estimator, X)
    real = _real_steps(estimator, X, n_timesteps)
    units = make_units(
        X.shape,
        by=by,
        n_timesteps=n_timesteps,
        feature_names=input_names(estimator, X) if feature_names is None else feature_names,
        feature_groups=feature_groups,
        from_start=real is not None,
    )
    return units, real


def _real_steps(estimator: Any, X: Any, n_timesteps: int | None) -> np.ndarray | None:
    """Which steps the network reads; they are padding where they reach it as its mask value."""
    *before, last = steps_of(estimator)
    mask_value = getattr(last, "mask_value", None)
    if mask_value is None or _makes_windows(estimator):
        return None
    for step in before:
        X = step.transform(X)
    X = X.to_numpy(np.float64, na_value=np.nan) if hasattr(X, "columns") else np.asarray(X)
    if X.ndim == 2 and n_timesteps is None:
        if getattr(last, "n_timesteps_in_", 1) == 1:
            return None
        raise ValueError(
            f"The columns of X fold into {last.n_timesteps_in_} steps only behind the steps of "
            "the Pipeline, so it is not known which are padding. Transform X first, and pass the "
            "last step."
        )
    return unmasked_steps(fold(X, n_timesteps if X.ndim == 2 else None), mask_value)


def _check_order(estimator: Any, max_samples: float, n_samples: int) -> None:
    """A subsample comes in random order, in which windows would be made of unrelated rows."""
    whole = max_samples == n_samples or (max_samples == 1 and isinstance(max_samples, float))
    if not whole and _makes_windows(estimator):
        raise ValueError(
            f"max_samples={max_samples} draws rows in random order, but SlidingWindow needs them "
            "in time order. Leave max_samples=1.0 and pass fewer rows."
        )


def _makes_windows(estimator: Any) -> bool:
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, SlidingWindow):
        return True
    return any(_makes_windows(step) for _, step in getattr(estimator, "steps", []))


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
    found: Any, units: Units | WordUnits, baseline: float, scoring: str | None
) -> ImportanceResult:
    more: dict[str, Any] = {}
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
