"""What a result was computed of, by what and how: the entry ``about`` of results."""

import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, wraps
from importlib.metadata import version
from inspect import signature
from time import perf_counter
from typing import Any

from skfi._given import described
from skfi._keras import heads_of, input_names, network_summary
from skfi._pipelines import Chain
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._results._data import data_summary

_PACKAGES = ("scikit-learn", "tensorflow", "keras", "scikeras", "lofo-importance", "numpy")
_MOST = 600  # characters of an estimator in words
_DATA = ("estimator", "X", "y")


def recorded(function: Callable) -> Callable:
    """An importance function whose results say in ``about`` how they were computed."""
    takes = signature(function)

    @wraps(function)
    def computed(*args: Any, **kwargs: Any) -> Any:
        start = perf_counter()
        result = function(*args, **kwargs)
        given = takes.bind(*args, **kwargs).arguments
        record(result, function.__name__, given, perf_counter() - start)
        return result

    return computed


def record(result: Any, function: str, given: Mapping[str, Any], seconds: float) -> None:
    """Write into each result what the call of a function was given, and how long it took."""
    chain = Chain(given["estimator"])
    last = LastStep.of(chain.last)
    about = {
        "function": function,
        "parameters": {name: in_words(value) for name, value in given.items() if name not in _DATA},
        "seconds": seconds,
        "computed": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "estimator": in_words(given["estimator"]),
        "network": None if last.network is None else network_summary(last.network),
        "data": data_summary(
            given.get("X"),
            given.get("y"),
            inputs=input_names(last.network) if last.takes_several_inputs else None,
            outputs=[head.name for head in heads_of(last.network)]
            if last.has_several_outputs
            else None,
        ),
    }
    for one in _results(result):
        one["about"] = about


def _results(result: Any) -> list[Any]:
    """A result, or those that a mapping of metrics or outputs holds."""
    is_one = "method" in result or "checks" in result or "results" in result
    return [result] if is_one else list(result.values())


def in_words(value: Any) -> str:
    """A parameter as a reader of a report sees it."""
    if isinstance(value, (bool, int, float, str, type(None))):
        return repr(value)
    if hasattr(value, "shape") or (isinstance(value, (list, tuple)) and len(value) > 20):
        return described(value)
    text = " ".join(repr(value).split())
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


@cache
def versions() -> dict[str, str]:
    """Of skfi, of Python and of the packages that decide the numbers."""
    import skfi

    others = {name: version(name) for name in _PACKAGES}
    return {"skfi": skfi.__version__, "Python": platform.python_version(), **others}
