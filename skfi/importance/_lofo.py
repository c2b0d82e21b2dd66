"""LOFO importance: how much a cross-validated score worsens when a unit is left out."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import _check_sample_weight, check_array, check_consistent_length

from skfi._sequences import Units, make_units
from skfi.importance._clones import seeded_clone
from skfi.importance._correlation import resolve_groups
from skfi.importance._estimators import as_estimator, mask_of, steps_read_by
from skfi.importance._inference import mean_over_folds
from skfi.importance._last_step import columns_fold_into, input_names
from skfi.importance._left_out import (
    LeftOutEstimator,
    LeftOutScorer,
    SequenceData,
    check_something_stays,
    check_whole_features,
)
from skfi.importance._left_out_words import WordData, reads_words, word_data
from skfi.importance._lofo_folds import scores_of_folds
from skfi.importance._result import ImportanceResult
from skfi.importance._scoring import QuickScorer, scorer_for, scoring_name, scoring_of
from skfi.importance._tokens import find_sequencer
from skfi.importance._warm import check_warm, epochs_of
from skfi.metrics._step_scorer import last_of


@validate_params(
    {
        "verbose": ["verbose"],
        "random_state": ["random_state"],
        "fit_params": [dict, None],
        "unknown_id": [Interval(Integral, 0, None, closed="left")],
        "refit": [StrOptions({"cold", "warm"})],
        "refit_epochs": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def lofo_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    cv: Any = None,
    scoring: Any = None,
    cv_groups: Any = None,
    n_jobs: int | None = None,
    refit: str = "cold",
    refit_epochs: int | None = None,
    fit_params: Mapping[str, Any] | None = None,
    by: str = "feature",
    feature_groups: Mapping[str, Sequence[Any]] | str | None = None,
    feature_names: Sequence[str] | None = None,
    unknown_id: int = 1,
    sample_weight: Any = None,
    verbose: int = 0,
    random_state: int | np.random.RandomState | None = None,
) -> ImportanceResult:
    """Importance by leaving one feature out (LOFO) and training again under cross-validation.

    ``LOFOImportance`` of the package lofo-importance does the scoring [1]_; folds are drawn once,
    so that every feature is compared on the same ones. It asks what the learning procedure loses
    without a feature, not what one trained network does: a feature whose information stands in
    another one too scores near zero. Costs (1 + number of units) * folds fits.

    Parameters
    ----------
    estimator : estimator, keras.Model or Pipeline
        Any scikit-learn estimator or SciKeras wrapper; it is cloned. Of a Pipeline the whole is
        refitted without the raw column. Of a compiled ``keras.Model`` fresh networks of the same
        layers are trained; say for how long in ``fit_params``. Frozen layers keep their weights.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        All samples: cross-validation splits them. Also texts, or token ids (n_samples,
        n_positions).
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_timesteps)
        Targets.
    cv : int, cross-validation splitter or iterable of splits, default=None
        As in scikit-learn; None is 5 folds, stratified for a classifier. Series in time order need
        :class:`~sklearn.model_selection.TimeSeriesSplit`.
    scoring : str or callable, default=None
        One metric, as in scikit-learn; None is the estimator's own ``score``.
    cv_groups : array-like of shape (n_samples,), default=None
        Groups for a splitter such as :class:`~sklearn.model_selection.GroupKFold`.
    n_jobs : int, default=None
        Fits in parallel, in processes of joblib.
    refit : {"cold", "warm"}, default="cold"
        How a network without a unit is trained: anew, or on from its fold's network with all units,
        from which the weights of the unit's inputs are removed [2]_. Warm is several times quicker
        and has less noise of training; in exchange the reduced network stays near the full one,
        so that importances come out larger where it would have had to find another way to the
        target, and may stay larger for correlated features. The score with all units is that of
        the fold's network trained on for as long. Networks of skfi only.
    refit_epochs : int, default=None
        Epochs of a warm refit; None is a fifth of the estimator's. More than one end early, when a
        tenth of the rows, held out, are predicted no better (``early_stopping``).
    fit_params : dict, default=None
        Passed to every ``fit``, such as ``{"epochs": 20}`` for a ``keras.Model``.
    by : {"feature", "timestep"}, default="feature"
        What is left out. A single cell cannot be: the rest is no sequence.
    feature_groups : mapping of str to list of names or positions, or "auto", default=None
        Units that are left out together; the others stay on their own. Of texts the groups of
        words to leave out, which become unknown in training and test; no others are. "auto" as for
        permutation.
    feature_names : sequence of str, default=None
        Names of the features; by default the columns of a DataFrame, else x0, x1, ...
    unknown_id : int, default=1
        Of token ids: the id of an unknown word, which words that are left out get. TextSequencer's
        is 1; in ids made otherwise 1 may be a word.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in fit and score.
    verbose : int, default=0
        Show a progress bar over the units.
    random_state : int, RandomState instance or None, default=None
        Seeds the fits: sets every ``random_state`` parameter of the estimator. None leaves them.

    Returns
    -------
    result : ImportanceResult
        ``importances`` (n_units, n_folds): score with all units less the score without the unit;
        ``baseline_scores`` (n_folds,): scores with all units. From three folds on
        ``confidence_intervals`` (n_units, 2) of 95% and ``pvalues`` by the corrected one-sided
        t-test over folds [3]_, that networks *trained* without the unit score no worse; with few
        folds it finds only large effects.

    Raises
    ------
    TypeError
        If ``estimator`` is neither an estimator nor a Keras model.
    ValueError
        If there is a single unit, or a parameter, a name or a shape does not fit. An error in a
        fit or a score ends the computation and is raised as it is.

    References
    ----------
    .. [1] A. Erdem, "LOFO Importance", https://github.com/aerdem4/lofo-importance.
    .. [2] Y. Gao, A. Stevens, R. Willett, G. Raskutti, "Lazy Estimation of Variable Importance for
       Large Neural Networks", ICML 2022; K. Sun, G. Raskutti, AISTATS 2025, extend it.
    .. [3] C. Nadeau, Y. Bengio, "Inference for the Generalization Error", 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import lofo_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = 3 * X[:, 0] + X[:, 1]
    >>> result = lofo_importance(LinearRegression(), X, y, cv=4, scoring="r2")
    >>> result.to_frame().drop(columns="importance_std").round(3)
             importance_mean  ci_low  ci_high  pvalue
    feature
    x0                 0.936   0.563    1.309   0.004
    x1                 0.111   0.028    0.194   0.012
    """
    estimator = as_estimator(estimator)
    if refit == "warm":
        check_warm(estimator)
    y = _check_y(estimator, y)
    if sample_weight is not None:
        sample_weight = _check_sample_weight(
            sample_weight, np.empty((len(y), 1)), ensure_non_negative=True
        )
    data: SequenceData | WordData
    more: dict[str, Any]
    if reads_words(estimator) and by == "feature":
        data = word_data(estimator, X, y, sample_weight, feature_groups, feature_names, unknown_id)
        names, more = data.names, {}
    else:
        X, units = _check(estimator, X, y, by, feature_groups, feature_names)
        data = SequenceData(X, y, sample_weight, units)
        names, more = units.names, {"axes": units.axes}
    fit_params = _check_fit_params(estimator, fit_params)
    if isinstance(scoring, (list, tuple, set, dict)):
        raise ValueError(f"LOFO takes one metric; got scoring={scoring!r}.")
    scorer = scorer_for(estimator, scoring)
    if random_state is not None:
        estimator = seeded_clone(estimator, check_random_state(random_state))
    per_step = getattr(last_of(estimator), "return_sequences", False)  # y is no list of labels
    stratified = is_classifier(estimator) and not per_step
    splitter = check_cv(5 if cv is None else cv, y, classifier=stratified)
    splits = list(splitter.split(data.X, y, cv_groups))
    n_fits = (1 + len(names)) * len(splits)
    baseline_scores, *scores = scores_of_folds(
        LeftOutEstimator(estimator, data, fit_params, n_fits),
        LeftOutScorer(QuickScorer(scorer, n_scores=n_fits)),
        splits,
        n_units=len(names),
        refit_epochs=None if refit == "cold" else epochs_of(estimator, refit_epochs),
        n_jobs=n_jobs,
        verbose=verbose,
    )
    differences = baseline_scores - np.array(scores)
    n_train, n_test = (np.array([len(rows) for rows in part]) for part in zip(*splits, strict=True))
    return ImportanceResult.from_values(
        differences,
        feature_names=names,
        method="lofo",
        by="word" if isinstance(data, WordData) else by,
        baseline_score=float(baseline_scores.mean()),
        baseline_scores=baseline_scores,
        scoring=scoring_name(estimator, scoring_of(estimator, scoring)),
        refit=refit,
        **mean_over_folds(differences, n_train, n_test),
        **more,
    )


def _check_y(estimator: Any, y: Any) -> Any:
    if y is None:
        raise ValueError("y is None, but LOFO trains networks: pass the targets.")
    y = y if hasattr(y, "iloc") else np.asarray(y)
    if hasattr(estimator, "check_target"):
        estimator.check_target(y)
    return y


def _check(
    estimator: Any, X: Any, y: Any, by: str, feature_groups: Any, feature_names: Any
) -> tuple[Any, Units]:
    """``X`` and the units, such that each unit can be left out."""
    if by == "cell":
        raise ValueError(
            "by='cell' is not possible for LOFO: without one cell the rest is no sequence. Use "
            "by='feature' or 'timestep', or permutation_importance(by='cell')."
        )
    if find_sequencer(estimator) is not None:
        raise ValueError(
            f"by={by!r} is not possible for LOFO of texts, which have no fixed places; leave out "
            "words, by='feature', or use permutation_importance(by='timestep')."
        )
    if not hasattr(X, "iloc"):
        X = check_array(X, dtype=None, allow_nd=True, ensure_all_finite=False, input_name="X")
    if np.ndim(X) > 3:
        raise ValueError(f"X has {np.ndim(X)} dimensions, shape {X.shape}; expected 2 or 3.")
    check_consistent_length(X, y)
    if by == "timestep" and getattr(last_of(estimator), "return_sequences", False):
        raise ValueError(
            "by='timestep' is not possible for LOFO with return_sequences=True: a time step that "
            "is left out has no input for its output. Use permutation_importance."
        )
    n_timesteps = columns_fold_into(estimator, X)
    if reads_words(estimator):
        n_timesteps = X.shape[1]  # a column is a position
    mask_value = mask_of(last_of(estimator))
    real = steps_read_by(last_of(estimator), X) if X.ndim == 3 else None
    names = input_names(estimator, X) if feature_names is None else feature_names
    units = make_units(
        X.shape,
        by=by,
        n_timesteps=n_timesteps,
        feature_names=names,
        feature_groups=resolve_groups(feature_groups, X, names, by=by, real=real),
        from_start=mask_value is not None,
    )
    if len(units) < 2:
        raise ValueError(
            f"LOFO needs at least two units to leave one out; got only {units.names[0]!r}."
        )
    if by == "feature" and n_timesteps is not None and n_timesteps > 1:
        check_whole_features(units, n_timesteps)
    if by == "timestep" and real is not None:
        check_something_stays(units, real)
    return X, units


def _check_fit_params(estimator: Any, fit_params: Mapping[str, Any] | None) -> dict[str, Any]:
    params = dict(fit_params or {})
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    model = getattr(last, "model", None)
    if type(last).__module__ == as_estimator.__module__ and model is not None:
        if not model.compiled:
            raise ValueError(
                "LOFO trains the network again, so it must know optimizer and loss: compile the "
                "keras.Model, or pass from_keras(model) with its parameters set."
            )
        if not any(name.split("__")[-1] == "epochs" for name in params):
            raise ValueError(
                "LOFO trains the network again, and a keras.Model does not keep for how long: "
                "pass fit_params={'epochs': ...}."
            )
    return params
