"""Keras models as scikit-learn estimators: what they predict, and how they are trained again."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array

from skfi._given import EXPECTED, naming
from skfi._keras import (
    Head,
    Layout,
    check_inputs,
    class_probabilities,
    compile_like,
    compiled_loss,
    find_embedding,
    forward,
    forward_ids,
    gives_logits,
    has_several_outputs,
    heads_of,
    in_a_row,
    is_a_copy,
    is_decoder,
    is_plain_training,
    loss_name,
    losses_of,
    mask_value_of,
    packed_network,
    plain_network,
    pool,
    rebuild_for,
    rebuild_the_same,
    seeded,
    takes_texts,
    trains_by_keras_alone,
    with_own_code,
)
from skfi.importance._inputs._arrays import (
    in_structure,
    layout_of,
    predicted_by_own_code,
    predicts_by_own_code,
    read_arrays,
    real_output_steps,
)
from skfi.importance._inputs._class_labels import labels_in
from skfi.importance._inputs._last_step import LastStep
from skfi.importance._inputs._targets import pack_targets, unpack_targets


class KerasModel(BaseEstimator):
    """A Keras model; ``fit`` trains a fresh one of the same layers for the features it gets."""

    is_bare = True

    def __init__(
        self,
        model: keras.Model,
        random_state: int | np.random.RandomState | None = None,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
    ) -> None:
        self.model = model
        self.random_state = random_state
        self.epochs = epochs
        self.batch_size = batch_size

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params(deep=False))  # layers are copied from this network

    def __getstate__(self) -> dict[str, Any]:
        made_again = ("_plain", "_packed")
        kept = {name: value for name, value in vars(self).items() if name not in made_again}
        return with_own_code(kept)

    @property
    def network(self) -> keras.Model:
        """The trained network, of any make, as a functional one."""
        trained = getattr(self, "model_", self.model)
        known = getattr(self, "_plain", None)
        if known is None or known[0] is not trained:
            self._plain = known = (trained, plain_network(trained))
            self._packed: dict[Layout | None, keras.Model] = {}
        elif is_a_copy(trained):  # which may have been trained since
            known[1].set_weights(trained.get_weights())
        return known[1]

    @property
    def takes_several_inputs(self) -> bool:
        """Whether the network has several inputs."""
        return len(self.network.inputs) > 1

    @property
    def in_a_row(self) -> keras.Model:
        """The network with all outputs in a row."""
        network = self.network
        if None not in self._packed:
            self._packed[None] = in_a_row(network)
        return self._packed[None]

    def packed(self, layout: Layout) -> keras.Model:
        """The network as one of rows that hold all inputs, and of all outputs in a row."""
        in_a_row = self.in_a_row
        if layout not in self._packed:
            self._packed[layout] = packed_network(in_a_row, layout)
        return self._packed[layout]

    @property
    def heads(self) -> list[Head]:
        """The outputs."""
        return heads_of(self.network)

    @property
    def mask_value(self) -> float | None:
        """The value of the network's Masking layer, of the only input."""
        return mask_value_of(self.network) if len(self.network.inputs) == 1 else None

    @property
    def return_sequences(self) -> bool:
        """Whether there is an output at every step."""
        several = has_several_outputs(self.network)
        return not several and len(self.network.outputs[0].shape) == 3

    def sequence_mask(self, X: Any) -> np.ndarray:
        """Which steps of the output are not padding."""
        network = self.network
        n_steps = network.outputs[0].shape[1]
        if self.takes_several_inputs:
            arrays = read_arrays(network, X)
            of_rows, rows = self._rows(arrays)
            known = real_output_steps(network, of_rows, arrays, rows)
            n_known = n_steps or forward(of_rows, rows[:1]).shape[1]
            return np.ones((len(rows), n_known), dtype=bool) if known is None else known
        X = np.asarray(X)
        if n_steps not in (None, X.shape[1]) or is_decoder(network):
            n_steps = n_steps or self._outputs(X[:1]).shape[1]
            return np.ones((len(X), n_steps), dtype=bool)
        mask = LastStep.of(self).real_steps(X) if X.ndim == 3 else None
        if mask is not None:
            return mask
        embedding = find_embedding(self.network)
        if X.ndim == 2 and embedding is not None and embedding.mask_zero:
            return X != 0
        return np.ones(X.shape[:2], dtype=bool)

    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:
        """Train a fresh network, compiled as the model is, as ``keras.Model.fit`` does."""
        settings = {"epochs": self.epochs, "batch_size": self.batch_size, "verbose": 0}
        settings |= fit_params
        if settings["epochs"] is None:
            raise ValueError(
                "A keras.Model does not keep for how long it was trained: set epochs, as in "
                "from_keras(model).set_params(epochs=20), or pass fit(X, y, epochs=20)."
            )
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        target, several = self._encoded(y), self.takes_several_inputs
        dtype = keras.config.floatx()
        if several:
            inputs = in_structure(self.model, read_arrays(self.network, X))
        else:
            in_double = self.network.inputs[0].dtype == "float64"
            with naming("X", X, EXPECTED):
                inputs = check_array(X, dtype="float64" if in_double else dtype, allow_nd=True)
        template = self._template  # a copy that is made while seeded would draw at random
        plain = is_plain_training(inputs, target, settings)
        with seeded(int(seed), only_keras=plain and trains_by_keras_alone(self.model)):
            same = several or getattr(template, "inputs", None) is None
            fresh = rebuild_the_same(template) if same else rebuild_for(template, inputs.shape[1:])
            self.model_ = compile_like(fresh, self.model)
            with pool.trains(self.model_, len(inputs)) if plain else nullcontext():
                self.model_.fit(inputs, target, **settings)
        return self

    @property
    def _template(self) -> keras.Model:
        """What fresh networks are copies of: the model, but with a free batch size."""
        is_subclass = getattr(self.model, "inputs", None) is None
        return self.model if is_subclass else plain_network(self.model)

    def rebuilt(self, input_shape: tuple[int | None, ...]) -> keras.Model:
        """A fresh network of the same layers for samples of another shape."""
        return rebuild_for(self._template, input_shape)

    def _encoded(self, y: Any) -> Any:
        """``y`` as the network is trained on it."""
        return np.asarray(y)

    def outputs(self, X: Any) -> np.ndarray:
        """The network's output, several in a row, in the type that it computes in."""
        network = self.network
        if predicts_by_own_code(trained := getattr(self, "model_", self.model)):
            return predicted_by_own_code(trained, network, X)
        if self.takes_several_inputs:
            return forward(*self._rows(read_arrays(network, X)))
        if takes_texts(network) and np.asarray(X).dtype.kind in "iu":  # ids of shuffled words
            return forward_ids(network, np.asarray(X))
        return forward(self.in_a_row, check_inputs(network, X))

    def _outputs(self, X: Any) -> np.ndarray:
        return self.outputs(X).astype(np.float64)

    def _rows(self, arrays: Mapping[str, np.ndarray]) -> tuple[keras.Model, np.ndarray]:
        """The network of rows, and the rows of several inputs."""
        layout = layout_of(arrays)
        return self.packed(layout), layout.pack(list(arrays.values()))

    def _by_output(self, y: Any) -> Any:
        """Targets in a row as a network of several outputs is trained on them."""
        losses, heads = losses_of(self.network), self.heads
        targets = unpack_targets(heads, [losses[head.number] for head in heads], y)
        if isinstance(self.network.output, dict) or len(heads) < len(losses):
            return targets
        return list(targets.values())


