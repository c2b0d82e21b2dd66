"""Estimators of other libraries that take 3-D samples: permutation and LOFO.

They are not installed with skfi; where they are missing, these tests are skipped by name.
"""

import numpy as np
import pytest

from skfi import compare_importances, lofo_importance, permutation_importance


@pytest.fixture(scope="module")
def data():
    X = np.random.default_rng(0).normal(size=(120, 6, 3)).astype("float32")
    return X, X[:, :, 0].sum(axis=1) + 0.3 * X[:, :, 1].sum(axis=1)


def test_a_torch_network_in_skorch(data):
    torch = pytest.importorskip("torch")
    skorch = pytest.importorskip("skorch")

    class Network(torch.nn.Module):
        def __init__(self, n_features: int = 3):
            super().__init__()
            self.lstm = torch.nn.LSTM(n_features, 8, batch_first=True)
            self.dense = torch.nn.Linear(8, 1)

        def forward(self, X):
            return self.dense(self.lstm(X)[0][:, -1])

    torch.manual_seed(0)
    X, y = data
    y = y.astype("float32")[:, None]
    network = skorch.NeuralNetRegressor(
        Network, lr=0.05, optimizer=torch.optim.Adam, max_epochs=25, verbose=0, train_split=None
    )
    network.fit(X, y)
    result = permutation_importance(network, X, y, random_state=0)
    assert result.feature_names[result.importances_mean.argmax()] == "x0"
    random = np.random.RandomState(np.random.RandomState(0).randint(2**31))
    order, shuffled = np.arange(120), X.copy()
    random.shuffle(order)
    shuffled[:, :, 0] = X[order][:, :, 0]
    by_hand = network.score(X, y) - network.score(shuffled, y)
    assert result.importances[0, 0] == pytest.approx(by_hand, abs=1e-5)
    left_out = lofo_importance(network, X, y, cv=2, random_state=0)
    assert left_out.leave_out == "constant"  # its code is not known
    assert left_out.to_frame().index[0] == "x0"
    with pytest.raises(TypeError, match="Gradients need a neural network"):
        compare_importances(network, X, y)


def test_an_estimator_of_tslearn(data):
    neighbors = pytest.importorskip("tslearn.neighbors")
    X, y = data
    model = neighbors.KNeighborsTimeSeriesClassifier(3, metric="euclidean").fit(X, y > 0)
    result = permutation_importance(model, X, y > 0, scoring="accuracy", random_state=0)
    assert result.to_frame().index[0] == "x0"
    by_time = permutation_importance(model, X, y > 0, by="timestep", scoring="accuracy")
    assert by_time.importances.shape == (6, 5)
    left_out = lofo_importance(model, X, y > 0, cv=2, scoring="accuracy")
    assert left_out.importances.shape == (3, 2)


def test_an_estimator_of_aeon(data):
    forest = pytest.importorskip("aeon.classification.interval_based")
    X, y = data
    channels_first = X.transpose(0, 2, 1)  # where a time step of skfi is a channel of aeon
    model = forest.TimeSeriesForestClassifier(n_estimators=20, random_state=0)
    model.fit(channels_first, y > 0)
    result = permutation_importance(
        model, channels_first, y > 0, by="timestep", scoring="accuracy", random_state=0
    )
    assert result.importances_mean.argmax() == 0
