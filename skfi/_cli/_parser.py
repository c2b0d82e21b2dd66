"""What may be typed."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from skfi._cli._errors import UsageError

_EXPLAIN = """\
Train an LSTM on a table, or on texts, or take a finalized network, and say which inputs matter.

A table is read from CSV or Parquet. Its rows are put in order of time, a network is trained on the
first 70% of them, and explained on the rest. All that is assumed is said on standard error, with
how to say otherwise, and stands on the page. The result line has shares: of an importance in the
sum of all positive ones.
"""
_EXAMPLES_OF_EXPLAIN = """\
examples:
  skfi explain river.csv --target flow
  skfi explain river.csv --target flow --window 30 --inputs rain,tmax,tmin -o river.html
  skfi explain river.csv --target flow --past-target --horizon 1 --method permutation
  skfi explain stations.parquet --target flow --time date --by-id station --cv group
  skfi explain reviews.csv --text review --target label
  skfi explain final.keras X_valid.npz -o final.html
  skfi explain river.csv --target flow --resume runs/river --save river.npz --json
"""
_EXAMPLES_OF_REPORT = """\
examples:
  skfi report river.npz -o river.html
  skfi report before.npz after.npz --title "Before and after the retraining"
"""
_EXAMPLES_OF_DEMO = """\
examples:
  skfi demo
  skfi demo --method permutation -o pictures/river.html
"""
_EXIT = "exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n"


class Parser(argparse.ArgumentParser):
    """Raises an error of one line in place of writing several."""

    def error(self, message: str) -> NoReturn:
        """What argparse calls."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def whole(least: int) -> Callable[[str], int]:
    """A type of whole numbers from ``least`` on."""

    def number(text: str) -> int:
        value = int(text) if text.strip().lstrip("+-").isdecimal() else None
        if value is None or value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return value

    return number


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value


def _folds(text: str) -> str:
    if text in ("time", "group") or (text.isdecimal() and int(text) > 1):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is not time, group or a number of folds from 2 on")


def make_parser(version: str) -> Parser:
    """The parser of all subcommands."""
    parser = Parser(
        prog="skfi",
        description="Which inputs matter to a recurrent network? An answer from a file.",
        epilog="skfi explain --help has examples.",
    )
    parser.add_argument("--version", action="version", version=f"skfi {version}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    explain = _command(
        commands,
        "explain",
        "say which inputs of a table, of texts or of a model matter",
        _EXPLAIN,
        _EXAMPLES_OF_EXPLAIN,
    )
    explain.add_argument(
        "paths",
        nargs="+",
        metavar="DATA",
        help="a CSV or Parquet file; or MODEL.keras and an .npz file with the arrays X, and "
        "perhaps y, feature_names and sample_groups",
    )
    _add_data(explain)
    _add_training(explain)
    _add_places(explain, "the name of the data, with .html")
    report = _command(
        commands,
        "report",
        "write a page of saved results",
        "Write one page of results that --save or result.save(path) wrote. Several results of one "
        "method for the same inputs are compared as runs.",
        _EXAMPLES_OF_REPORT,
    )
    report.add_argument("paths", nargs="+", metavar="RESULT.npz", help="files of results")
    _add_places(report, "report.html", saves=False)
    demo = _command(
        commands,
        "demo",
        "explain a river's flow by the weather",
        "Explain the daily flow of a river by rain and temperatures of ten years, and write the "
        "page. The data are fetched once from the package index.",
        _EXAMPLES_OF_DEMO,
    )
    demo.set_defaults(task="regression", time_format=None, window=30, horizon=0, past_target=False)
    _add_training(demo)
    _add_places(demo, "river.html")
    return parser


def _command(commands: Any, name: str, help: str, description: str, examples: str) -> Parser:
    return commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=f"{examples}\n{_EXIT}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_data(parser: Parser) -> None:
    group = parser.add_argument_group("the data")
    add = group.add_argument
    add("--target", metavar="COLUMN", help="the column to explain")
    add("--inputs", metavar="A,B", help="the input columns (default: all others)")
    add("--time", metavar="COLUMN", help="what orders the rows (default: the column of dates)")
    add("--time-format", metavar="FORMAT", help="how dates are written, such as %%d.%%m.%%Y")
    add("--by-id", metavar="COLUMN", help="the id of a series, such as a station")
    add("--text", metavar="COLUMN", help="the input is the texts of this column")
    add(
        "--window",
        metavar="ROWS",
        type=whole(1),
        help="rows of a sequence (default: 30, fewer of short series, 1 without an order)",
    )
    add(
        "--horizon",
        metavar="ROWS",
        type=whole(0),
        default=0,
        help="rows from a window's last one to the target's (default: 0)",
    )
    add("--past-target", action="store_true", help="earlier values of the target are an input")
    add(
        "--task",
        choices=["auto", "regression", "classification"],
        default="auto",
        help="what is predicted (default: auto, as the target's values tell)",
    )


def _add_training(parser: Parser) -> None:
    group = parser.add_argument_group("the network and its importances")
    add = group.add_argument
    add(
        "--method",
        choices=["gradient", "permutation", "lofo", "all"],
        help="how importances are computed (default: all; of models and texts without lofo)",
    )
    add("--scoring", metavar="METRIC", help="of scikit-learn (default: r2, or accuracy)")
    add(
        "--cv",
        type=_folds,
        metavar="time|group|K",
        help="folds of LOFO (default: group with --by-id, else time, else 3)",
    )
    add("--units", type=whole(1), default=32, help="width of the LSTM (default: 32)")
    add(
        "--epochs",
        type=whole(1),
        help="passes over the rows to train on (default: up to 100 with early stopping, else 20 to "
        "100)",
    )
    add("--seed", type=whole(0), default=0, help="of all that is random (default: 0)")
    add(
        "--resume",
        metavar="FOLDER",
        help="keep scores in this folder; the same command goes on where it was stopped",
    )
    add("--time-limit", metavar="SECONDS", type=_seconds, help="begin no more fits of LOFO then")


def _add_places(parser: Parser, default: str, *, saves: bool = True) -> None:
    group = parser.add_argument_group("the answer")
    add = group.add_argument
    add("-o", "--output", metavar="PAGE.html", help=f"where the page goes (default: {default})")
    if saves:
        add("--save", metavar="RESULT.npz", help="keep the result, for skfi report")
    add("--title", help="of the page")
    add("--json", action="store_true", help="print one JSON object in place of the line")
    add("--quiet", action="store_true", help="say nothing on the way but warnings")
    add("--traceback", action="store_true", help="show where an error came from")
