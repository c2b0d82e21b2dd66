"""The files that are read and written."""

import gzip
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skfi._cli._errors import CommandError, UsageError, did_you_mean
from skfi._cli._talk import Talk, one_line

CSV = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET = (".parquet", ".pq")
_SEPARATORS = ",;\t|"


def existing(path: str) -> Path:
    """The path of a file that is there."""
    file = Path(path)
    if file.is_file():
        return file
    if file.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it.")
    folder = file.parent
    others = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    raise UsageError(f"There is no file {path}.{did_you_mean(file.name, others)}")


def writable(path: str, suffix: str, option: str) -> Path:
    """A path that can be written to, which is known before anything takes time."""
    file = Path(path)
    if file.suffix.lower() != suffix:
        raise UsageError(f"{option} {path}: the name must end in {suffix}.")
    if file.is_dir():
        raise UsageError(f"{option} {path} is a folder; name a file in it.")
    if not file.parent.is_dir():
        raise UsageError(f"{option} {path}: there is no folder {file.parent}.")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"{option} {path} may not be written to.")
    return file


def read_table(path: Path, talk: Talk) -> pd.DataFrame:
    """A table of a CSV or Parquet file; the names of its columns are texts."""
    name = path.name.lower()
    if name.endswith(PARQUET):
        frame = _read_parquet(path)
    elif name.endswith(CSV):
        frame = _read_csv(path, talk)
    else:
        raise UsageError(
            f"{path} is neither CSV ({', '.join(CSV[:3])}, also .gz) nor Parquet "
            f"({', '.join(PARQUET)}). A model takes its data as well: skfi explain MODEL.keras "
            "DATA.npz."
        )
    frame.columns = pd.Index([str(column).strip() for column in frame.columns])
    _check_different(path, frame.columns)
    if not len(frame):
        raise CommandError(f"{path} has no rows.")
    talk.say(f"{path}: {len(frame):,} rows, {frame.shape[1]} columns.")
    return frame


def listed_names(names: list[str]) -> str:
    """Names in quotes, with commas."""
    return ", ".join(map(repr, names))


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except ImportError as error:
        raise CommandError(
            "Parquet files are read with pyarrow, which is not installed: pip install pyarrow. "
            "Or pass the table as CSV."
        ) from error
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} is no Parquet file: {one_line(error)}") from error
    is_counted = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    return frame if is_counted else frame.reset_index()


def _read_csv(path: Path, talk: Talk) -> pd.DataFrame:
    options: dict[str, Any] = {"sep": separator_of(path), "skipinitialspace": True}
    try:
        try:
            frame = pd.read_csv(path, encoding="utf-8-sig", **options)
        except UnicodeDecodeError:
            frame = pd.read_csv(path, encoding="cp1252", **options)
            talk.note(f"{path.name} is not UTF-8, and was read as Windows-1252.")
        # pandas would call the second of two columns of one name by another
        header = pd.read_csv(path, encoding="latin-1", header=None, nrows=1, dtype=str, **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise CommandError(f"{path} cannot be read as CSV: {one_line(error)}") from error
    names = header.iloc[0].dropna().str.strip()
    _check_different(path, names)
    return frame


def _check_different(path: Path, names: pd.Series | pd.Index) -> None:
    repeated = sorted(set(names[names.duplicated()]))
    if repeated:
        raise CommandError(f"{path} has several columns of the name {listed_names(repeated)}.")


def separator_of(path: Path) -> str:
    """What separates the columns: a sign that is as often in each of the first lines."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        lines = [file.readline(1_000_000).decode("latin-1") for _ in range(20)]
    outside_of_quotes = [re.sub(r'"[^"]*"', "", line) for line in lines if line.strip()]
    header = outside_of_quotes[0] if outside_of_quotes else ""

    def is_regular(sign: str) -> bool:
        return len({line.count(sign) for line in outside_of_quotes}) == 1

    return max(
        _SEPARATORS, key=lambda sign: (sign in header and is_regular(sign), header.count(sign))
    )


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` file, of which nothing is run."""
    if path.suffix.lower() != ".npz":
        raise UsageError(
            f"{path}: the data of a model are an .npz file with the array X, and perhaps y and "
            "feature_names, as numpy.savez('data.npz', X=X, y=y) writes it."
        )
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception as error:  # of what NumPy and zipfile say of other files
        hint = " Save texts as numpy.array(names, dtype=str)." if "pickle" in str(error) else ""
        raise CommandError(f"{path} cannot be read as .npz: {one_line(error)}{hint}") from error
