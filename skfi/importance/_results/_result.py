"""What every importance function returns."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skfi._private import StrOptions, validate_params
from skfi.importance._inference._t_tests import adjusted
from skfi.importance._results._as_shap import AsShap
from skfi.importance._results._checked import BY, checked_summary, summarised
from skfi.importance._results._described import Described
from skfi.importance._results._of_input import entries_of_input
from skfi.importance._results._of_sample import entries_of_sample
from skfi.importance._results._plot import Drawn
from skfi.importance._results._saved import Saved
from skfi.importance._results._shown import Shown


class ImportanceResult(AsShap, Described, Drawn, Saved, Shown, Bunch):
    """The importances of the units of an input, with all that was measured on the way.

    A :class:`sklearn.utils.Bunch` with the keys of scikit-learn's
    :func:`~sklearn.inspection.permutation_importance` and more. Values are signed; an importance
    below zero means that the network did better without the unit.

    Attributes
    ----------
    importances_mean : ndarray of shape (n_units,)
        Mean over repeats (permutation), folds (LOFO) or samples (gradient).
    importances_std : ndarray of shape (n_units,)
        Standard deviation over the same.
    importances : ndarray of shape (n_units, n_repeats | n_folds | n_samples), or None
        The single values; None for gradients by word.
    feature_names : ndarray of shape (n_units,) of str
        Names of the features, time steps, cells or groups.
    method : str
        "permutation", "lofo", or the gradient method.
    by : {"feature", "timestep", "cell", "word"}
        What a unit is.
    input_names : list of str, or absent
        Not by word: names of the features, or of the columns of 2-D ``X``.
    feature_groups : dict of str to list, None or absent
        Not by word: groups that units were made of.
    counts : ndarray of shape (n_units,), or absent
        By word: how often each occurs.
    in_total : bool, or absent; by word, in comparisons: whether these are sums over occurrences
    baseline_score : float or None
        The score with every unit in place; None for gradients.
    scoring : str or None
        Name of the metric; None for gradients.
    attributions : ndarray of the shape of X, or None
        Signed value of each cell of each sample; gradients only. Zero for padding. Of several
        outputs the average, as ``aggregate`` says: of absolute values by default. Of several inputs
        a mapping of each.
    feature_scale : ndarray of the shape of one sample, None or absent
        Saliency and smoothgrad: what gradients were multiplied by for the importances, each
        feature's standard deviation. ``attributions`` are the gradients themselves.
    n_gradients : int, or absent; how many were computed, but for temporal rescaling
    samples : ndarray of the shape of attributions, or absent
        Gradients, not of texts: the values that were explained. Of several inputs a mapping.
    predictions : ndarray of shape (n_samples, n_outputs) or (n_samples, n_timesteps, n_outputs)
        Gradients only: what is predicted of each sample, probabilities of the ``classes``, or
        values in the unit of the targets; of several named outputs a mapping of each.
    classes : ndarray of shape (n_classes,), or absent; gradients of a classifier: the labels
    explained_output : ndarray of int of shape (n_samples,), or absent
        Gradients of one output a sample: which column of its ``predictions``.
    sample_number : int, or absent; of a single :meth:`sample`
    sample_indices : ndarray of shape (n_samples,), or absent; with ``max_samples``: which samples
    sample_weight : ndarray of shape (n_samples,), or None
        Gradients, not by word, and permutation with intervals: weights in the means over samples.
    about : dict, or absent; the data, network, call, time, seconds and versions behind it
    axes : (list of str, list of str), or absent
        Names of the time steps and features of a sequence; of several inputs a mapping of each.
    output : label, or absent; of one of several outputs (``per_output``): its name
    inputs : list of str, or absent; of several inputs: their names, which ``of_input`` takes
    sequence_mask : ndarray of bool of shape (n_samples, n_timesteps), None or absent
        Gradients only: False where a sequence is padding; None if nothing is.
    tokens : list of list of str, or absent
        Gradients of texts: the words of each text.
    completeness_error : ndarray of shape (n_samples,) or (n_samples, n_outputs), or absent
        Integrated gradients: sum of the attributions less the change of each output.
    baseline_output : ndarray of shape (n_samples, n_outputs) or (n_samples, n_timesteps, n_outputs)
        Integrated gradients only: what is predicted for each sample's baseline, probabilities or
        values in the unit of the targets. Where that is a class, ``note`` says so.
    pvalues, confidence_intervals : ndarray of shape (n_units,) and (n_units, 2), or absent
        Permutation and LOFO: one-sided p-values, not adjusted, and intervals of 95%; see
        :func:`~skfi.permutation_importance` and :func:`~skfi.lofo_importance` for what they test.
    correlated : list of (str, str, float), or absent
        Permutation by feature: pairs of an absolute correlation of 0.8 or more, whose importances
        are divided or inflated: see ``feature_groups`` and ``conditional``.
    incomplete : str, or absent
        LOFO: which fits failed or had no time; NaN in ``importances`` counts in no mean.
    refit, leave_out : str, or absent
        LOFO: how networks without a unit were trained, and whether it was removed ("remove") or
        held at a constant ("constant"); see :func:`~skfi.lofo_importance`.
    conditional, shuffle : bool and str, or absent; how permutation shuffled
    conditional_by : ndarray of shape (n_units,) of str, or absent
        Conditional permutation: how each unit was shuffled, "residuals" or "groups".
    sample_groups : ndarray of shape (n_samples,), None or absent
        Permutation with intervals: the group of each row.
    sample_importances : ndarray of shape (n_units, n_samples), or absent
        Permutation, of most metrics: what each row adds to the importance.
    without_intervals : str, or absent
        Permutation: why there are no intervals.

    Examples
    --------
    >>> import numpy as np
    >>> from skfi import ImportanceResult
    >>> result = ImportanceResult.from_values(np.array([[0.1, 0.3], [0.5, 0.7]]),
    ...                                       feature_names=["tmin", "rain"], method="permutation")
    >>> result.to_frame()
             importance_mean  importance_std
    feature
    rain                 0.6             0.1
    tmin                 0.2             0.1
    """

    _display = "ImportanceDisplay"

    @classmethod
    @validate_params({"method": [str], "by": [StrOptions(BY)]}, prefer_skip_nested_validation=True)
    def from_values(
        cls,
        importances: np.ndarray,
        *,
        feature_names: Any,
        method: str,
        by: str = "feature",
        weights: np.ndarray | None = None,
        **more: Any,
    ) -> "ImportanceResult":
        """Make a result of single values (n_units, n_values), averaged with ``weights``.

        Parameters
        ----------
        importances : ndarray of shape (n_units, n_values)
            Values by repeat, fold or sample.
        feature_names : sequence of str
            Names of the units.
        method : str
            Name of the method.
        by : {"feature", "timestep", "cell"}, default="feature"
            What a unit is.
        weights : ndarray of shape (n_values,), default=None
            Weight of each value in mean and standard deviation; kept as ``sample_weight``.
        **more : dict
            Further entries.

        Returns
        -------
        result : ImportanceResult
            The result.
        """
        importances, mean, std, weights = summarised(importances, weights)
        more["importances"] = importances
        if weights is not None:
            more["sample_weight"] = weights
        return cls.from_summary(
            mean, std, feature_names=feature_names, method=method, by=by, **more
        )

    @classmethod
    @validate_params({"method": [str], "by": [StrOptions(BY)]}, prefer_skip_nested_validation=True)
    def from_summary(
        cls,
        mean: np.ndarray,
        std: np.ndarray,
        *,
        feature_names: Any,
        method: str,
        by: str,
        **more: Any,
    ) -> "ImportanceResult":
        """Make a result of means and standard deviations.

        Parameters
        ----------
        mean, std : ndarray of shape (n_units,)
            The importances and their spread.
        feature_names : sequence of str
            Names of the units.
        method : str
            Name of the method.
        by : {"feature", "timestep", "cell", "word"}
            What a unit is.
        **more : dict
            Further entries.

        Returns
        -------
        result : ImportanceResult
            The result.
        """
        mean, std, names = checked_summary(
            mean, std, feature_names, by, may_lack="incomplete" in more
        )
        absent = ("importances", "baseline_score", "scoring", "attributions", "sample_weight")
        return cls(
            importances_mean=mean,
            importances_std=std,
            feature_names=names,
            method=method,
            by=by,
            **(dict.fromkeys(absent) | more),
        )

    @validate_params(
        {"sort": ["boolean"], "adjust": [str, None]}, prefer_skip_nested_validation=True
    )
    def to_frame(self, *, sort: bool = True, adjust: str | None = "holm") -> pd.DataFrame:
        """Mean and spread of each unit as a table.

        Parameters
        ----------
        sort : bool, default=True
            Most important first; False keeps the order of the input.
        adjust : {"holm", "bh", None}, default="holm"
            How p-values are adjusted for the number of units: by Holm, which bounds the chance of
            any false one, or by Benjamini and Hochberg, which bounds the share of false ones.

        Returns
        -------
        frame : pandas.DataFrame
            Indexed by name, with the columns importance_mean and importance_std; if they are
            known, ci_low and ci_high, the ends of the interval of 95%, and pvalue; by word also
            count.

        Raises
        ------
        ValueError
            If ``adjust`` is unknown.
        """
        if adjust not in ("holm", "bh", None):
            raise ValueError(f"adjust={adjust!r} is unknown; use 'holm', 'bh' or None.")
        frame = pd.DataFrame(
            {"importance_mean": self.importances_mean, "importance_std": self.importances_std},
            index=pd.Index(self.feature_names, name=self.by),
        )
        if "pvalues" in self:
            frame[["ci_low", "ci_high"]] = self.confidence_intervals
            frame["pvalue"] = self.pvalues if adjust is None else adjusted(self.pvalues, adjust)
        if "counts" in self:
            frame["count"] = self.counts
        return frame.sort_values("importance_mean", ascending=False) if sort else frame

    def of_input(self, name: str) -> "ImportanceResult":
        """The part of a result of several inputs that is of one, such as to draw it over time.

        Parameters
        ----------
        name : str
            Name of the input.

        Returns
        -------
        result : ImportanceResult
            With its units alone, named without the input, its ``attributions`` and, of gradients,
            the time steps and features that a heat map needs.

        Raises
        ------
        ValueError
            If the result is of one input, there is no such input, or units span several.
        """
        return type(self)(**entries_of_input(self, name))

    def sample(self, number: int) -> "ImportanceResult":
        """The importances of one sample, as a result of its own.

        Its heat map, or its text, also shows its series and what is predicted of it.

        Parameters
        ----------
        number : int
            Of the sample among those of the result.

        Returns
        -------
        result : ImportanceResult
            With the sample's values alone.

        Raises
        ------
        ValueError
            If there is no such sample, or there are no values of single samples: LOFO has none, and
            permutation only by a metric whose rows have (``sample_importances``).
        """
        entries = entries_of_sample(self, number)
        return type(self).from_values(entries.pop("importances"), **entries)

    @property
    def _comparable_attributions(self) -> Any:
        """Attributions that can be compared between features of different units."""
        scale = self.get("feature_scale")
        if isinstance(self.attributions, dict) and scale is not None:
            return {name: values * scale[name] for name, values in self.attributions.items()}
        return self.attributions if scale is None else self.attributions * scale
