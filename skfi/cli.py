"""The command ``skfi``: importances from a file, without Python."""

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import skfi
from skfi._cli._errors import CommandError, UsageError
from skfi._cli._parser import make_parser
from skfi._cli._talk import Talk, one_line, write_error_line

_INTERRUPTED = 130  # as shells have it: 128 and the number of the signal
_OF_TABLES = ("target", "inputs", "time", "time_format", "by_id", "text", "window", "past_target")
_NOT_OF_TEXTS = ("inputs", "window", "horizon", "past_target", "cv", "time_limit")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        What was typed after ``skfi``; None takes it from the process.

    Returns
    -------
    status : int
        0 if it is done, 1 if it failed, 2 for wrong usage, 130 if it was interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = make_parser(skfi.__version__).parse_args(given)
        # TensorFlow's own lines; what fails is raised as an error
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        _run(options)
    except SystemExit as end:  # of --help and --version
        return int(end.code or 0)
    except KeyboardInterrupt:
        return _interrupted(given)
    except BrokenPipeError:  # who read the line has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return CommandError.exit_code
    except Exception as error:
        return _failed(error, "--traceback" in given)
    return 0


def _run(options: Namespace) -> None:
    from skfi._cli._answer import Places, check_can_be_written
    from skfi._cli._files import existing, writable

    check_can_be_written()
    talk = Talk(quiet=options.quiet, hints=options.command == "explain")
    paths = [existing(path) for path in getattr(options, "paths", [])]
    page = writable(options.output or _default_page(options.command, paths), ".html", "-o")
    saved = getattr(options, "save", None)
    places = Places(
        page, None if saved is None else writable(saved, ".npz", "--save"), options.json
    )
    if options.command == "report":
        from skfi._cli._reports import report

        report(paths, options, places, talk)
    elif options.command == "demo":
        from skfi._cli._demo import demo

        demo(options, places, talk)
    elif paths[0].suffix in (".keras", ".h5"):
        _explain_model(paths, options, places, talk)
    elif len(paths) > 1:
        raise UsageError(
            f"{len(paths)} files: a table is one file; a model, which ends in .keras, and its data "
            "are two."
        )
    else:
        _explain_table(paths[0], options, places, talk)


def _explain_model(paths: list[Path], options: Namespace, places: Any, talk: Talk) -> None:
    from skfi._cli._model import explain_model

    if len(paths) != 2:
        raise UsageError(f"A model is explained on its data: skfi explain {paths[0]} DATA.npz.")
    _refuse(options, (*_OF_TABLES, "horizon"), "is of tables and texts, and a model was passed")
    explain_model(paths[0], paths[1], options, places, talk)


def _explain_table(path: Path, options: Namespace, places: Any, talk: Talk) -> None:
    if options.text is None:
        from skfi._cli._table import explain_file

        explain_file(path, options, places, talk)
        return
    from skfi._cli._texts import explain_texts

    _refuse(options, _NOT_OF_TEXTS, "is not for texts (--text)")
    explain_texts(path, options, places, talk)


def _refuse(options: Namespace, names: Sequence[str], why: str) -> None:
    for name in names:
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} {why}.")


def _default_page(command: str, paths: list[Path]) -> str:
    if command == "explain":
        return f"{paths[-1].name.split('.')[0]}.html"
    return "river.html" if command == "demo" else "report.html"


def _interrupted(given: list[str]) -> int:
    keeps_nothing = given[:1] in (["explain"], ["demo"]) and "--resume" not in given
    hint = " With --resume FOLDER it can go on where it was stopped." if keeps_nothing else ""
    write_error_line(f"skfi: interrupted.{hint}")
    return _INTERRUPTED


def _failed(error: Exception, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exception(error)
    is_expected = isinstance(error, CommandError)
    kind = "" if is_expected else f"{type(error).__name__}: "
    hint = "" if is_expected or with_traceback else " (--traceback shows more)"
    write_error_line(f"skfi: error: {kind}{one_line(error)}{hint}")
    return error.exit_code if isinstance(error, CommandError) else CommandError.exit_code