class ModelRegressor(RegressorMixin, KerasModel):
    """A Keras model for regression; of several outputs, all of their columns in a row."""

    def predict(self, X: Any) -> np.ndarray:
        """The network's outputs, 1-D if there is one."""
        outputs = self._outputs(X)
        return outputs[..., 0] if outputs.shape[-1] == 1 else outputs

    def checked_target(self, y: Any) -> Any:
        """Targets of several outputs in a row; of one as they are."""
        heads = self.heads if has_several_outputs(self.network) else []
        return pack_targets(heads, y) if heads else y

    def _encoded(self, y: Any) -> Any:
        return self._by_output(y) if has_several_outputs(self.network) else np.asarray(y)


class ModelClassifier(ClassifierMixin, KerasModel):
    """A Keras model for classification, into 0, 1, ... unless other labels are given."""

    def __init__(
        self,
        model: keras.Model,
        random_state: int | np.random.RandomState | None = None,
        *,
        classes: Any = None,
        epochs: int | None = None,
        batch_size: int | None = None,
    ) -> None:
        super().__init__(model, random_state, epochs=epochs, batch_size=batch_size)
        self.classes = classes

    @property
    def classes_(self) -> np.ndarray:
        """The labels, as the network's outputs are numbered."""
        n_outputs = self.network.outputs[0].shape[-1]
        numbers = np.arange(2 if n_outputs == 1 else n_outputs)
        return numbers if self.classes is None else np.asarray(self.classes)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities."""
        return class_probabilities(self._outputs(X), logits=gives_logits(self.network))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable labels."""
        return self.classes_[self.predict_proba(X).argmax(axis=-1)]

    def checked_target(self, y: Any) -> Any:
        """``y`` as labels, or ValueError unless it holds them."""
        n_axes = 2 if self.return_sequences else 1
        y = labels_in(y, self.classes_, n_axes)
        values = np.asarray(y)
        known = np.isin(values, self.classes_)
        if self.return_sequences and values.dtype.kind == "f":
            known |= np.isnan(values)  # of padded steps
        if values.ndim != n_axes or not known.all():
            raise ValueError(
                "y must hold the class numbers that a classifying keras.Model was trained on, "
                f"{self.classes_.tolist()}, one for each sample, or one-hot. For labels pass "
                "from_keras(model, classes=[...])."
            )
        return y

    def _encoded(self, y: Any) -> np.ndarray:
        numbers = np.searchsorted(self.classes_, y) if self.classes is None else _places(self, y)
        one_output = self.network.outputs[0].shape[-1] == 1
        plain = one_output or "sparse" in loss_name(compiled_loss(self.network))
        return numbers if plain else np.eye(len(self.classes_))[numbers]


def _places(estimator: ModelClassifier, y: Any) -> np.ndarray:
    place = {label: i for i, label in enumerate(estimator.classes_.tolist())}
    return np.vectorize(place.__getitem__, otypes=[np.int64])(np.asarray(y))
