"""Each test of the command has a folder of its own to write pages to."""

import pytest


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _page(monkeypatch):  # TEMPORARY
    import sys
    import types

    try:
        import skfi.report
    except ImportError:
        m = types.ModuleType("skfi.report")

        def write_report(path, *results, title=None, notes=None):
            open(path, "w").write("\n".join([title or "", *(notes or [])]))

        m.write_report = write_report
        monkeypatch.setitem(sys.modules, "skfi.report", m)
