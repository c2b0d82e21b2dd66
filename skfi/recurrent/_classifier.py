"""The public classifier."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skfi._keras import class_probabilities, forward, gives_logits
from skfi._private import StrOptions
from skfi.recurrent._base import BaseRecurrent
from skfi.recurrent._training import class_targets, is_categorical, weights_of_classes


class LSTMClassifier(ClassifierMixin, BaseRecurrent):
    """Recurrent network for classification of sequences, with ``feature_importances_``.

    Labels may be of any type. Scale the inputs first, with a ``StandardScaler`` in a Pipeline.

    Parameters
    ----------
    units : int or tuple of int, default=32
        Width of the recurrent layer, or of each of several stacked layers.
    cell : {"lstm", "gru", "rnn"}, default="lstm"
        Kind of recurrent layer.
    bidirectional : bool, default=False
        Read sequences in both directions.
    dropout : float in [0, 1), default=0.0
        Share of each recurrent layer's output that is dropped in training.
    network : callable, default=None
        Your own architecture: ``network(input_shape, n_outputs, **network_params)`` returns a
        ``keras.Model``. ``input_shape`` is (n_timesteps, n_features); ``n_outputs`` is 1 (for a
        sigmoid) for two classes, else the number of classes (for a softmax). ``units``, ``cell``,
        ``bidirectional`` and ``dropout`` are then not used. The optimizer and loss of a compiled
        model hold. To pickle the estimator, define the function at the top of a module.
    network_params : dict, default=None
        Keyword arguments for ``network``.
    n_timesteps : int, default=None
        Number of steps that each row of 2-D ``X`` folds into, time-major; None is one step.
    embedding_dim : int, default=None
        ``X`` holds token ids (n_samples, n_positions), as :class:`~skfi.TextSequencer` makes them;
        the network starts by turning each into a vector of this length. Id 0 is padding.
    embedding : array-like of shape (n_tokens, embedding_dim) or mapping, default=None
        Vectors to start from, one for each id; or a mapping of words to vectors, in the order of
        the sequencer's ``vocabulary``: ids 0 (padding) and 1 (unknown) get zeros and the mean.
    embedding_trainable : bool, default=True
        Train the vectors; False leaves them as they are.
    n_tokens : int, default=None
        Number of different ids; None is the largest in ``X``, and one.
    mask_value : float, default=None
        Steps in which every feature has this value (or NaN) are padding: they influence nothing
        and get no attribution. They belong at the end of a sequence.
    return_sequences : bool, default=False
        Predict at every step: ``y`` is (n_samples, n_timesteps); padding does not count in scores.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Keras' optimizer; an instance is copied.
    learning_rate : float, default=None
        Learning rate; None leaves the optimizer's own.
    loss : str, keras.losses.Loss or callable, default=None
        Keras loss; None is the binary or sparse categorical cross-entropy. Labels are numbers to
        it for one output, or if its name says "sparse", else one-hot.
    batch_size : int, default=32
        Rows for each update of the weights.
    epochs : int, default=20
        Passes over the training rows; the most there will be with early stopping.
    early_stopping : bool, default=False
        Hold out some rows, of which importances are then, and stop and restore the best weights
        when their loss has not improved for ``n_iter_no_change`` epochs.
    validation : "random", "last" or splitter, default="random"
        Which rows early stopping holds out: random ones, which flatter where windows overlap; the
        last ones, with a window's length of rows left out before them; a splitter's last ones.
    validation_fraction : float, default=0.1
        Share of rows held out by early stopping.
    n_iter_no_change : int, default=5
        Epochs without improvement after which training stops.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in training, as in scikit-learn; multiplied with ``sample_weight``.
    callbacks : list of keras.callbacks.Callback, default=None
        Further callbacks.
    warm_start : bool, default=False
        Go on from the weights of the last fit, for ``epochs`` more.
    verbose : int, default=0
        Keras' verbosity in training.
    random_state : int, RandomState instance or None, default=None
        Seeds weights, order of rows, dropout and held-out rows; not the global generators.
    importance : {"gradient", "permutation", "lofo"}, callable or None, default="gradient"
        How ``fit`` computes the importances: on rows held out by early stopping if any, else on
        the training rows; ``"lofo"`` on all, under cross-validation. Gradients explain as many, at
        random, as take less than a tenth of the training's time (``{"max_samples": 1.0}``: all). A
        callable ``(estimator, X, y)`` returns an ImportanceResult or (n_features_in_,) values.
    importance_params : dict, default=None
        Keyword arguments for it, such as ``{"n_repeats": 10}``.

    Attributes
    ----------
    model_ : keras.Model
        The trained network, which ends in one sigmoid for two classes, else in a softmax.
    wrapper_ : scikeras.wrappers.KerasClassifier
        The SciKeras wrapper that trained it, on class numbers.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    history_ : dict of str to list of float
        Loss by epoch, and ``val_loss`` with early stopping.
    n_iter_ : int
        Epochs run.
    n_features_in_ : int
        Features of a step for 3-D ``X``; columns for 2-D ``X``.
    n_timesteps_in_ : int
        Steps of a sequence; positions of a text.
    n_tokens_ : int
        Rows of the embedding, if there is one.
    feature_names_in_ : ndarray of str
        Column names, if ``X`` was a DataFrame.
    importances_ : ImportanceResult
        The full result of the importance method.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Non-negative, of sum 1.

    See Also
    --------
    LSTMRegressor : The same for regression.
    from_keras : A fitted estimator around an already trained Keras model.

    References
    ----------
    S. Hochreiter, J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.

    Examples
    --------
    >>> from skfi import LSTMClassifier
    >>> from skfi.datasets import make_sequence_classification
    >>> data = make_sequence_classification(n_samples=300, n_features=3, n_informative=1,
    ...                                     random_state=0)
    >>> model = LSTMClassifier(units=8, epochs=15, learning_rate=0.02, random_state=0)
    >>> model.fit(data.data, data.target).feature_importances_.argmax()
    np.int64(0)
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - declared as scikit-learn does
        **BaseRecurrent._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        units: int | Sequence[int] = 32,
        *,
        cell: str = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        network: Callable[..., keras.Model] | None = None,
        network_params: Mapping[str, Any] | None = None,
        n_timesteps: int | None = None,
        embedding_dim: int | None = None,
        embedding: Any = None,
        embedding_trainable: bool = True,
        n_tokens: int | None = None,
        mask_value: float | None = None,
        return_sequences: bool = False,
        optimizer: str | keras.optimizers.Optimizer = "adam",
        learning_rate: float | None = None,
        loss: Any = None,
        batch_size: int = 32,
        epochs: int = 20,
        early_stopping: bool = False,
        validation: Any = "random",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: Mapping | str | None = None,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
        importance: str | Callable | None = "gradient",
        importance_params: Mapping[str, Any] | None = None,
    ) -> None:
        self.units = units
        self.cell = cell
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.network = network
        self.network_params = network_params
        self.n_timesteps = n_timesteps
        self.embedding_dim = embedding_dim
        self.embedding = embedding
        self.embedding_trainable = embedding_trainable
        self.n_tokens = n_tokens
        self.mask_value = mask_value
        self.return_sequences = return_sequences
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.loss = loss
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation = validation
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state
        self.importance = importance
        self.importance_params = importance_params

    def predict(self, X: Any) -> np.ndarray:
        """Predict the label of each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_timesteps)
            The most probable labels, whatever the other rows of ``X``; those of padded steps (see
            ``sequence_mask``) mean nothing.
        """
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=-1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_timesteps, n_classes)
            Probabilities, in the order of ``classes_``; NaN at padded steps.
        """
        check_is_fitted(self)
        logits = gives_logits(self.model_)  # a network= may end without an activation
        samples = self._read(X)
        proba = class_probabilities(forward(self.model_, samples.network_input), logits=logits)
        return self._targets(lambda: samples.real).predictions(proba)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy; with ``return_sequences`` over all steps that are not padding.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences.
        y : array-like of shape (n_samples,) or (n_samples, n_timesteps)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            Share of right labels.
        """
        return self._score(accuracy_score, X, y, sample_weight)

    def _learn_target(self, y: Any, sample_weight: np.ndarray | None, *, reset: bool) -> np.ndarray:
        y = column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        classes = np.unique(y)
        if reset:
            if len(classes) < 2:
                raise ValueError(
                    f"{type(self).__name__} needs samples of at least 2 classes in the data, but "
                    f"the data contains only one class: {classes[0]}."
                )
            self.classes_ = classes
        elif not np.isin(classes, self.classes_).all():
            raise ValueError(
                f"y holds the classes {classes}, but the estimator was fitted on {self.classes_}."
            )
        return y

    def _encode_target(self, y: np.ndarray, model: keras.Model) -> np.ndarray:
        return class_targets(np.searchsorted(self.classes_, y), model)

    def _total_weight(
        self, y: np.ndarray, sample_weight: np.ndarray | None, trained: np.ndarray
    ) -> np.ndarray | None:
        if self.class_weight is None:
            return sample_weight
        weight = weights_of_classes(self.class_weight, y, trained)
        return weight if sample_weight is None else weight * sample_weight

    def _output(self) -> tuple[int, str]:
        if len(self.classes_) == 2 and not is_categorical(self.loss):
            return 1, "sigmoid"
        return len(self.classes_), "softmax"
