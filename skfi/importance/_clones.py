"""Clones that are trained from a seed of their own."""

from typing import Any

import numpy as np
from sklearn.base import clone


def seed_names(estimator: Any) -> list[str]:
    """The parameters of an estimator, nested ones too, that seed it."""
    return sorted(
        name
        for name in estimator.get_params(deep=True)
        if name == "random_state" or name.endswith("__random_state")
    )


def seeded_clone(estimator: Any, random: np.random.RandomState) -> Any:
    """A clone with every ``random_state``, nested ones too, set from ``random``."""
    seeds = {name: int(random.randint(np.iinfo(np.int32).max)) for name in seed_names(estimator)}
    return clone(estimator).set_params(**seeds)
