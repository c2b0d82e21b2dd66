"""Displays that compute what they draw."""

from typing import Any, ClassVar, Self

from skfi.importance._functions import FUNCTIONS


def compute(method: str, estimator: Any, X: Any, y: Any, **params: Any) -> Any:
    """What the importance function of a method returns; ValueError if there is none."""
    if not isinstance(method, str) or method not in FUNCTIONS:
        raise ValueError(f"method={method!r} is unknown; use one of {', '.join(FUNCTIONS)}.")
    return FUNCTIONS[method](estimator, X, y, **params)


class Computed:
    """A display with ``from_estimator``."""

    _params: ClassVar[dict[str, Any]] = {}  # of the importance functions, for this display
    from_result: ClassVar[Any]

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any = None, *, method: str = "gradient", **kwargs: Any
    ) -> Self:
        """Compute importances and make a display of them.

        Parameters
        ----------
        estimator : estimator, keras.Model or Pipeline
            As the importance functions take it.
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets; gradients need none.
        method : {"gradient", "permutation", "lofo"}, default="gradient"
            Which function computes them.
        **kwargs : dict
            Passed to that function.

        Returns
        -------
        display : object
            Not drawn yet.

        Raises
        ------
        ValueError
            If ``method`` is unknown.
        """
        return cls.from_result(compute(method, estimator, X, y, **(cls._params | kwargs)))
