"""Importances for each output of an estimator."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from skfi._given import check_values, described, naming
from skfi._private import validate_params
from skfi.importance._results._plot import Drawn
from skfi.importance._results._result import ImportanceResult
from skfi.importance._results._saved import Saved
from skfi.importance._results._shown import Shown


class ImportancesByOutput(Drawn, Saved, Shown, dict[Any, ImportanceResult]):
    """A result for each output: a column of the target, a step of the forecast, a class.

    A dict from the output's name to its :class:`ImportanceResult`, in the order of the outputs, as
    the importance functions return it with ``per_output=True``. All results are of the same units;
    only gradients of words, by class, are of those that the class's texts hold.

    Parameters
    ----------
    results : mapping or iterable of pairs, default=()
        The result of each output, by its name.

    Attributes
    ----------
    importances_mean : ndarray of shape (n_units, n_outputs)
        The importances of all outputs.
    feature_names : ndarray of shape (n_units,) of str
        Names of the units.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = LinearRegression().fit(X, X @ [[1, 1], [0, 1]])
    >>> result = permutation_importance(model, X, X @ [[1, 1], [0, 1]], per_output=True,
    ...                                 feature_names=["rain", "tmin"], random_state=0)
    >>> result.to_frame().round(1)
    output     0    1
    feature
    rain     2.0  0.9
    tmin     0.0  1.0
    >>> result[1].by
    'feature'
    """

    _display = "OutputImportanceDisplay"

    def __init__(self, results: Mapping | Iterable[tuple[Any, ImportanceResult]] = ()) -> None:
        with naming("results", results, "a mapping of names to results"):
            super().__init__(results)
        if not all(isinstance(one, ImportanceResult) for one in self.values()):
            raise TypeError(
                "results must be a mapping of names to ImportanceResult; got "
                f"{described(results)} of other values."
            )

    @classmethod
    def from_results(cls, names: Sequence[Any], results: Sequence[ImportanceResult]) -> Self:
        """Put the results of several outputs together.

        Parameters
        ----------
        names : sequence
            Of the outputs.
        results : sequence of ImportanceResult
            One for each, of the same units.

        Returns
        -------
        results : ImportancesByOutput
            Each result has its ``output`` as an entry.

        Raises
        ------
        ValueError
            If names occur twice, or the results are of different units.
        """
        check_values(names, "names", "a list of the outputs' names")
        check_values(results, "results", "a list of ImportanceResult")
        if not all(isinstance(one, ImportanceResult) for one in results):
            raise TypeError(f"results must be a list of ImportanceResult; got {results!r:.80}.")
        names = list(names)
        if len(set(map(repr, names))) != len(names) or len(names) != len(results):
            raise ValueError(
                f"Each output needs a name of its own; got names={names}, {len(results)} results."
            )
        for result in results:
            same = list(result.feature_names) == list(results[0].feature_names)
            if not same and result.by != "word":
                raise ValueError("The results are of different features.")
        for name, result in zip(names, results, strict=True):
            result["output"] = name
        return cls(zip(names, results, strict=True))

    @property
    def feature_names(self) -> np.ndarray:
        """Names of the units."""
        return self.to_frame().index.to_numpy(dtype=object)

    @property
    def importances_mean(self) -> np.ndarray:
        """The importances, of shape (n_units, n_outputs)."""
        return self.to_frame().to_numpy()

    @validate_params({"sort": ["boolean"]}, prefer_skip_nested_validation=True)
    def to_frame(self, *, sort: bool = False) -> pd.DataFrame:
        """The importances as a table of units by outputs.

        Parameters
        ----------
        sort : bool, default=False
            The largest mean over the outputs first; False keeps the order of the input.

        Returns
        -------
        frame : pandas.DataFrame
            Indexed by unit, a column for each output; NaN where a class's texts do not hold a
            word. Intervals and p-values are in the table of each output's result.
        """
        of_outputs = [
            pd.Series(result.importances_mean, index=result.feature_names)
            for result in self.values()
        ]
        frame = pd.concat(of_outputs, axis=1, keys=list(self), names=["output"])
        frame.index.name = self._first.by
        if not sort:
            return frame
        return frame.iloc[np.argsort(-frame.mean(axis=1).to_numpy(), kind="stable")]

    @property
    def note(self) -> str:
        """The caveats of the results, each once; empty if there are none."""
        return " ".join(dict.fromkeys(filter(None, (result.note for result in self.values()))))

    @property
    def _first(self) -> ImportanceResult:
        return next(iter(self.values()))

    def _title(self) -> str:
        first = self._first
        scoring = "" if first.scoring is None else f", {first.scoring}"
        return f"{first.method} importance by {first.by} and output{scoring}"

    def __repr__(self) -> str:
        table = self.to_frame().to_string(float_format="{:.4g}".format, max_rows=20, max_cols=12)
        return "\n\n".join(filter(None, (self._title(), table, self.note)))

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(float_format="{:.4g}".format, max_cols=30)
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f"<div><p>{html.escape(self._title())}</p>{table}{note}</div>"
