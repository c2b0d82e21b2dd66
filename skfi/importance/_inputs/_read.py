"""Choose the kind of X: numbers, token ids or texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_array

from skfi._containers import as_pandas, container, is_mapping
from skfi._folding import fold
from skfi._given import EXPECTED, check_targets, naming
from skfi._keras import input_names as names_of_inputs
from skfi._keras import is_dataset, samples_of_dataset
from skfi._padding import real_positions
from skfi._pipelines import Chain
from skfi.importance._inputs._arrays import by_name
from skfi.importance._inputs._kinds import Kind, Numbers, Texts, TokenIds, Tokens, TrainingKind
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._numbers import columns_fold_into, input_names, window_of
from skfi.importance._inputs._several import read_several
from skfi.importance._inputs._tokens import find_tokens
from skfi.preprocessing import TextSequencer
from skfi.preprocessing._text_sequencer import words_read
from skfi.preprocessing._texts import check_texts


def is_handed_inputs(chain: Chain) -> bool:
    """Whether an estimator takes several inputs, which nothing changes on their way."""
    last = LastStep.of(chain.last)
    return last.is_bare and not chain.before and last.takes_several_inputs


def samples_of(estimator: Any, X: Any, *, may_be_dataset: bool = False) -> Any:
    """``X`` as methods take it: an array, a DataFrame or a list; of several inputs by their names.

    Raises
    ------
    ValueError
        If it is none of these, or is by name and there is one input.
    """
    if is_dataset(X):
        if not may_be_dataset:
            raise ValueError(
                f"X is a {type(X).__name__}, whose batches come in one order, while values are "
                "exchanged between samples and rows are split: pass arrays, which may be mapped to "
                "a file with np.load(path, mmap_mode='r'). gradient_importance takes it as it is."
            )
        X = samples_of_dataset(X)
    chain = Chain(estimator)
    if is_handed_inputs(chain):
        last = LastStep.of(chain.last)
        named = by_name(names_of_inputs(last.network), X)
        return {name: as_pandas(of_input) for name, of_input in named.items()}
    if is_mapping(X):
        if len(X) != 1:
            raise ValueError(
                f"X is a mapping of {[str(key) for key in X]}, but the estimator takes one input; "
                "pass an array or a DataFrame."
            )
        X = next(iter(X.values()))
    return container(X)


def kind_of(estimator: Any) -> type[Kind]:
    """The kind of samples that an estimator takes, fitted or not; texts are tokens."""
    chain = Chain(estimator)
    words = chain.find(TextSequencer) is not None or LastStep.of(chain.last).takes_tokens
    return Tokens if words else Numbers


def read_input(
    estimator: Any, X: Any, feature_names: Sequence[str] | None = None
) -> tuple[Any, Kind]:
    """The samples that a fitted estimator takes, as they are; of a Pipeline with a TextSequencer
    the token ids behind it, and the estimator of these.
    """
    estimator, X, sequencer, texts = behind_sequencer(estimator, X)
    chain = Chain(estimator)
    last = LastStep.of(chain.last)
    if is_handed_inputs(chain):
        return estimator, read_several(last.network, last.of_rows, X, feature_names)
    if not chain.before:
        tokens = find_tokens(last, X, feature_names, sequencer, texts)
        if tokens is not None:
            return estimator, tokens
    X = X if hasattr(X, "iloc") else _check_array(X)
    _check_dimensions(last, X)
    if X.ndim < 2:
        raise ValueError(
            f"X is a {type(X).__name__} of shape {X.shape}; expected 2 or 3 dimensions. Of a "
            "single column make a DataFrame: X.to_frame()."
        )
    n_timesteps = columns_fold_into(chain, X)
    real = _real_steps(chain, X, n_timesteps)
    names = input_names(estimator, X)
    return estimator, Numbers(X, n_timesteps, names, real, real is not None)


def behind_sequencer(
    estimator: Any, X: Any
) -> tuple[Any, Any, TextSequencer | None, list[list[str]] | None]:
    """The steps after the TextSequencer of a fitted Pipeline, their input, and the words.

    Returns ``estimator`` and ``X`` unchanged if there is none.
    """
    chain = Chain(estimator)
    at = chain.find(TextSequencer)
    if at is None:
        return estimator, X, None, None
    chain.check_is_fitted()
    X, sequencer = chain.transform(X, at), chain.steps[at]
    return chain.behind(at), np.asarray(sequencer.transform(X)), sequencer, words_read(sequencer, X)


def read_training_input(estimator: Any, X: Any, y: Any, feature_names: Any = None) -> TrainingKind:
    """The samples that an estimator is yet to be trained on, by their kind."""
    chain = Chain(estimator)
    last = LastStep.of(chain.last)
    if is_handed_inputs(chain):
        several = read_several(last.network, last.of_rows, X, feature_names)
        check_targets(y, len(several.X))
        return several
    at = chain.find(TextSequencer)
    if at is not None:
        return Texts(X if hasattr(X, "iloc") else check_texts(X), chain.steps[at])
    if last.takes_texts:
        raise ValueError(
            "LOFO trains the network again without some words, which a TextVectorization layer "
            "cannot leave out. Pass make_pipeline(TextSequencer(), LSTMClassifier(embedding_dim="
            "...)), or a network that takes token ids."
        )
    if not hasattr(X, "iloc"):
        with naming("X", X, EXPECTED):
            X = check_array(X, dtype=None, allow_nd=True, ensure_all_finite=False, input_name="X")
    _check_dimensions(last, X)
    if X.ndim < 2:
        raise ValueError(f"X has one dimension, shape {X.shape}; expected {EXPECTED}.")
    check_targets(y, len(X))
    names = input_names(estimator, X)
    if last.takes_tokens:
        real = real_positions(np.asarray(X)) if last.zero_is_padding else None
        return TokenIds(X, X.shape[1], names, real, last.mask_value is not None)
    n_timesteps = columns_fold_into(chain, X)
    real = _real_training_steps(chain, X, y, n_timesteps)
    return Numbers(X, n_timesteps, names, real, last.mask_value is not None)


def _real_training_steps(
    chain: Chain, X: Any, y: Any, n_timesteps: int | None
) -> np.ndarray | None:
    """Which time steps are not padding; None if all are, or if ``X`` is no sequences."""
    last = LastStep.of(chain.last)
    if last.mask_value is None or X.ndim > 3 or (X.ndim == 2 and n_timesteps is None):
        return None
    if X.ndim == 3:
        return last.real_steps(X)
    for step in chain.before:  # scalers and the like: columns stay where they are
        X = clone(step).fit_transform(X, y)
    X = X.to_numpy(np.float64, na_value=np.nan) if hasattr(X, "iloc") else np.asarray(X)
    return last.real_steps(fold(X, n_timesteps))


def _check_dimensions(last: LastStep, X: Any) -> None:
    """Raise ValueError for frames and the like, unless it is an estimator of another kind."""
    if np.ndim(X) > 3 and last.sequences is not None:
        raise ValueError(f"X has {np.ndim(X)} dimensions, shape {X.shape}; expected 2 or 3.")


def _check_array(X: Any) -> np.ndarray:
    """``X`` as an array, which may hold NaN."""
    if getattr(np.asarray(X), "dtype", np.dtype(float)).kind in "OUT" and np.ndim(X) == 1:
        raise ValueError(
            "X holds texts, but estimator is no Pipeline with a TextSequencer and no network with "
            "a TextVectorization layer, so its words are not known."
        )
    with naming("X", X, EXPECTED):
        return check_array(
            X, dtype=None, allow_nd=True, ensure_all_finite="allow-nan", input_name="X"
        )


def _real_steps(chain: Chain, X: Any, n_timesteps: int | None) -> np.ndarray | None:
    """Which steps are not padding, that is, do not reach the network as its mask value."""
    last = LastStep.of(chain.last)
    if last.mask_value is None or window_of(chain) > 1 or X.ndim > 3:
        return None
    X = chain.transform(X)
    X = X.to_numpy(np.float64, na_value=np.nan) if hasattr(X, "columns") else np.asarray(X)
    if X.ndim == 2 and n_timesteps is None:
        if last.n_timesteps in (None, 1):
            return None
        raise ValueError(
            f"The columns of X fold into {last.n_timesteps} steps only behind the steps of "
            "the Pipeline, so it is not known which are padding. Transform X first, and pass the "
            "last step."
        )
    return last.real_steps(fold(X, n_timesteps if X.ndim == 2 else None))
