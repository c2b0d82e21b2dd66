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
    copied = clone(estimator)
    _check_copied(estimator, copied)
    return copied.set_params(**seeds)


def _check_copied(estimator: Any, copied: Any) -> None:
    """Raise ValueError if a parameter, such as a loss, has lost an attribute on the way.

    Keras copies its objects by ``get_config``, which a class of the user's own may lack.
    """
    copies = copied.get_params()
    for name, value in estimator.get_params().items():
        if isinstance(value, type) or not hasattr(value, "get_config"):
            continue
        others = vars(copies.get(name, value))
        for attribute, own in vars(value).items():
            other = others.get(attribute)
            if isinstance(own, (bool, int, float, str)) and own != other and attribute != "name":
                raise ValueError(
                    f"{name} is a {type(value).__name__} whose {attribute} is {own!r}, and in a "
                    f"copy {other!r}: Keras copies it by get_config. Let get_config of the class "
                    f"return {attribute} too."
                )
