"""Read a pickle that holds nothing but arrays."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

# what pickles of arrays are made of; a pickle may name any function, and have it called
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # of bytes
}


class _OnlyArrays(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of an array.")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_pickled_arrays(path: Path) -> dict[str, Any]:
    """The dict in a ``.npy`` file of one pickled object, which is read without running code.

    Raises
    ------
    pickle.UnpicklingError
        If it holds anything but arrays, numbers, strings, and lists and dicts of them.
    """
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        read(file)
        return _OnlyArrays(file, encoding="ASCII").load().item()
