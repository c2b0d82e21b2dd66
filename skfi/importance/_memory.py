"""Scores that are kept in a folder, so that a call that was stopped goes on where it was.

What is kept are scores, not networks. Files are NumPy's, without pickle: nothing in them is run.
"""

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skfi._files import written_whole
from skfi.importance._fingerprint import fingerprint

Scores = dict[str, Any]  # numbers and arrays by name


@dataclass(frozen=True)
class KeptScores:
    """The scores of one call, by name, in a folder of their own."""

    folder: Path
    key: str  # a hash of all that decides them

    @classmethod
    def of_call(cls, location: str | None, method: str, *parts: Any) -> "KeptScores | None":
        """Those of the call that ``parts`` decide, below the folder ``location``, if there is one.

        Raises
        ------
        TypeError
            If a part cannot be compared with that of another call.
        """
        if location is None:
            return None
        key = fingerprint(method, parts)
        folder = Path(location) / "skfi" / f"{method}-{key[:20]}"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, key)

    def get(self, name: str) -> Scores | None:
        """The scores of ``name``; None if there are none, or the file is not as it was written."""
        try:
            with (
                self._path(name).open("rb") as file,
                np.load(file, allow_pickle=False) as stored,
            ):
                if str(stored["key"]) != f"{self.key} {name}":
                    return None
                names = json.loads(str(stored["names"]))
                return {each: stored[str(i)][()] for i, each in enumerate(names)}
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile):
            return None  # RuntimeError: the archive says that it is encrypted, or packed otherwise

    def keep(self, name: str, scores: Scores) -> None:
        """Store scores, whole or not at all.

        A worker on a machine that does not see the folder leaves that to the process that called.

        Raises
        ------
        OSError
            If they cannot be written, such as on a full disk.
        """
        if not self.folder.is_dir():
            return
        if any(np.asarray(value).dtype.hasobject for value in scores.values()):
            return  # no scores: whoever gets them will say so
        arrays: dict[str, Any] = {
            str(i): np.asarray(value) for i, value in enumerate(scores.values())
        }
        arrays |= {"key": np.array(f"{self.key} {name}"), "names": np.array(json.dumps([*scores]))}
        with written_whole(self._path(name)) as file:
            np.savez(file, **arrays)

    def has(self, name: str) -> bool:
        """Whether there is a file of ``name``."""
        return self._path(name).exists()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"

    @contextmanager
    def said_how_to_go_on(self) -> Iterator[None]:
        """Add to whatever ends the computation inside that it can go on."""
        try:
            yield
        except BaseException as error:
            n_kept = len(list(self.folder.glob("*.npz")))
            error.add_note(
                f"{n_kept} scores are kept in {str(self.folder)!r}: the same call goes on there."
            )
            raise


def location_of(memory: Any) -> str | None:
    """The folder of ``memory``, as scikit-learn's parameters of that name have it; None for none.

    Raises
    ------
    TypeError, ValueError
        If ``memory`` is neither the path of a folder nor a ``joblib.Memory``.
    """
    if memory is None:
        return None
    if isinstance(memory, (str, os.PathLike)):
        if not os.fspath(memory) or Path(memory).is_file():
            raise ValueError(f"memory={memory!r} is no folder; pass the path of one.")
        return os.fspath(memory)
    if hasattr(memory, "cache") and hasattr(memory, "location"):
        return memory.location
    raise TypeError(
        f"memory={memory!r:.60} is of type {type(memory).__name__}; pass the path of a folder, a "
        "joblib.Memory, or None."
    )
