"""Gradients, permutation and LOFO of one estimator in one call."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skfi._constraints import N_JOBS, OPTIONAL_MAPPING, RANDOM_STATE
from skfi._private import validate_params
from skfi.importance._functions import FUNCTIONS, check_params_of
from skfi.importance._gradient._columns import gradients_of_columns
from skfi.importance._inputs._read import samples_of
from skfi.importance._lofo._input import check_lofo_input
from skfi.importance._results._about import recorded
from skfi.importance._results._comparison import ImportanceComparison
from skfi.importance._results._result import ImportanceResult
from skfi.importance._units._correlation import strongly_correlated


@recorded
@validate_params(
    {
        "methods": [list, tuple, set, str],
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
        "gradient_params": OPTIONAL_MAPPING,
        "permutation_params": OPTIONAL_MAPPING,
        "lofo_params": OPTIONAL_MAPPING,
    },
    prefer_skip_nested_validation=False,
)
def compare_importances(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    methods: Sequence[str] = tuple(FUNCTIONS),
    cv: Any = None,
    scoring: Any = None,
    feature_names: Sequence[str] | None = None,
    feature_groups: Mapping[str, Sequence[Any]] | str | None = None,
    n_jobs: int | None = None,
    memory: Any = None,
    random_state: int | None = None,
    gradient_params: Mapping[str, Any] | None = None,
    permutation_params: Mapping[str, Any] | None = None,
    lofo_params: Mapping[str, Any] | None = None,
) -> ImportanceComparison:
    """Importances of the same features by several methods, and where these disagree.

    Permutation and LOFO are of the columns of ``X``, gradients of the features that enter the
    network. Where a Pipeline encodes, drops or reorders columns, the gradients of all features that
    come from a column are summed, and there are no ``attributions``.

    Parameters
    ----------
    estimator : estimator, Pipeline or keras.Model
        A fitted one, as the three functions take it; LOFO trains clones of it.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
        Samples: best ones that ``estimator`` has not seen. LOFO trains and scores on them by
        ``cv``.
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_timesteps)
        Targets.
    methods : sequence of {"gradient", "permutation", "lofo"}, default=all three
        Which to compare, at least two.
    cv : int, splitter or iterable, default=None
        Folds of LOFO.
    scoring : str, callable, or None, default=None
        One metric, of permutation and LOFO.
    feature_names : sequence of str, default=None
        Names of the features.
    feature_groups : mapping of str to list of names or positions, or "auto", default=None
        Features that count as one. Of texts groups of words, which LOFO needs: with it these groups
        are compared, without it all frequent words.
    n_jobs : int, default=None
        Jobs of permutation and LOFO; None trains two networks of LOFO at a time where it can.
    memory : str, path or joblib.Memory, default=None
        A folder in which permutation and LOFO store each score, so that the same call goes on
        where it was stopped.
    random_state : int, default=None
        Seeds every method.
    gradient_params, permutation_params, lofo_params : mapping, default=None
        Further parameters of each function, such as ``{"method": "integrated_gradients"}``.

    Returns
    -------
    comparison : ImportanceComparison
        With ``to_frame()``, ``plot()``, ``agreement`` and ``findings``.

    Raises
    ------
    TypeError, NotFittedError, ValueError
        As the functions do; ValueError also if a method is unknown or there are less than two, or
        if a Pipeline mixes columns, as a PCA does, and there are gradients to compare.

    See Also
    --------
    gradient_importance, permutation_importance, lofo_importance : One method each.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import compare_importances
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = 3 * X[:, 0] + X[:, 1]
    >>> comparison = compare_importances(
    ...     LinearRegression().fit(X, y), X, y, methods=["permutation", "lofo"],
    ...     scoring="neg_mean_absolute_error", random_state=0)
    >>> comparison.to_frame()["permutation"].round(1)
             mean  ci_low  ci_high  rank
    feature
    x0        3.3     2.9      3.6     1
    x1        1.1     1.0      1.3     2
    """
    unknown = [one for one in methods if not isinstance(one, str) or one not in FUNCTIONS]
    if unknown or isinstance(methods, str) or len(set(methods)) < 2:
        raise ValueError(
            f"methods={methods!r}; expected at least two of {', '.join(map(repr, FUNCTIONS))}."
        )
    given = {"gradient": gradient_params, "permutation": permutation_params, "lofo": lofo_params}
    for method, of_method in given.items():
        check_params_of(method, of_method or {}, f"{method}_params")
    X = samples_of(estimator, X)
    shared: dict[str, Any] = {"feature_names": feature_names, "feature_groups": feature_groups}
    shared["random_state"] = random_state
    scored = shared | {"scoring": scoring, "n_jobs": n_jobs, "memory": memory}
    params: dict[str, dict[str, Any]] = {
        "gradient": shared | dict(gradient_params or {}),
        "permutation": scored | dict(permutation_params or {}),
        "lofo": scored | {"cv": cv} | dict(lofo_params or {}),
    }
    if any(of_method.get("per_output") for of_method in params.values()):
        raise ValueError(
            "per_output=True gives importances of each output, and methods are compared by those "
            "of all. Call the importance functions, and compare one output's results by "
            "ImportanceComparison.from_results."
        )
    if "lofo" in methods:  # before the others are computed
        check_lofo_input(estimator, X, y, params["lofo"])
    functions = FUNCTIONS | {"gradient": gradients_of_columns}
    results: dict[str, ImportanceResult] = {
        method: functions[method](estimator, X, y, **params[method]) for method in methods
    }
    names = next(iter(results.values())).feature_names
    permuted = results.get("permutation")
    if permuted is not None:  # which knows padding
        correlated = permuted.get("correlated", [])
    else:
        values = X if hasattr(X, "dtype") or hasattr(X, "iloc") else np.asarray(X)
        correlated = []
        if values.ndim > 1 and len(names) == values.shape[-1]:
            correlated = strongly_correlated(values, list(names))
    return ImportanceComparison.from_results(results, correlated)
