"""Small networks of every make, with data that they take."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

N, T, F = 24, 4, 3  # samples, time steps, features


@dataclass
class Animal:
    """A network, what it takes, and how to explain one of its outputs."""

    model: keras.Model
    X: Any
    target: Any = None  # of gradients, where there are several outputs
    output: Any = 0  # the same output: a function of all outputs, or a column of the last axis
    kind: str = "values"
    tolerance: float = 1e-5
    gradients: bool = True
    ids: tuple[str, ...] = ()  # inputs of ids


ZOO: dict[str, Callable[[], Animal]] = {}


def animal(build: Callable[[], Animal]) -> Callable[[], Animal]:
    ZOO[build.__name__] = build
    return build


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(N, *shape)).astype("float32")


def categories(n: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, n, size=(N, *shape)).astype("int32")


def compiled(model: keras.Model, loss: Any = "mse", **settings: Any) -> keras.Model:
    model.compile("adam", loss, auto_scale_loss=False, **settings)
    if model.built:  # or a file of it cannot be read without a warning
        model.optimizer.build(model.trainable_variables)
    return model


def stack(*of: Any, shape: tuple[int, ...] = (T, F), loss: Any = "mse", **params: Any) -> Animal:
    model = compiled(keras.Sequential([keras.Input(shape), *of]), loss)
    return Animal(model, numbers(*shape), **params)


@animal
def lstm():
    return stack(layers.LSTM(3), layers.Dense(1))


@animal
def static_and_sequence():
    a, b = keras.Input((T, F), name="weather"), keras.Input((2,), name="station")
    x = layers.Concatenate()([layers.LSTM(3)(a), b])
    model = compiled(keras.Model([a, b], layers.Dense(1)(x)))
    return Animal(model, (numbers(T, F), numbers(2, seed=1)))


@animal
def two_sequences():
    a, b = keras.Input((T, F), name="hours"), keras.Input((7, 2), name="days")
    x = layers.Concatenate()([layers.LSTM(3)(a), layers.GRU(3)(b)])
    model = compiled(keras.Model({"hours": a, "days": b}, layers.Dense(1)(x)))
    return Animal(model, {"hours": numbers(T, F), "days": numbers(7, 2, seed=1)})


@animal
def categories_beside_numbers():
    a, b = keras.Input((T, F), name="sales"), keras.Input((1,), name="shop", dtype="int32")
    x = layers.Concatenate()([layers.LSTM(3)(a), layers.Flatten()(layers.Embedding(5, 2)(b))])
    model = compiled(keras.Model([a, b], layers.Dense(1)(x)))
    return Animal(model, {"sales": numbers(T, F), "shop": categories(5, 1)}, ids=("shop",))


@animal
def one_embedding_of_two_inputs():
    a, b = keras.Input((1,), name="home"), keras.Input((1,), name="guest")  # ids as floats
    embedding = layers.Embedding(6, 2)
    x = layers.Concatenate()([layers.Flatten()(embedding(a)), layers.Flatten()(embedding(b))])
    model = compiled(keras.Model([b, a], layers.Dense(1)(layers.Dense(3, "tanh")(x))))
    X = {"home": categories(3, 1), "guest": categories(3, 1)[::-1] + 3}
    return Animal(model, X, ids=("home", "guest"))


@animal
def masks_in_two_inputs():
    a, b = keras.Input((T, F), name="numbers"), keras.Input((5,), name="words", dtype="int32")
    of_numbers = layers.LSTM(3)(layers.Masking(-9.0)(a))
    of_words = layers.LSTM(3)(layers.Embedding(7, 2, mask_zero=True)(b))
    x = layers.Concatenate()([of_numbers, of_words])
    model = compiled(keras.Model([a, b], layers.Dense(1)(x)))
    random = np.random.default_rng(2)  # 1 is the most frequent word, and each is there once
    words = [random.permutation([1, *random.choice([2, 3, 4, 5, 6], 4, False)]) for _ in range(N)]
    words = np.array(words, dtype="int32")
    return Animal(model, {"numbers": numbers(T, F), "words": words}, ids=("words",))


@animal
def horizons():
    return stack(layers.LSTM(3), layers.Dense(4), target=2, output=2)


@keras.saving.register_keras_serializable("zoo")
def pinball(y, q):
    return ops.mean(ops.maximum(0.5 * (y - q), -0.5 * (y - q)), axis=-1)


@animal
def quantiles():
    return stack(layers.GRU(3), layers.Dense(3), loss=pinball, target=1, output=1)


@animal
def named_heads():
    a, b = keras.Input((T, F), name="a"), keras.Input((2,), name="b")
    heads = {"flow": layers.Dense(2)(layers.LSTM(3)(a)), "level": layers.Dense(1)(b)}
    model = compiled(keras.Model([a, b], heads), {"flow": "mse", "level": "mae"})
    X = (numbers(T, F), numbers(2, seed=1))
    return Animal(model, X, target=("flow", 1), output=lambda out: out["flow"][:, 1])


@animal
def heads_of_values_and_classes():
    a = keras.Input((T, F))
    x = layers.LSTM(3)(a)
    heads = [layers.Dense(1, name="size")(x), layers.Dense(3, "softmax", name="type")(x)]
    losses = ["mse", "sparse_categorical_crossentropy"]
    model = compiled(keras.Model(a, heads), losses, loss_weights=[1.0, 0.3])
    return Animal(
        model,
        numbers(T, F),
        target=("type", 2),
        output=lambda out: out[1][:, 2],
        kind="heads",
    )


@animal
def several_labels():
    last = layers.Dense(3, "sigmoid")
    return stack(
        layers.LSTM(3), last, loss="binary_crossentropy", target=1, output=1, kind="labels"
    )


@animal
def several_labels_of_logits():
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    params = {"target": 1, "output": 1, "kind": "label logits"}
    return stack(layers.LSTM(3), layers.Dense(3), loss=loss, **params)


@animal
def classes():
    last, loss = layers.Dense(3, "softmax"), "categorical_crossentropy"
    return stack(layers.LSTM(3), last, loss=loss, target=1, output=1, kind="classes")


@animal
def encoder_decoder():
    of = [layers.LSTM(3), layers.RepeatVector(2), layers.LSTM(3, return_sequences=True)]
    last = layers.TimeDistributed(layers.Dense(1))
    return stack(*of, last, target=0, output=lambda out: out[:, 1, 0], kind="step 1")


@animal
def decoder_with_attention():
    a = keras.Input((T, F))
    encoded = layers.LSTM(3, return_sequences=True)(a)
    queries = layers.RepeatVector(6)(layers.GlobalAveragePooling1D()(encoded))
    decoded = layers.GRU(3, return_sequences=True)(queries)
    x = layers.Attention()([decoded, encoded])
    model = compiled(keras.Model(a, layers.Dense(1)(layers.Concatenate()([x, decoded]))))
    return Animal(model, numbers(T, F), target=0, output=lambda out: out[:, 1, 0], kind="step 1")


@animal
def two_outputs_at_every_step():
    of = [layers.LSTM(3, return_sequences=True), layers.Dense(2)]
    return stack(*of, target=1, output=lambda out: out[:, 1, 1], kind="step 1")


@animal
def frames():
    of_frame = keras.Sequential([keras.Input((3, 3, 2)), layers.Conv2D(2, 2), layers.Flatten()])
    of = [layers.TimeDistributed(of_frame), layers.LSTM(3), layers.Dense(1)]
    return stack(*of, shape=(T, 3, 3, 2))


@animal
def conv_lstm_1d():
    return stack(layers.ConvLSTM1D(2, 2), layers.Flatten(), layers.Dense(1), shape=(T, 4, 2))


@animal
def conv_lstm_2d():
    of = [layers.ConvLSTM2D(2, 2), layers.GlobalAveragePooling2D(), layers.Dense(1)]
    return stack(*of, shape=(T, 3, 3, 2))


@animal
def stateful():
    inputs = keras.Input(batch_shape=(8, T, F))
    of = [layers.LSTM(3, stateful=True, return_sequences=True), layers.GRU(2, stateful=True)]
    model = compiled(keras.Sequential([inputs, *of, layers.Dense(1)]))
    return Animal(model, numbers(T, F), kind="stateful")


@animal
def fixed_batch():
    inputs = keras.Input(batch_shape=(8, T, F))
    model = compiled(keras.Sequential([inputs, layers.SimpleRNN(3), layers.Dense(1)]))
    return Animal(model, numbers(T, F), kind="stateful")


@keras.saving.register_keras_serializable("zoo")
class OwnModel(keras.Model):
    def __init__(self, units: int = 3, **params: Any) -> None:
        super().__init__(**params)
        self.units = units
        self.lstm, self.dense = layers.LSTM(units), layers.Dense(1)

    def call(self, x, training=False):
        return self.dense(self.lstm(x))

    def get_config(self):
        return super().get_config() | {"units": self.units}


@animal
def subclass():
    model, X = compiled(OwnModel()), numbers(T, F)
    model.fit(X, X[:, 0, 0], epochs=1, verbose=0)
    return Animal(model, X)


@keras.saving.register_keras_serializable("zoo")
class OwnModelOfInputs(OwnModel):
    def call(self, x, training=False):
        return self.dense(ops.concatenate([self.lstm(x["series"]), x["static"]], axis=-1))


@animal
def subclass_of_several_inputs():
    model, X = compiled(OwnModelOfInputs()), {"series": numbers(T, F), "static": numbers(2)}
    model.fit(X, X["static"][:, 0], epochs=1, verbose=0)
    return Animal(model, X)


@animal
def started_by_data():  # a Sequential without an Input
    model, X = compiled(keras.Sequential([layers.LSTM(3), layers.Dense(1)])), numbers(T, F)
    model.fit(X, X[:, 0, 0], epochs=1, verbose=0)
    return Animal(model, X)


@keras.saving.register_keras_serializable("zoo")
class Scale(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(shape=(input_shape[-1],), initializer="random_normal")

    def call(self, x):
        return x * self.factor


@keras.saving.register_keras_serializable("zoo")
class OwnLoss(keras.losses.Loss):
    def call(self, y, pred):
        return ops.mean(ops.square(y - pred), axis=-1)


@animal
def own_layer_and_loss():
    return stack(Scale(), layers.LSTM(3), layers.Dense(1), loss=OwnLoss())


@animal
def lambda_layer():
    return stack(layers.Lambda(lambda x: x[:, 1:] - x[:, :-1]), layers.LSTM(3), layers.Dense(1))


@animal
def transformer():
    a = keras.Input((T, F))
    x = layers.Dense(4)(a)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 2)(x, x))
    x = layers.Dense(4)(layers.Dense(8, "gelu")(x)) + x
    model = compiled(keras.Model(a, layers.Dense(1)(layers.GlobalAveragePooling1D()(x))))
    return Animal(model, numbers(T, F))


@animal
def normalization():
    first = layers.Normalization()
    first.adapt(5 + 3 * numbers(T, F))
    return stack(first, layers.LSTM(3), layers.Dense(1))


@animal
def masking_at_both_ends():
    first = layers.Masking(-9.0)
    last = layers.LSTM(3)
    return stack(first, layers.Bidirectional(layers.GRU(2, return_sequences=True)), last, target=0)


@animal
def time_distributed_first():
    return stack(layers.TimeDistributed(layers.Dense(4, "tanh")), layers.LSTM(3), layers.Dense(1))


@animal
def network_in_a_network():
    inner = keras.Sequential([keras.Input((T, F)), layers.LSTM(3)], name="inner")
    return stack(inner, layers.Dense(1))


@animal
def plain_rows():
    return stack(layers.Dense(4, "tanh"), layers.Dense(1), shape=(F,))


def _of_policy(policy: str, tolerance: float) -> Animal:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return stack(layers.LSTM(3), layers.Dense(1, dtype="float32"), tolerance=tolerance)
    finally:
        keras.config.set_dtype_policy(before)


@animal
def bfloat16():
    return _of_policy("mixed_bfloat16", 0.1)


@animal
def float16():
    return _of_policy("mixed_float16", 0.02)


@animal
def float64():
    inputs = keras.Input((T, F), dtype="float64")
    of = [layers.LSTM(3, dtype="float64"), layers.Dense(1, dtype="float64")]
    model = compiled(keras.Sequential([inputs, *of]))
    return Animal(model, numbers(T, F).astype("float64"))


@animal
def quantized():
    made = stack(layers.LSTM(3), layers.Dense(2), layers.Dense(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Keras, as an InputLayer has nothing to quantize
        made.model.quantize("int8")
    compiled(made.model)  # anew, as there are less weights to train
    made.kind = "quantized"  # it rounds, which has a gradient of Keras' own, and is not trained
    return made
