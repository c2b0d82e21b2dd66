"""What is said on the way: on standard error, and on the page."""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


class Talk:
    """Says what is done and assumed, and keeps for the page what a reader has to know.

    Attributes
    ----------
    notes : list of str
        Sentences for the page.
    seconds : float
        That the last thing took.
    """

    def __init__(self, *, quiet: bool = False, hints: bool = True) -> None:
        self.quiet = quiet
        self.hints = hints
        self.notes: list[str] = []
        self.seconds = 0.0

    def say(self, sentence: str) -> None:
        """Say what is done; not on the page."""
        if not self.quiet:
            write_error_line(sentence)

    def note(self, sentence: str, otherwise: str = "") -> None:
        """Say what was found or assumed, on the page too.

        ``otherwise`` says to whom runs the command how to have it another way.
        """
        self.notes.append(sentence)
        self.say(f"{sentence} [{otherwise}]" if otherwise and self.hints else sentence)

    def warn(self, sentence: str) -> None:
        """Say what makes the answer doubtful, also when quiet."""
        self.notes.append(sentence)
        write_error_line(f"Warning: {sentence}")

    @contextmanager
    def timed(self, doing: str) -> Iterator[None]:
        """Say what is done and how long it took, and pass on the warnings of the library."""
        self.say(f"{doing} ...")
        start = time.monotonic()
        with warnings.catch_warnings(record=True) as caught:
            warnings.resetwarnings()
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            yield
        for sentence in dict.fromkeys(one_line(warning.message) for warning in caught):
            self.warn(sentence)
        self.seconds = time.monotonic() - start
        self.say(f"  {self.seconds:.1f} s")

    @property
    def shows_progress(self) -> bool:
        """Whether there is somebody to look at a progress bar."""
        return not self.quiet and sys.stderr.isatty()


def write_error_line(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def one_line(message: object, most: int = 500) -> str:
    """A message, perhaps of many lines, on one line that can be read."""
    text = " ".join(str(message).split())
    return text if len(text) <= most else f"{text[:most]} ..."


def counted(number: int, what: str) -> str:
    """A number of things: "1 row", "2,000 rows"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def have_no(number: int) -> str:
    """The beginning of a sentence: "1 row has no", "2,000 rows have no"."""
    return f"{counted(number, 'row')} {'has' if number == 1 else 'have'} no"


def listed(names: list[str], most: int = 8) -> str:
    """Names with commas, at most so many of them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
