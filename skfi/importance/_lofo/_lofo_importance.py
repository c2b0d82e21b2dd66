"""LOFO importance: how much a cross-validated score worsens when a unit is left out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from skfi._constraints import N_JOBS, RANDOM_STATE, VERBOSE, Number, Whole
from skfi._given import checked_weights
from skfi._pipelines import unfrozen
from skfi._private import StrOptions, validate_params
from skfi.importance._clones import seeded_clone
from skfi.importance._inputs._adapters import as_estimator
from skfi.importance._inputs._read import samples_of
from skfi.importance._lofo._checks import (
    check_is_repeatable,
    check_metric,
    check_outputs,
    folds_of,
)
from skfi.importance._lofo._estimator import LeftOutEstimator, LeftOutScorer
from skfi.importance._lofo._input import check_fit_params, check_y, lofo_input
from skfi.importance._lofo._results import lofo_results
from skfi.importance._lofo._run import Run
from skfi.importance._lofo._warm_start import check_features_stay, check_warm, epochs_of
from skfi.importance._memory import location_of
from skfi.importance._outputs import outputs_of, reached, scorer_of_outputs
from skfi.importance._results._about import recorded
from skfi.importance._results._by_output import ImportancesByOutput
from skfi.importance._results._result import ImportanceResult
from skfi.importance._scoring import QuickScorer, scorer_for, scoring_name, scoring_of

PARAMETERS = {
    "cv": "no_validation",
    "scoring": "no_validation",
    "per_output": ["boolean"],
    "cv_groups": "no_validation",
    "n_jobs": N_JOBS,
    "leave_out": [StrOptions({"auto", "remove", "constant"})],
    "refit": [StrOptions({"cold", "warm"})],
    "refit_epochs": [Whole(), None],
    "fit_params": [dict, None],
    "by": [str],
    "feature_groups": "no_validation",
    "feature_names": "no_validation",
    "unknown_id": [Whole(0)],
    "sample_weight": "no_validation",
    "error_score": [StrOptions({"raise"}), "nan"],
    "memory": "no_validation",
    "time_limit": [Number(0, closed="left"), None],
    "verbose": VERBOSE,
    "random_state": RANDOM_STATE,
}


@recorded
@validate_params(PARAMETERS, prefer_skip_nested_validation=True)
def lofo_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    cv: Any = None,
    scoring: Any = None,
    per_output: bool = False,
    cv_groups: Any = None,
    n_jobs: int | None = None,
    leave_out: str = "auto",
    refit: str = "cold",
    refit_epochs: int | None = None,
    fit_params: Mapping[str, Any] | None = None,
    by: str = "feature",
    feature_groups: Mapping[str, Sequence[Any]] | str | None = None,
    feature_names: Sequence[str] | None = None,
    unknown_id: int = 1,
    sample_weight: Any = None,
    error_score: Any = "raise",
    memory: Any = None,
    time_limit: float | None = None,
    verbose: int = 0,
    random_state: int | np.random.RandomState | None = None,
) -> ImportanceResult | ImportancesByOutput:
    """Importance by leaving one feature out (LOFO) and training again under cross-validation.

    ``LOFOImportance`` of the package lofo-importance [1]_ says what to train and score on, without
    which unit; folds are drawn once, so that every feature is compared on the same ones. The
    importance is what the learning procedure loses without a feature, not what one trained network
    does: a feature that shares its information with another one scores near zero. It costs
    (1 + number of units) * folds fits.

    Parameters
    ----------
    estimator : estimator, keras.Model or Pipeline
        Any scikit-learn estimator or SciKeras wrapper; it is cloned. Of a Pipeline the whole is
        refitted without the raw column. Of a compiled ``keras.Model`` fresh networks of the same
        layers are trained; say for how long in ``fit_params``. Frozen layers keep their weights,
        frozen steps of a Pipeline what they learnt; a last step that is frozen is trained.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        All samples: cross-validation splits them. Also texts, token ids (n_samples, n_positions),
        several inputs or frames, as :func:`~skfi.permutation_importance` takes them.
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_timesteps)
        Targets; of several outputs by their names.
    cv : int, cross-validation splitter or iterable of splits, default=None
        As in scikit-learn; None is 5 folds, stratified for a classifier. Series in time order need
        :class:`~sklearn.model_selection.TimeSeriesSplit`.
    scoring : str or callable, default=None
        One metric, as in scikit-learn; None is the estimator's own ``score``.
    per_output : bool, default=False
        Return the importances of each output, as for permutation, of the same networks.
    cv_groups : array-like of shape (n_samples,), default=None
        Groups for a splitter such as :class:`~sklearn.model_selection.GroupKFold`.
    n_jobs : int, default=None
        Fits in parallel, in processes of joblib. None trains two networks at a time, in threads,
        if no code but skfi's, scikit-learn's and that of Keras' own layers runs in it, else one
        after the other; 1 always does that. A ``joblib.parallel_config`` decides in place of None.
    leave_out : {"auto", "remove", "constant"}, default="auto"
        How a unit is left out: it is removed from ``X``, or its cells are held at one value in
        training and test, which leaves nothing to learn from it: each feature's mean over all real
        steps; of whole numbers the median, of labels the most frequent. "auto" removes where that
        is sure, and else, where something may address columns or keep what it learnt from all of
        them, holds constant: a ColumnTransformer, a frozen step, code that is not scikit-learn's
        or skfi's, a network that cuts out features, takes several inputs or frames. A linear model
        gives the same either way;
        elsewhere a constant leaves the other inputs, and the size of the network, as they are.
        Words are removed from the texts, and those after them move up. "constant" has token ids
        become ``unknown_id`` where they stand, as is always done if there is a target at every
        position; an id that is rare elsewhere then tells nearly all that the words told.
    refit : {"cold", "warm"}, default="cold"
        How a network without a unit is trained: anew, or on from its fold's network with all units,
        from which the weights of the unit's inputs are removed [2]_, or kept if it is held
        constant. Warm is several times quicker
        and has less noise of training; in exchange the reduced network stays near the full one,
        so that importances come out larger where it would have had to find another way to the
        target, and may stay larger for correlated features. The score with all units is that of
        the fold's network trained on for as long. Networks of skfi only.
    refit_epochs : int, default=None
        Epochs of a warm refit; None is a fifth of the estimator's. More than one end early, when a
        tenth of the rows, held out, are predicted no better (``early_stopping``).
    fit_params : dict, default=None
        Passed to every ``fit``, such as ``{"epochs": 20}`` for a ``keras.Model``.
    by : {"feature", "timestep", "cell", "input"}, default="feature"
        What is left out. Single cells, and time steps of a network with an output at each, can
        only be held at a constant. Of token ids a time step is a position.
    feature_groups : mapping of str to list of names or positions, or "auto", default=None
        Units that are left out together; the others stay on their own. Of texts the groups of
        words to leave out, from training and test; no others are left out. "auto" as for
        permutation.
    feature_names : sequence of str, default=None
        Names of the features; by default the columns of a DataFrame, else x0, x1, ...
    unknown_id : int, default=1
        Of token ids: the id of an unknown word, which positions, and words, get that are held
        constant. TextSequencer's is 1; in ids made otherwise 1 may be a word.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in fit and score.
    error_score : "raise" or np.nan, default="raise"
        What becomes of a fit, or its score, that raises an error: the error ends the computation,
        or the score is NaN. Means are then over the other folds, and ``note`` says how many failed.
    memory : str, path or joblib.Memory, default=None
        A folder in which the scores of each fit are stored as it ends. The same call, after it was
        stopped, goes on from there, and gives the numbers of one that was not. What is the same:
        the data, the parameters and their code, the folds, the versions of the packages; so every
        ``random_state`` has to be set. Workers should see the folder.
    time_limit : float, default=None
        Seconds after which no fit begins, but the first one of the call. The result is of the
        folds that were finished; before the first one is, units that are still open are NaN.
        ``note`` says what is missing; with ``memory`` the next call goes on.
    verbose : int, default=0
        Show a progress bar over the fits, and the time that they still take.
    random_state : int, RandomState instance or None, default=None
        Seeds the fits: sets every ``random_state`` parameter of the estimator. None leaves them.

    Returns
    -------
    result : ImportanceResult, or ImportancesByOutput with ``per_output``
        ``importances`` (n_units, n_folds): score with all units less the score without the unit;
        ``baseline_scores`` (n_folds,): scores with all units; ``leave_out``, "remove" or
        "constant": which was done; ``incomplete``, if fits failed or there was no time for them:
        a sentence. From three folds on
        ``confidence_intervals`` (n_units, 2) of 95% and ``pvalues`` by the corrected one-sided
        t-test over folds [3]_, that networks *trained* without the unit score no worse; with few
        folds it finds only large effects.

    Raises
    ------
    TypeError
        If ``estimator`` is neither an estimator nor a Keras model.
    ValueError
        If there is a single unit; if a parameter, a name or a shape does not fit; if ``X`` or ``y``
        hold NaN that the estimator does not take, or infinity; if a fold is empty or tests on rows
        that it trains on; if scikit-learn's metric is not defined on a fold, or another one does
        not return a finite number; if ``leave_out="remove"`` would break sequences; with
        ``memory``, if something is drawn without a seed. An error in a fit or a score is raised as
        it is, unless ``error_score`` is NaN.

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
    location = location_of(memory)
    estimator = as_estimator(unfrozen(estimator))
    if refit == "warm":
        check_warm(estimator)
    every_output = outputs_of(estimator, y) if per_output else []
    X, y = samples_of(estimator, X), check_y(estimator, y)
    if sample_weight is not None:
        sample_weight = checked_weights(sample_weight, len(y))
    given = lofo_input(
        estimator,
        X,
        y,
        sample_weight,
        leave_out=leave_out,
        by=by,
        groups=feature_groups,
        names=feature_names,
        unknown_id=unknown_id,
    )
    if refit == "warm":
        check_features_stay(estimator, cells_stay=given.data.cells_stay)
    fit_params = check_fit_params(estimator, fit_params)
    if isinstance(scoring, (list, tuple, set, dict)):
        raise ValueError(f"LOFO takes one metric; got scoring={scoring!r}.")
    scoring = scoring_of(estimator, scoring)
    outputs = reached(every_output, given.real)
    scorer = scorer_of_outputs(outputs, estimator, scoring) or scorer_for(estimator, scoring)
    if random_state is not None:
        estimator = seeded_clone(estimator, check_random_state(random_state))
    # targets at every step are no list of labels
    stratified = is_classifier(estimator) and not given.per_step
    folds = folds_of(cv, given, cv_groups, stratified=stratified)
    check_metric(estimator, scoring, given, folds)
    check_outputs(outputs, given, folds)
    if location is not None:
        check_is_repeatable(estimator, cv, folds, given, cv_groups)
    n_fits = (1 + len(given.data.names)) * len(folds)
    name = scoring_name(estimator, scoring)
    run = Run(
        LeftOutEstimator(estimator, given.data, fit_params, n_fits),
        LeftOutScorer(QuickScorer(scorer, n_scores=n_fits), name, given.data, per_output),
        folds,
        refit_epochs=None if refit == "cold" else epochs_of(estimator, refit_epochs),
        time_limit=time_limit,
        error_score=error_score,
    ).storing_in(location)
    scores = run.scores(n_jobs, scoring=scoring, verbose=verbose)
    results = lofo_results(scores, folds, given.data, scoring=name, refit=refit)
    if not outputs:
        return results[0]
    return ImportancesByOutput.from_results([output.name for output in outputs], results)
