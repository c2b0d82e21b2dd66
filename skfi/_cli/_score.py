"""How well a network predicts the rows that it has not seen, and whether that is worth a look."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skfi._cli._errors import UsageError, did_you_mean
from skfi._cli._sequences import Part
from skfi._cli._talk import Talk

_SHOWN = {"r2": "R2"}


@dataclass(frozen=True)
class Score:
    """A score on the rows to explain."""

    metric: str
    value: float
    n_rows: int

    def __str__(self) -> str:
        return f"{_SHOWN.get(self.metric, self.metric)} {self.value:.3g} on {self.n_rows:,}"


def metric_of(asked: str | None, task: str) -> str:
    """The name of scikit-learn's metric."""
    if asked is None:
        return "accuracy" if task == "classification" else "r2"
    from sklearn.metrics import get_scorer_names

    names = get_scorer_names()
    if asked not in names:
        raise UsageError(
            f"--scoring {asked} is no metric of scikit-learn.{did_you_mean(asked, names)}"
        )
    return asked


def score(estimator: Any, part: Part, metric: str) -> Score:
    """The score on samples that were held out."""
    from sklearn.metrics import check_scoring

    value = check_scoring(estimator, scoring=metric)(estimator, part.X, part.y)
    return Score(metric, float(value), len(part))


def say_what_it_is_worth(
    estimator: Any,
    task: str,
    train: Part,
    held_out: Part,
    target: str,
    talk: Talk,
    *,
    metric: str,
) -> None:
    """Compare the network with a prediction that looks at no input, and warn if that is as good."""
    predicted = estimator.predict(held_out.X)
    if task == "classification":
        labels, counts = np.unique(train.y.astype(str), return_counts=True)
        most = str(labels[counts.argmax()])
        truth = held_out.y.astype(str)
        plain, own = np.mean(truth == most), np.mean(truth == predicted.astype(str))
        is_better = own > plain
        talk.note(
            f"The network tells {own:.0%} of the held-out labels; to say {most!r} always would "
            f"tell {plain:.0%}."
        )
    else:
        errors = np.mean((held_out.y - predicted) ** 2)
        is_better = errors < held_out.y.var()  # R2 above 0
        talk.note(
            f"The network's root mean squared error on the held-out rows is {errors**0.5:.3g}; the "
            f"standard deviation of {target} there is {held_out.y.std():.3g}."
        )
    if not is_better:
        told = f"its importances tell little about {target}"
        what = "the mean of the held-out rows would"
        if task == "classification":  # another metric, such as the area under a curve, may see more
            told = f"by accuracy, {told}" if metric == "accuracy" else f"look at {metric} alone"
            what = "the most frequent label of the rows to train on does"
        talk.warn(
            f"The network predicts {target} no better than {what}: {told}. More rows, other "
            "inputs, another --window or more --epochs may help."
        )
