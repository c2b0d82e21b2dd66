"""The public regressor."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skfi._containers import check_numeric
from skfi._keras import forward
from skfi._private import _check_y
from skfi.recurrent._base import BaseRecurrent


class LSTMRegressor(RegressorMixin, BaseRecurrent):
    """Recurrent network for regression on sequences, with ``feature_importances_``.

    The network sees the targets standardised; predictions come back in the units of ``y``. Inputs
    are taken as they are: scale them first, for instance with
    :class:`~sklearn.preprocessing.StandardScaler` in a pipeline.

    Parameters
    ----------
    units : int or tuple of int, default=32
        Width of the recurrent layer, or of each of several stacked layers.
    cell : {"lstm", "gru", "rnn"}, default="lstm"
        Kind of recurrent layer.
    bidirectional : bool, default=False
        Read each sequence in both directions.
    dropout : float in [0, 1), default=0.0
        Share of each recurrent layer's output that is dropped in training.
    network : callable, default=None
        Your own architecture: ``network(input_shape, n_outputs, **network_params)`` returns a
        ``keras.Model``. ``input_shape`` is (n_timesteps, n_features). ``units``, ``cell``,
        ``bidirectional`` and ``dropout`` are then not used. If it returns a compiled model, that
        one's optimizer and loss hold; else ``optimizer``, ``learning_rate`` and ``loss`` do. To
        pickle the estimator, define the function at the top level of a module.
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
        Keras optimizer; an instance is copied, not changed.
    learning_rate : float, default=None
        Learning rate; None leaves the optimizer's own.
    loss : str, keras.losses.Loss or callable, default=None
        Keras loss on the standardised target; None is the mean squared error.
    batch_size : int, default=32
        Rows for each update of the weights.
    epochs : int, default=20
        Passes over the training rows; the most there will be with early stopping.
    early_stopping : bool, default=False
        Hold out some rows, stop when their loss has not improved for ``n_iter_no_change`` epochs,
        and restore the best weights. The importances are then of these rows.
    validation : "random", "last" or splitter, default="random"
        Which rows early stopping holds out: random ones; the last ones, if rows are in time order,
        with as many rows in front of them left out as a window is long; or those of the last split
        of a cross-validation splitter. Overlapping windows of one series are near copies of each
        other, so that random rows flatter there.
    validation_fraction : float, default=0.1
        Share of rows held out by early stopping.
    n_iter_no_change : int, default=5
        Epochs without improvement after which training stops.
    callbacks : list of keras.callbacks.Callback, default=None
        Further callbacks, used as they are.
    warm_start : bool, default=False
        Go on from the weights of the last fit, for ``epochs`` more epochs.
    verbose : int, default=0
        Keras' verbosity in training.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights, the order of the rows, dropout and the held-out rows. Global
        generators are left as they were.
    importance : {"gradient", "permutation", "lofo"}, callable or None, default="gradient"
        How ``fit`` computes the importances: on the held-out rows if early stopping holds some
        out, else on the training rows; ``"lofo"`` always on all rows, under cross-validation.
        Gradients explain as many of these rows, drawn at random, as take less than a tenth of the
        training's time; for all pass ``importance_params={"max_samples": 1.0}``. A callable
        ``(estimator, X, y)`` returns an :class:`~skfi.ImportanceResult` or an array of shape
        (n_features_in_,). None computes none.
    importance_params : dict, default=None
        Keyword arguments for the importance function, such as ``{"n_repeats": 10}``.

    Attributes
    ----------
    model_ : keras.Model
        The trained network; its output is the standardised target.
    wrapper_ : scikeras.wrappers.KerasRegressor
        The SciKeras wrapper that trained it.
    history_ : dict of str to list of float
        Loss by epoch, and ``val_loss`` with early stopping.
    n_iter_ : int
        Number of epochs run.
    n_features_in_ : int
        Features of a step for 3-D ``X``; columns for 2-D ``X``.
    n_timesteps_in_ : int
        Steps of a sequence; positions of a text.
    n_tokens_ : int
        Rows of the embedding, if there is one.
    feature_names_in_ : ndarray of str
        Column names, if ``X`` was a DataFrame.
    target_names_in_ : ndarray of str
        Names of the columns of ``y``, if it was a DataFrame.
    target_scaler_ : sklearn.preprocessing.StandardScaler
        Takes ``y`` to the network's output and back.
    importances_ : ImportanceResult
        The full result of the importance method.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Non-negative, of sum 1.

    See Also
    --------
    LSTMClassifier : The same for classification.
    from_keras : A fitted estimator around an already trained Keras model.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.

    Examples
    --------
    >>> from skfi import LSTMRegressor
    >>> from skfi.datasets import make_sequence_regression
    >>> data = make_sequence_regression(n_samples=300, n_features=3, n_informative=1,
    ...                                 random_state=0)
    >>> model = LSTMRegressor(units=8, epochs=15, learning_rate=0.02, random_state=0)
    >>> model.fit(data.data, data.target).feature_importances_.argmax()
    np.int64(0)
    """

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
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state
        self.importance = importance
        self.importance_params = importance_params

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: Any) -> np.ndarray:
        """Predict the target of each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_timesteps)
            Predictions in the units of ``y``. They do not depend on the other rows of ``X``. With
            ``return_sequences`` a padded step has no prediction: NaN.
        """
        check_is_fitted(self)
        samples = self._read(X)
        outputs = forward(self.model_, samples.network_input).astype(np.float64)
        y = self.target_scaler_.inverse_transform(outputs.reshape(-1, outputs.shape[-1]))
        targets = self._targets(lambda: samples.real)
        return targets.predictions(y if self._multi_output else y.ravel())

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R2 of the predictions; with ``return_sequences`` over all steps that are not padding.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns)
            Sequences.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_timesteps)
            True values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            R2.
        """
        return self._score(r2_score, X, y, sample_weight, check_numeric)

    def _learn_target(self, y: Any, sample_weight: np.ndarray | None, *, reset: bool) -> np.ndarray:
        check_numeric(y)
        names = np.asarray([str(name) for name in getattr(y, "columns", ())], dtype=object)
        y = _check_y(y, multi_output=True, y_numeric=True, estimator=self).astype(np.float64)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if reset:
            self._multi_output = y.ndim == 2
            self.__dict__.pop("target_names_in_", None)
            if len(names):
                self.target_names_in_ = names
            scaler = StandardScaler().set_output(transform="default")
            self.target_scaler_ = scaler.fit(y.reshape(len(y), -1), sample_weight=sample_weight)
        elif n_outputs != self._output()[0]:
            raise ValueError(
                f"y has {n_outputs} output(s), but the estimator was fitted on {self._output()[0]}."
            )
        return y

    def _encode_target(self, y: np.ndarray, model: keras.Model) -> np.ndarray:
        columns = y if self._multi_output else y[..., None]
        n_outputs = columns.shape[-1]
        return self.target_scaler_.transform(columns.reshape(-1, n_outputs)).reshape(columns.shape)

    def _output(self) -> tuple[int, str]:
        return self.target_scaler_.n_features_in_, "linear"
