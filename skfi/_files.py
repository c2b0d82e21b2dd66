"""Files that are written whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from skfi._given import described


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` when all is written, and leaves none if it fails.

    Several processes may write the same path at once: the last one's file stays.

    Raises
    ------
    OSError
        If it cannot be written, such as on a full disk.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("wb") as file:
            yield file
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def checked_path(path: Any) -> Path:
    """A path as one of pathlib; TypeError if it is none."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be the path of a file; got {described(path)}.")
    return Path(path)
