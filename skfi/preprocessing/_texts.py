"""Checks of texts."""

from collections.abc import Iterable, Mapping, Set
from typing import Any


def check_texts(X: Any) -> list[str]:
    """``X`` as a list of str; ValueError if it is anything else."""
    no_list = isinstance(X, (str, bytes, Mapping, Set, type)) or getattr(X, "shape", 1) == ()
    if no_list or not isinstance(X, Iterable):
        raise ValueError(
            f"X must be a list, array or Series of texts; got a single "
            f"{type(X).__name__}. For one text pass [text]."
        )
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if len(shape) > 1:
        raise ValueError(
            f"X must be one-dimensional, a text for each sample; got shape {shape}. Of a DataFrame "
            "pass the column of texts."
        )
    texts = list(X)
    if not texts:
        raise ValueError("Found array with 0 sample(s): X holds no text.")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(
                f"X must hold texts (str); entry {i} is {text!r}, of type {type(text).__name__}. "
                "Fill missing texts in with ''; an empty text is allowed."
            )
    return texts
