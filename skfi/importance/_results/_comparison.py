"""Importances of the same features by several methods."""

import html
from collections.abc import Mapping
from itertools import combinations
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, rankdata
from sklearn.utils import Bunch

from skfi._given import described
from skfi.importance._inference._t_tests import mean_over_rows
from skfi.importance._results._findings import findings
from skfi.importance._results._plot import Drawn
from skfi.importance._results._result import ImportanceResult
from skfi.importance._results._saved import Saved
from skfi.importance._results._shown import Shown

_OF_UNITS = (
    "importances_mean",
    "importances_std",
    "importances",
    "feature_names",
    "counts",
    "pvalues",
    "confidence_intervals",
    "sample_importances",
)


class ImportanceComparison(Drawn, Saved, Shown, Bunch):
    """Results of several methods for the same features: :func:`~skfi.compare_importances`.

    Attributes
    ----------
    results : dict of str to ImportanceResult
        By method.
    agreement : pandas.DataFrame of shape (n_methods, n_methods)
        Kendall's rank correlation (tau-b) of the importances.
    findings : list of str
        Where the methods disagree, and what that usually means. There is one only where intervals
        show it; a method that has none, as gradients of words, takes part in none.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi import ImportanceComparison, ImportanceResult
    >>> results = {
    ...     method: ImportanceResult.from_values(
    ...         np.array([[0.1, 0.3], [0.5, 0.7]]), feature_names=["tmin", "rain"], method=method)
    ...     for method in ("permutation", "lofo")}
    >>> comparison = ImportanceComparison.from_results(results)
    >>> comparison.agreement.loc["lofo", "permutation"]
    np.float64(1.0)
    >>> comparison.to_frame()["lofo", "rank"].tolist()
    [1, 2]
    """

    _display = "ComparisonDisplay"

    @classmethod
    def from_results(
        cls, results: dict[str, ImportanceResult], correlated: Any = ()
    ) -> "ImportanceComparison":
        """Compare results that were computed before.

        Parameters
        ----------
        results : dict of str to ImportanceResult
            By method; all of the same features in the same order. Those of words are compared on
            the words and groups that each of them has; there gradients, which are means over the
            occurrences of a word, become totals, as the other methods' importances are.
        correlated : list of (str, str, float), default=()
            Pairs of strongly correlated features and their correlations.

        Returns
        -------
        comparison : ImportanceComparison
            The results and how they agree.

        Raises
        ------
        ValueError
            If there are less than two results, or they are of different features.
        """
        check_results(results)
        check_pairs(correlated)
        if len(results) < 2:
            raise ValueError(f"There is nothing to compare: got {len(results)} result(s).")
        if all(result.by == "word" for result in results.values()):
            results = {name: _in_total(one) for name, one in _of_shared_words(results).items()}
        first, *others = results.values()
        for other in others:
            if list(other.feature_names) != list(first.feature_names):
                raise ValueError(
                    "The results are of different features: "
                    f"{list(first.feature_names)} and {list(other.feature_names)}."
                )
        agreement = pd.DataFrame(1.0, index=list(results), columns=list(results))
        for a, b in combinations(results, 2):
            tau = kendalltau(results[a].importances_mean, results[b].importances_mean).statistic
            agreement.loc[a, b] = agreement.loc[b, a] = tau
        # what was not finished disagrees with nothing yet
        whole = {name: one for name, one in results.items() if "incomplete" not in one}
        sentences = findings(whole, intervals_of(whole), correlated)
        return cls(results=results, agreement=agreement, findings=list(sentences))

    def to_frame(self) -> pd.DataFrame:
        """Mean, interval and rank of each feature by each method.

        Returns
        -------
        frame : pandas.DataFrame
            Indexed by feature, the best mean rank first. Columns are pairs of the method and
            "mean", "ci_low", "ci_high" (95%; NaN where it is not known), "rank" (1 is the most
            important; NaN where an importance is not known).
        """
        columns: dict[tuple[str, str], np.ndarray] = {}
        intervals = intervals_of(self.results)
        for method, result in self.results.items():
            low, high = intervals[method].T
            columns[method, "mean"] = result.importances_mean
            columns[method, "ci_low"], columns[method, "ci_high"] = low, high
            columns[method, "rank"] = ranks(result)
        any_result = next(iter(self.results.values()))
        index = pd.Index(any_result.feature_names, name=any_result.by)
        frame = pd.DataFrame(columns, index=index)
        of_all = np.array([ranks(result) for result in self.results.values()], dtype=np.float64)
        known = ~np.isnan(of_all)
        of_methods = np.where(known, of_all, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return frame.iloc[np.argsort(of_methods, kind="stable")]

    def __repr__(self) -> str:
        table = self.to_frame().to_string(float_format="{:.4g}".format, max_rows=20)
        return "\n".join([table, "", *(f"- {finding}" for finding in self.findings)])

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(float_format="{:.4g}".format)
        items = "".join(f"<li>{html.escape(finding)}</li>" for finding in self.findings)
        return f"<div>{table}<ul>{items}</ul></div>"


def check_results(results: Any) -> None:
    """Raise TypeError unless it is a mapping of results."""
    wrong = [name for name, one in _items(results) if not isinstance(one, ImportanceResult)]
    if wrong or not isinstance(results, Mapping):
        got = described(results) + (f" with {wrong[0]!r} of another type" if wrong else "")
        raise TypeError(f"results must be a mapping of a name to an ImportanceResult; got {got}.")


def _items(results: Any) -> Any:
    return results.items() if isinstance(results, Mapping) else ()


def check_pairs(correlated: Any) -> None:
    """Raise TypeError unless it is a list of pairs of features and their correlations."""
    is_list = isinstance(correlated, (list, tuple))
    if not is_list or any(
        not (isinstance(pair, (list, tuple)) and len(pair) == 3 and isinstance(pair[2], Real))
        for pair in correlated
    ):
        raise TypeError(
            "correlated must be a list of (feature, feature, correlation); got "
            f"{described(correlated)}."
        )


def ranks(result: ImportanceResult) -> np.ndarray:
    """1 for the most important; ties share the better rank; NaN where one is not known."""
    values = rankdata(-result.importances_mean, method="min", nan_policy="omit")
    return values if np.isnan(values).any() else values.astype(np.int64)


def intervals_of(results: Mapping[str, ImportanceResult]) -> dict[str, np.ndarray]:
    """95% intervals of each method's importances.

    The row groups of permutation are also used for gradients of the same rows.
    """
    groups = next((one.sample_groups for one in results.values() if "sample_groups" in one), None)
    return {method: _interval(result, groups) for method, result in results.items()}


def _interval(result: ImportanceResult, groups: np.ndarray | None) -> np.ndarray:
    """Intervals (n_units, 2), of gradients by their spread over samples; NaN if unknown."""
    if "confidence_intervals" in result:
        return result.confidence_intervals
    if result.baseline_score is None and result.importances is not None:
        if groups is not None and len(groups) != result.importances.shape[1]:
            groups = None  # they were computed on other rows
        inference = mean_over_rows(result.importances, result.sample_weight, groups)
        if inference:
            return inference["confidence_intervals"]
    return np.full((len(result.importances_mean), 2), np.nan)


def _of_shared_words(results: dict[str, ImportanceResult]) -> dict[str, ImportanceResult]:
    """The results restricted to the words that all of them have."""
    first, *others = results.values()
    shared = [
        name for name in first.feature_names if all(name in one.feature_names for one in others)
    ]
    if len(shared) < 2:
        raise ValueError(
            f"The results have {len(shared)} words or groups in common; two are needed to compare. "
            "Pass the same feature_groups to each method."
        )
    return {method: _only(result, shared) for method, result in results.items()}


def _only(result: ImportanceResult, names: list[str]) -> ImportanceResult:
    where = [list(result.feature_names).index(name) for name in names]
    selected = {key: result[key][where] for key in _OF_UNITS if result.get(key) is not None}
    return ImportanceResult(**dict(result) | selected)


def _in_total(result: ImportanceResult) -> ImportanceResult:
    """Gradients summed over all occurrences of a word; other results unchanged."""
    if result.baseline_score is not None:
        return result
    total = {name: result[name] * result.counts for name in ("importances_mean", "importances_std")}
    return ImportanceResult(**dict(result) | total | {"in_total": True})
