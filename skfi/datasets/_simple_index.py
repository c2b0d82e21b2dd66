"""Fetch an archive from a package index without pip, which environments made by uv do not have.

As pip does, it asks the index that ``PIP_INDEX_URL``, uv's variables or pip's own configuration
name, by the simple API (PEP 503 and 691). An archive is taken by its hash alone.
"""

import base64
import configparser
import hashlib
import json
import os
import re
import ssl
import sys
import time
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit

_INDEX = "https://pypi.org/simple"
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_SILENCE = 60  # seconds that a server may say nothing
_MOST_BYTES = 2**28  # of an archive, and of a page


def fetch_archive(
    distribution: str, version: str, sha256: str, *, source: bool, timeout: float
) -> bytes:
    """The bytes of a wheel or source distribution with this hash.

    Raises
    ------
    OSError
        If no index has it, or none can be reached.
    """
    end = time.monotonic() + timeout
    tried = []
    for index in _indexes():
        page = f"{index.rstrip('/')}/{re.sub('[-_.]+', '-', distribution).lower()}/"
        try:
            for url, known in _links(page, end):
                if known is not None and known != sha256:
                    continue
                if known is None and not _is_it(url, distribution, version, source):
                    continue
                content, _, _ = _read(url, end, like=page)
                if hashlib.sha256(content).hexdigest() == sha256:
                    return content
                tried.append(f"{_shown(url)} has another hash")
            tried.append(f"{_shown(page)} lists no such file")
        except (OSError, ValueError) as error:  # HTTP errors are OSErrors; a page that is none
            tried.append(f"{_shown(page)}: {error}")
    raise OSError("; ".join(tried) or "no index is to be asked (PIP_NO_INDEX)")


def _indexes() -> list[str]:
    """Addresses of the indexes to ask, in this order."""
    if _setting("no-index") not in (None, "", "0", "false", "no", "off"):
        return []
    of_uv = (os.environ.get("UV_DEFAULT_INDEX"), os.environ.get("UV_INDEX_URL"))
    first = os.environ.get("PIP_INDEX_URL") or next(filter(None, of_uv), None)
    found = [first or _setting("index-url") or _INDEX]
    return found + (_setting("extra-index-url") or "").split()


def _setting(name: str) -> str | None:
    """What pip's variable, or else its files, set for a download; None for nothing."""
    variable = os.environ.get(f"PIP_{name.upper().replace('-', '_')}")
    if variable is not None:
        return variable
    value = None
    for path in _files():  # a later one overrides
        config = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            config.read(path, encoding="utf-8")
        except configparser.Error as error:
            raise OSError(f"pip's configuration {path} cannot be read: {error}") from error
        for section in ("global", "download"):
            value = config.get(section, name, fallback=value)
    return value


def _files() -> Iterator[Path]:
    """Where pip looks for its configuration."""
    own = os.environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:  # pip reads none then
        return
    if sys.platform == "win32":
        name, shared = "pip.ini", [Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "pip"]
        of_user = [Path.home() / "pip", Path(os.environ.get("APPDATA", Path.home())) / "pip"]
    else:
        name = "pip.conf"
        dirs = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        shared = [*(Path(folder) / "pip" for folder in dirs.split(":")), Path("/etc")]
        config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        of_user = [Path.home() / ".pip", config / "pip"]
    yield from (folder / name for folder in (*shared, *of_user, Path(sys.prefix)))
    if own:
        yield Path(own)


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where an anchor leads."""
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _links(page: str, end: float) -> list[tuple[str, str | None]]:
    """Addresses of the files on a page, and their hashes as far as it tells them."""
    content, kind, at = _read(page, end)
    if "json" in kind:
        files = json.loads(content)["files"]
        return [(urljoin(at, file["url"]), file.get("hashes", {}).get("sha256")) for file in files]
    anchors = _Anchors()
    anchors.feed(content.decode("utf-8", "replace"))
    found = (urldefrag(urljoin(at, link)) for link in anchors.links)
    return [(url, _hash_in(fragment)) for url, fragment in found]


def _hash_in(fragment: str) -> str | None:
    name, _, value = fragment.partition("=")
    return value if name == "sha256" else None


def _is_it(url: str, distribution: str, version: str, source: bool) -> bool:
    """Whether a file is named as the distribution, where the page tells no hash."""
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    stem = rf"{re.sub('[-_.]+', '[-_.]+', distribution)}-{re.escape(version)}"
    return bool(re.fullmatch(stem + (r"\.tar\.gz" if source else r"-.*\.whl"), name, re.IGNORECASE))


def _read(url: str, end: float, *, like: str | None = None) -> tuple[bytes, str, str]:
    """What is at an address, of what kind, and where it was found in the end.

    The name and password in the address of a page are also those of its files on the same host.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http", "file"):
        raise ValueError(f"{_shown(url)} is no address of https, http or file")
    if parts.scheme == "file" and parts.path.endswith("/"):
        url += "index.html"
    request = urllib.request.Request(_shown(url), headers={"Accept": _ACCEPT})
    signed = parts if parts.username or like is None else urlsplit(like)
    if signed.username and signed.hostname == parts.hostname:
        pair = f"{unquote(signed.username)}:{unquote(signed.password or '')}"
        # not sent on to where a server redirects to
        basic = base64.b64encode(pair.encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {basic}")
    context = ssl.create_default_context(cafile=_setting("cert"))
    with urllib.request.urlopen(request, timeout=_SILENCE, context=context) as answer:
        blocks, size = [], 0
        while block := answer.read(2**16):
            blocks.append(block)
            size += len(block)
            if size > _MOST_BYTES or time.monotonic() > end:
                raise OSError("it takes too long, or is too large")
        kind = answer.headers.get("Content-Type") or ""
        return b"".join(blocks), kind, answer.url


def _shown(url: str) -> str:
    """An address without a name and password in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]))
