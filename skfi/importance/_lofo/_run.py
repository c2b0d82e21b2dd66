"""All fits of LOFO: which remain, in which order, in parallel, and until when."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import joblib
import numpy as np
from sklearn.base import clone
from tqdm.auto import tqdm

from skfi.importance._fits import parallel
from skfi.importance._lofo._estimator import LeftOutEstimator, LeftOutScorer
from skfi.importance._lofo._folds import (
    Done,
    Fold,
    FoldJob,
    Place,
    kept_in,
    name_of,
    score_of,
    this_process,
    weights_of,
)
from skfi.importance._lofo._warm_start import WarmStart
from skfi.importance._memory import KeptScores
from skfi.importance._quiet import warnings_ignored

_FOR_STARTS = 0.5  # of the time: at most so much for the networks that warm refits start from


@dataclass
class FoldScores:
    """Scores (n_outputs, 1 + n_units, n_folds), with all units and without each; else NaN."""

    values: np.ndarray
    is_open: np.ndarray  # (1 + n_units, n_folds): there was no time for it
    errors: list[str] = field(default_factory=list)  # of fits that failed
    not_kept: list[str] = field(default_factory=list)  # why scores could not be stored

    @classmethod
    def of(cls, done: list[Done], shape: tuple[int, int]) -> "FoldScores":
        """Put the results of single fits together."""
        n_outputs = max((len(one.scores) for one in done if one.scores is not None), default=1)
        scores = cls(np.full((n_outputs, *shape), np.nan), np.ones(shape, dtype=bool))
        for one in sorted(done, key=lambda one: one.place[::-1]):
            scores.is_open[one.place] = one.is_open
            if one.scores is not None:
                scores.values[:, *one.place] = one.scores
            scores.errors += [one.error] if one.error is not None else []
            scores.not_kept += [one.not_kept] if one.not_kept is not None else []
        return scores


@dataclass(frozen=True)
class Run:
    """The fits of each fold with all units and without each.

    Fold by fold, so that what is finished when time is up compares all units on the same rows. For
    warm refits a network is trained for each fold, and all networks of the fold, also the one with
    all units, continue from it.
    """

    model: LeftOutEstimator
    scorer: LeftOutScorer
    folds: list[Fold]
    refit_epochs: int | None  # of warm refits; None trains anew
    time_limit: float | None  # in seconds
    error_score: Any
    kept: KeptScores | None = None  # where scores are stored

    def storing_in(self, location: str | None) -> Self:
        """The same with a folder of its own below ``location``, if that is not None."""
        # networks are trained anew: what the estimator has learnt before decides nothing
        model = self.model
        with suppress(TypeError):  # of what cannot be copied, which the hash says in better words
            model = replace(model, estimator=clone(model.estimator))
        decides = (model, self.scorer, self.folds, self.refit_epochs)
        return replace(self, kept=KeptScores.of_call(location, "lofo", *decides))

    @cached_property
    def _job(self) -> FoldJob:
        return FoldJob(self.model, self.scorer, self.kept, self.error_score, this_process())

    def scores(self, n_jobs: int | None, *, scoring: Any, verbose: int) -> FoldScores:
        """Fit and score all that is not stored."""
        n_units, n_folds = len(self.model.data.names), len(self.folds)
        places = [(unit, fold) for fold in range(n_folds) for unit in range(1 + n_units)]
        stored = [found for place in places if (found := self._stored(place)) is not None]
        finished = {one.place for one in stored}
        remaining = [place for place in places if place not in finished]
        epochs = self.refit_epochs
        warm = [] if epochs is None else sorted({fold for _, fold in remaining})
        n_fits = len(places) + len(warm)
        begin = time.time()
        with (
            tqdm(total=n_fits, initial=len(stored), desc="lofo", disable=not verbose) as bar,
            warnings_ignored(),
            nullcontext() if self.kept is None else self.kept.said_how_to_go_on(),
        ):
            run = parallel(self.model.estimator, n_jobs, scoring=scoring, when_done=bar.update)
            starts: dict[int, WarmStart | str | None] = dict.fromkeys(range(n_folds))
            if epochs is not None and warm:
                starts = self._starts(warm, epochs, run, begin)
            ready = [place for place in remaining if place[1] in starts]
            done = [self._kept(one) for one in self._fits(ready, starts, run, begin)]
        return FoldScores.of(stored + done, (1 + n_units, n_folds))

    def _starts(
        self, folds: list[int], epochs: int, run: Callable, begin: float
    ) -> dict[int, WarmStart | str | None]:
        """What the refits of each fold start from, or why it failed, where there was time."""
        deadlines = self._deadlines(begin, _FOR_STARTS)
        weights = run(
            joblib.delayed(weights_of)(self._job, self.folds[fold], deadline)
            for fold, deadline in zip(folds, deadlines, strict=False)
        )
        return {
            fold: of_fold if isinstance(of_fold, str) else WarmStart(of_fold, epochs)
            for fold, of_fold in zip(folds, weights, strict=True)
            if of_fold is not None
        }

    def _fits(
        self, places: list[Place], starts: dict[int, Any], run: Callable, begin: float
    ) -> Iterator[Done]:
        deadlines = self._deadlines(begin)
        return run(
            joblib.delayed(score_of)(
                self._job, self.folds[place[1]], place, starts[place[1]], deadline
            )
            for place, deadline in zip(places, deadlines, strict=False)
        )

    def _deadlines(self, begin: float, share: float = 1.0) -> Iterator[float | None]:
        """Until when each fit has to begin; the first one always does, so that there is one."""
        yield None
        while True:
            yield None if self.time_limit is None else begin + share * self.time_limit

    def _stored(self, place: Place) -> Done | None:
        found = None if self.kept is None else self.kept.get(name_of(place))
        return None if found is None else Done(place, found["scores"].tolist())

    def _kept(self, done: Done) -> Done:
        """Store scores of a worker that does not see the folder."""
        if self.kept is None or done.scores is None or done.not_kept is not None:
            return done
        return done if self.kept.has(name_of(done.place)) else kept_in(self.kept, done)
