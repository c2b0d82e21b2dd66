"""``skfi explain`` of a finalized network and its data."""

import warnings
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skfi._cli._answer import Answer, Places, give
from skfi._cli._errors import CommandError, UsageError
from skfi._cli._files import listed_names, read_arrays
from skfi._cli._importances import METHODS, Asked, importances, together
from skfi._cli._score import Score, metric_of
from skfi._cli._sequences import Part
from skfi._cli._talk import Talk, one_line

_OTHERS = ("y", "feature_names", "sample_groups")


def explain_model(model: Path, data: Path, options: Namespace, places: Places, talk: Talk) -> None:
    """Explain a ``.keras`` file on the arrays of an ``.npz`` file."""
    arrays = read_arrays(data)
    metric = None if options.scoring is None else metric_of(options.scoring, "regression")
    methods = _methods(options, "y" in arrays, data)
    network = _loaded(model, talk)
    X = _inputs(arrays, network, model, data)
    n_samples = len(next(iter(X.values())) if isinstance(X, Mapping) else X)
    y, names, groups = (arrays.get(name) for name in _OTHERS)
    for name, values in (("y", y), ("sample_groups", groups)):
        if values is not None and (not values.ndim or len(values) != n_samples):
            raise CommandError(
                f"{name} in {data} has the shape {values.shape}, and X has {n_samples:,} samples."
            )
    if names is not None:
        n_features = None if isinstance(X, Mapping) else X.shape[-1]
        if names.ndim != 1 or (n_features is not None and X.ndim > 2 and len(names) != n_features):
            raise CommandError(
                f"feature_names in {data} has {names.size} names; X has {n_features} features."
            )
    shape = {k: v.shape for k, v in X.items()} if isinstance(X, Mapping) else X.shape
    talk.note(
        f"{model.name}: a network of {network.count_params():,} parameters; the samples of "
        f"{data.name} are of the shape {shape}."
    )
    if y is None:
        talk.note("There are no targets (y): no score, and importances by gradients only.")
    elif groups is None and "permutation" in methods:
        talk.note(
            "Intervals take the samples as independent of each other. Those of windows that "
            "overlap are too narrow.",
            "store the array sample_groups in the file: a label for each sample",
        )
    asked = Asked(
        tuple(one for one in methods if one != "lofo"),
        None if names is None else [str(name) for name in names],
        metric,
        options.seed,
        blocks=groups,
        memory=options.resume,
    )
    part = Part(X, np.zeros(n_samples) if y is None else y, np.arange(0), np.arange(0))
    results = importances(network, part, None, asked, talk)
    if "lofo" in methods:
        results["lofo"] = _lofo(network, X, y, asked, options, talk)
    permuted = results.get("permutation")
    of_data = None
    if permuted is not None:
        of_data = Score(permuted.scoring, float(permuted.baseline_score), n_samples)
    about = {"model": str(model), "samples": n_samples}
    # nobody says whether the network was trained on them
    rows = f"rows of {Path(data).name}"
    answer = Answer(str(data), results, together(results), of_data, about, rows=rows)
    give(answer, places, options.title or f"What moves {model.stem}?", talk)


def _methods(options: Namespace, has_targets: bool, data: Path) -> tuple[str, ...]:
    asked = options.method
    if asked is None:
        return ("gradient", "permutation") if has_targets else ("gradient",)
    if asked != "gradient" and not has_targets:
        raise CommandError(
            f"--method {asked} needs the targets: store an array y beside X in {data}, or say "
            "--method gradient."
        )
    if asked in ("lofo", "all") and options.epochs is None:
        raise UsageError(
            f"--method {asked}: LOFO trains networks of these layers anew; say for how long: "
            "--epochs 20."
        )
    return METHODS if asked == "all" else (asked,)


def _loaded(path: Path, talk: Talk) -> Any:
    from skfi._keras import read_network

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what only a training that goes on would need
        try:
            return read_network(path)
        except Exception as first:  # of all that Keras says of files, layers and losses
            try:
                network = read_network(path, compiled=False)
            except Exception:
                raise CommandError(
                    f"{path} cannot be read as a model of Keras 3: {one_line(first, 200)} A "
                    "network with layers of your own is explained in Python, where these are known."
                ) from first
    talk.note(f"The loss of {path.name} cannot be read, which only LOFO would need.")
    return network


def _inputs(arrays: Mapping[str, np.ndarray], network: Any, model: Path, data: Path) -> Any:
    """The samples; of several inputs by their names. ValueError if the shapes do not fit."""
    tensors = {tensor.name.split(":")[0]: tensor for tensor in network.inputs}
    if len(tensors) > 1:
        missing = [name for name in tensors if name not in arrays]
        if missing:
            raise CommandError(
                f"{model} has the inputs {listed_names(list(tensors))}, and {data} has no array "
                f"{listed_names(missing)}. Store one for each input, by its name."
            )
        X: dict[str, np.ndarray] = {name: arrays[name] for name in tensors}
    elif "X" not in arrays:
        raise CommandError(
            f"{data} has no array 'X', but {listed_names(list(arrays)) or 'nothing'}. Save the "
            "samples by that name: numpy.savez('data.npz', X=X, y=y)."
        )
    else:
        X = {next(iter(tensors)): arrays["X"]}
    for name, values in X.items():
        called = name if len(X) > 1 else "X"
        expected = tuple(tensors[name].shape)
        fits = len(expected) == values.ndim and all(
            asked in (None, given)
            for asked, given in zip(expected[1:], values.shape[1:], strict=True)
        )
        if not fits:
            raise CommandError(
                f"{model} takes samples of the shape {expected}, and {called} in {data} has the "
                f"shape {values.shape}."
            )
        if not len(values):
            raise CommandError(f"{called} in {data} has no samples.")
        if values.dtype.kind not in "fiubU":
            raise CommandError(f"{called} in {data} holds {values.dtype}, and no numbers.")
        if values.dtype.kind == "f" and np.isinf(values).any():
            raise CommandError(f"{called} in {data} holds infinity.")
    return X if len(X) > 1 else next(iter(X.values()))


def _lofo(network: Any, X: Any, y: Any, asked: Asked, options: Namespace, talk: Talk) -> Any:
    from skfi.importance import lofo_importance

    cv = options.cv
    if cv == "group":
        raise UsageError("--cv group is for tables; of a model it is time, or a number.")
    if cv == "time":
        from sklearn.model_selection import TimeSeriesSplit

        cv = TimeSeriesSplit(3)
    talk.note(
        f"LOFO trains networks of the same layers anew, for {options.epochs} epochs, on these "
        "samples alone."
    )
    with talk.timed("LOFO, which trains a network for each fold without each input"):
        return lofo_importance(
            network,
            X,
            y,
            cv=3 if cv is None else int(cv) if isinstance(cv, str) else cv,
            fit_params={"epochs": options.epochs, "verbose": 0},
            scoring=asked.scoring,
            feature_names=asked.names,
            random_state=asked.seed,
            memory=asked.memory,
            time_limit=options.time_limit,
            verbose=int(talk.shows_progress),
        )
