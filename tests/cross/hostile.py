"""Values that no parameter takes, and how a call that refuses one is checked."""

import re

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import NotFittedError

random = np.random.default_rng(0)
X = random.normal(size=(20, 4, 3))
Y = X[:, -1, 0].copy()
LABELS = (Y > 0).astype(int)

# by name, so that the ids of tests are the same in every process
VALUES = {
    "None": lambda: None,
    "str": lambda: "odd",
    "bytes": lambda: b"odd",
    "dict": lambda: {"odd": 1},
    "set": lambda: {1, 2},
    "object": object,
    "class": lambda: ValueError,
    "function": lambda: lambda: 0,
    "generator": lambda: (i for i in range(3)),
    "empty": list,
    "ragged": lambda: [[1, 2], [3]],
    "True": lambda: True,
    "float": lambda: 1.5,
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "negative": lambda: -1,
    "zero": lambda: 0,
    "huge": lambda: 10**30,
    "complex": lambda: 1 + 2j,
    "date": lambda: np.datetime64("2020-01-01"),
    "missing": lambda: pd.NA,
    "array": lambda: np.ones(2),
    "texts": lambda: np.array(["a", "b"]),
}
NO_NUMBERS = (
    "None str bytes dict set object class function generator empty ragged complex date missing"
)
NO_INT = f"{NO_NUMBERS} True float NaN infinity negative zero huge array texts".split()
NO_SEED = [name for name in NO_INT if name not in ("None", "zero")]
NO_BOOL = [*NO_NUMBERS.split(), "float", "negative", "array", "texts"]
NO_STR = [name for name in VALUES if name != "str"]
NO_NAMES = [name for name in VALUES if name not in ("None", "texts")]
NO_ARRAY = [
    "str",
    "bytes",
    "dict",
    "set",
    "object",
    "class",
    "function",
    "generator",
    "ragged",
    "True",
    "float",
    "huge",
    "complex",
    "date",
]

ARRAYS = {
    "no rows": lambda: X[:0],
    "NaN": lambda: np.where(X > 1, np.nan, X),
    "infinity": lambda: np.where(X > 1, np.inf, X),
    "complex": lambda: X + 1j,
    "texts": lambda: np.full(X.shape, "a"),
    "objects": lambda: np.full(X.shape, None),
    "dates": lambda: X.astype("datetime64[s]"),
    "times": lambda: X.astype("timedelta64[s]"),
    "records": lambda: np.zeros(20, dtype=[("a", float)]),
    "masked": lambda: np.ma.masked_array(X, X > 1),
    "sparse": lambda: sparse.csr_matrix(X[:, 0]),
    "one axis": lambda: X[:, 0, 0],
    "five axes": lambda: X[:, None, None],
    "no features": lambda: X[..., :0],
    "unequal": lambda: [X[0], X[1][:2], *X[2:]],
    "rows of a generator": lambda: (row for row in X),
    "table of texts": lambda: pd.DataFrame({"a": ["x"] * 20}),
}
TARGETS = {
    "short": lambda: Y[:-1],
    "complex": lambda: Y + 1j,
    "dates": lambda: Y.astype("datetime64[s]"),
    "records": lambda: np.zeros(20, dtype=[("a", float)]),
    "masked": lambda: np.ma.masked_array(Y, Y > 0),
    "three axes": lambda: np.ones((20, 2, 2)),
    "texts": lambda: np.full(20, "a"),
    "None in it": lambda: np.where(Y > 0, None, Y),
    "NaN": lambda: np.where(Y > 0, np.nan, Y),
    "sparse": lambda: sparse.csr_matrix(Y[:, None]),
    "dicts": lambda: [{}] * 20,
}
WEIGHTS = {
    "short": lambda: np.ones(19),
    "number": lambda: 2.0,
    "negative": lambda: -np.ones(20),
    "NaN": lambda: np.full(20, np.nan),
    "zeros": lambda: np.zeros(20),
    "two axes": lambda: np.ones((20, 1)),
    "texts": lambda: np.full(20, "1"),
    "complex": lambda: np.ones(20) * 1j,
    "dates": lambda: np.ones(20).astype("datetime64[s]"),
    "masked": lambda: np.ma.masked_array(np.ones(20), Y > 0),
    "too large": lambda: np.full(20, 1e308),
}
ROWS = np.arange(10)
FOLDS = {
    "True": lambda: True,
    "one": lambda: 1,
    "float": lambda: 2.0,
    "str": lambda: "odd",
    "object": object,
    "none": list,
    "empty part": lambda: [(ROWS, [])],
    "both parts": lambda: [(ROWS, ROWS)],
    "beyond": lambda: [(ROWS, ROWS + 30)],
    "floats": lambda: [(ROWS * 1.0, ROWS + 10)],
    "texts": lambda: [(["a"], ["b"])],
    "three parts": lambda: [(ROWS, ROWS, ROWS)],
    "ints": lambda: [1, 2],
    "short mask": lambda: [(np.ones(5, bool), ROWS)],
    "dicts": lambda: [({}, {})],
}
GROUPS = {
    "list": lambda: ["x0"],
    "unknown": lambda: {"g": ["rain"]},
    "empty": lambda: {"g": []},
    "overlap": lambda: {"g": ["x0"], "h": ["x0"]},
    "beyond": lambda: {"g": [99]},
    "negative": lambda: {"g": [-1]},
    "int": lambda: {"g": 0},
    "None": lambda: {"g": None},
    "nested": lambda: {"g": [["x0"]]},
    "array in it": lambda: {"g": [np.array([0])]},
    "generator": lambda: {"g": (name for name in ["x0"])},
    "str": lambda: "odd",
}
SCORERS = {
    "unknown": lambda: "odd",
    "number": lambda: 3,
    "True": lambda: True,
    "class": lambda: ValueError,
    "object": object,
    "two arguments": lambda: lambda model, X: 1.0,
    "none": dict,
    "list of numbers": lambda: [1],
}


def cases(call, parameter, values, names=None):
    """A test case for each value of a parameter: (call, parameter, value, id)."""
    for name in values if names is None else names:
        yield call, parameter, values[name], f"{call}-{parameter}-{name}"


def check_refused(call, parameter, value):
    """That a call raises an error which names the parameter, or says what was passed."""
    try:
        call(**{parameter: value})
    except (ValueError, TypeError, NotFittedError) as error:
        message = str(error)
    else:
        raise AssertionError("it was taken")
    named = re.search(rf"(?<!\w){re.escape(parameter)}(?!\w)", message)
    assert named or repr(value) in message, message
