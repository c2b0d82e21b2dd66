"""Keep the features that matter
================================

Features are selected from sequences and from flat rows.

The data is generated, so the right answer is known: of ten features the first three matter.

Run it with ``python examples/feature_selection.py``.
"""

import argparse

from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMClassifier, LSTMRegressor, SelectSequenceFeatures
from skfi.datasets import make_sequence_classification, make_sequence_regression


def main(epochs: int) -> None:
    """Select by gradients from sequences, by permutation from rows."""
    data = make_sequence_classification(
        1200, n_features=10, n_informative=3, n_classes=3, noise=0.3, random_state=0
    )
    X_train, X_test, y_train, y_test = train_test_split(
        data.data, data.target, stratify=data.target, random_state=0
    )
    network = LSTMClassifier(16, epochs=epochs, learning_rate=0.01, random_state=0)
    selector = SelectSequenceFeatures(network).fit(X_train, y_train)
    print("Sequences: kept", selector.get_feature_names_out(data.feature_names).tolist())
    print(f"accuracy with all ten features: {selector.estimator_.score(X_test, y_test):.2f}")
    smaller = make_pipeline(SelectSequenceFeatures(network), network).fit(X_train, y_train)
    print(f"accuracy with those only:       {smaller.score(X_test, y_test):.2f}\n")

    # scikit-learn's own selector, on rows: a row of ten columns is a sequence of one step
    rows = make_sequence_regression(
        1200, n_timesteps=1, n_features=10, n_informative=3, noise=0.3, random_state=0
    )
    X, y = rows.data[:, 0], rows.target
    by_permutation = LSTMRegressor(
        16, epochs=epochs, learning_rate=0.01, importance="permutation", random_state=0
    )
    pipe = make_pipeline(StandardScaler(), SelectFromModel(by_permutation), LSTMRegressor())
    pipe.set_params(lstmregressor__epochs=epochs).fit(X[:900], y[:900])
    print("Rows: kept", pipe[:-1].get_feature_names_out().tolist())
    print(f"R2 with those only: {pipe.score(X[900:], y[900:]):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=15)
    main(parser.parse_args().epochs)
