"""Each test of the command has a folder of its own to write pages to."""

import pytest


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _page(monkeypatch):  # TEMPORARY
    import importlib.util
    import sys
    import types
    from pathlib import Path

    if importlib.util.find_spec("skfi.report") is None:
        m = types.ModuleType("skfi.report")

        def write_report(path, *results, title=None, notes=None):
            Path(path).write_text("\n".join([title or "", *(notes or [])]))

        m.write_report = write_report
        monkeypatch.setitem(sys.modules, "skfi.report", m)
