"""What the checks of importances found."""

from sklearn.utils import Bunch

from skfi.importance._results._plot import Drawn
from skfi.importance._results._saved import Saved
from skfi.importance._results._shown import Shown


class ImportanceReport(Drawn, Saved, Shown, Bunch):
    """What :func:`~skfi.check_importances` found.

    Attributes
    ----------
    checks : pandas.DataFrame
        For each check its ``value``, a ``reference`` to hold it against, whether it ``passed``,
        and a ``meaning`` in words.
    passed : bool
        Whether all checks passed.
    curves : dict of str to ndarray of shape (n_curves, n_points)
        Scores by "deletion" and "insertion" in the order of importance, and by "random" deletion.
    n_shuffled : ndarray of shape (n_points,)
        How many units were shuffled at each point.
    randomised : ndarray of shape (n_layers,), or None
        Of gradients: rank correlations as the layers get random weights one after the other, from
        the output to the input.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skfi import check_importances, permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 4))
    >>> y = X @ [3, 2, 1, 0]
    >>> model = LinearRegression().fit(X, y)
    >>> result = permutation_importance(model, X, y, random_state=0)
    >>> report = check_importances(model, X, y, result, random_state=0)
    >>> report.curves["deletion"].shape, report.n_shuffled
    ((3, 5), array([0, 1, 2, 3, 4]))
    """

    _display = "DeletionCurveDisplay"

    def __repr__(self) -> str:
        verdict = "All checks passed." if self.passed else "Not all checks passed."
        table = self.checks.to_string(float_format="{:.3g}".format, max_colwidth=None)
        return f"{verdict}\n\n{table}"

    def _repr_html_(self) -> str:
        return f"<div>{self.checks.to_html(float_format='{:.3g}'.format)}</div>"
