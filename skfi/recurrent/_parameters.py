"""Parameters of both estimators: what each may be, and those of the user's own network."""

from collections.abc import Mapping
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator

from skfi._constraints import RANDOM_STATE, VERBOSE, Missing, Number, Whole
from skfi._private import HasMethods, StrOptions
from skfi.recurrent._architecture import CELLS


def python_numbers(value: Any) -> Any:
    """``value``, and what it holds, with numbers of NumPy as those of Python, which Keras wants."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(map(python_numbers, value))
    if type(value) is dict:
        return {name: python_numbers(one) for name, one in value.items()}
    return value


class Parameters(BaseEstimator):
    """Declares the constraints and reaches into ``network_params``."""

    network_params: Any

    _parameter_constraints: dict = {  # noqa: RUF012 - declared as scikit-learn does
        "units": [Whole(), tuple, list],
        "cell": [StrOptions(set(CELLS))],
        "bidirectional": ["boolean"],
        "dropout": [Number(0, 1, closed="left")],
        "network": [callable, None],
        "network_params": [dict, None],
        "n_timesteps": [Whole(), None],
        "embedding_dim": [Whole(), None],
        "embedding": ["array-like", Mapping, None],
        "embedding_trainable": ["boolean"],
        "n_tokens": [Whole(2), None],
        "mask_value": [Missing(), None],
        "return_sequences": ["boolean"],
        "optimizer": [str, keras.optimizers.Optimizer],
        "learning_rate": [Number(0), None],
        "loss": [str, callable, None],
        "batch_size": [Whole()],
        "epochs": [Whole()],
        "early_stopping": ["boolean"],
        "validation": [StrOptions({"random", "last"}), HasMethods(["split", "get_n_splits"])],
        "validation_fraction": [Number(0, 1)],
        "n_iter_no_change": [Whole()],
        "callbacks": [list, tuple, None],
        "warm_start": ["boolean"],
        "verbose": VERBOSE,
        "random_state": RANDOM_STATE,
        "importance": [StrOptions({"gradient", "permutation", "lofo"}), callable, None],
        "importance_params": [dict, None],
    }

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters; with ``deep`` also ``network_params__<name>`` for each of those.

        Parameters
        ----------
        deep : bool, default=True
            Include the parameters of ``network``.

        Returns
        -------
        params : dict of str
            Names and values.
        """
        params = super().get_params(deep)
        if deep and isinstance(self.network_params, Mapping):
            params |= {f"network_params__{k}": v for k, v in self.network_params.items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of ``network`` as ``network_params__<name>``.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        self : object
            The estimator.
        """
        prefix = "network_params__"
        nested = {k.removeprefix(prefix): v for k, v in params.items() if k.startswith(prefix)}
        super().set_params(**{k: v for k, v in params.items() if not k.startswith(prefix)})
        if nested:
            self.network_params = {**(self.network_params or {}), **nested}
        return self
