"""Results in files: NumPy's arrays and a description, of which nothing is run when it is read."""

import json
import os
import zipfile
from typing import Any, ClassVar, Self

import numpy as np

from skfi._files import checked_path, written_whole
from skfi.importance._results._described_as_json import Reader, Writer

_VERSION = 1  # of the form of the files
_NO_RESULT = (OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile)


class Saved:
    """A result, a dict of entries, that can be written to a file and read again."""

    _classes: ClassVar[dict[str, type]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Saved._classes[cls.__name__] = cls

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the result to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            Of the file, an ``.npz`` of NumPy with the arrays and a description of the rest.

        Raises
        ------
        TypeError
            If an entry is no number, text, array or table, or a list or mapping of these.
        """
        path = checked_path(path)
        writer = Writer({cls: name for name, cls in Saved._classes.items()})
        about = {"skfi": _VERSION, "result": writer.describe(self, type(self).__name__)}
        arrays: dict[str, Any] = {"description": np.array(json.dumps(about)), **writer.arrays}
        with written_whole(path) as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a result from a file that ``save`` wrote.

        Parameters
        ----------
        path : str or path
            Of the file.

        Returns
        -------
        result : object of this class
            With the entries of the one that was saved. Nothing in the file is run.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is none that ``save`` wrote, or it holds another kind of result.
        """
        result = load_result(path)
        if type(result) is not cls:
            kind = type(result).__name__
            raise ValueError(f"{os.fspath(path)!r} holds {kind}; read it by {kind}.load.")
        return result

    def to_json(self) -> str:
        """The entries as JSON, arrays as lists.

        Returns
        -------
        text : str
            An object of all entries. NaN and infinity, which JSON does not have, are null; names
            that are no texts are written as texts; tables are lists of rows.
        """
        return json.dumps(_plain(self), allow_nan=False)


def load_result(path: Any) -> Any:
    """Read a result of any kind from a file; see :meth:`Saved.load`."""
    path = checked_path(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(str(arrays.pop("description")))
        version = about["skfi"]
    except FileNotFoundError:
        raise
    except _NO_RESULT as error:
        raise ValueError(f"{str(path)!r} is no file that skfi has saved: {error}.") from error
    if version != _VERSION:
        raise ValueError(
            f"{str(path)!r} is of version {version} of skfi's files, and this skfi reads "
            f"version {_VERSION}: read it with the skfi that wrote it."
        )
    try:
        return Reader(Saved._classes, arrays).make(about["result"])
    except _NO_RESULT as error:
        raise ValueError(f"{str(path)!r} is damaged: {error}.") from error


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if hasattr(value, "to_dict"):  # a table
        return _plain(value.reset_index().to_dict(orient="records"))
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if isinstance(value, (str, int, type(None))) else str(value)
