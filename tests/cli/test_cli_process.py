"""The command as a process: what it loads, how it ends."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time

import pytest
from cli_data import days, written

import skfi
from skfi.cli import main

pytestmark = pytest.mark.usefixtures("in_a_folder")  # pages are written to the current one


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--help"], 0),
        (["explain", "--help"], 0),
        (["--version"], 0),
        (["explain", "river.csv", "--window", "many"], 2),
        (["explain", "river.csv", "--target", "flw"], 2),
    ],
)
def test_tensorflow_is_not_loaded_for_help_and_usage_errors(arguments, status, tmp_path):
    written(days(40), tmp_path)
    code = (
        "import sys; from skfi.cli import main; status = main(sys.argv[1:]); "
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'lofo'} & set(sys.modules); "
        "sys.exit(99 if heavy else status)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == status, done.stderr


def test_help_has_examples_that_can_be_parsed(capsys):
    from skfi._cli._parser import make_parser

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"skfi {skfi.__version__}\n"
    for command, least in (("explain", 6), ("report", 2), ("demo", 2)):
        assert main([command, "--help"]) == 0
        text = capsys.readouterr().out
        shown = [line for line in text.splitlines() if line.startswith("  skfi ")]
        assert len(shown) >= least
        for line in shown:
            make_parser("").parse_args(shlex.split(line)[1:])


def test_python_m_gives_one_line_and_one_object(tmp_path):
    path = written(days(100), tmp_path)
    arguments = ["explain", path, "--target", "flow", "--window", "2", "--method", "gradient"]
    command = [sys.executable, "-m", "skfi", *arguments, "--units", "2", "--epochs", "1"]
    done = subprocess.run([*command, "--quiet", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["page"] == "river.html"
    warned = [line for line in done.stderr.splitlines() if not line.startswith("Warning: ")]
    assert not warned


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_an_interrupt_ends_it_cleanly(tmp_path):
    path = written(days(400), tmp_path)
    command = [
        sys.executable,
        "-m",
        "skfi",
        "explain",
        path,
        "--target",
        "flow",
        "--method",
        "lofo",
    ]
    process = subprocess.Popen(
        [*command, "--epochs", "100000", "--inputs", "rain,tmax"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr:
            if line.startswith("LOFO, which"):
                break
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1].startswith("skfi: interrupted. With --resume FOLDER")
    assert "Traceback" not in err
    assert [each.name for each in tmp_path.iterdir()] == ["river.csv"]
