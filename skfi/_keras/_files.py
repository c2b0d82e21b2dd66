"""Networks in files."""

import os

import keras


def read_network(path: str | os.PathLike[str], *, compiled: bool = True) -> keras.Model:
    """A network of a ``.keras`` file, of which no code is run; with its loss if ``compiled``."""
    return keras.saving.load_model(path, compile=compiled)
