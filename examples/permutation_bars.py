"""How bad does the forecast get?
=================================

Bars of the error itself, with the baseline as a line.

An LSTM forecasts tomorrow's log flow from two weeks of weather and flow. Each input is shuffled in
turn; a bar is the error that is left, the dashed line the error with every input in place. With
past flow among the inputs, past flow dominates.

Run it with ``python examples/permutation_bars.py``; the picture goes to ``pictures``.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, make_windows, permutation_importance
from skfi.datasets import fetch_river_flow


def main(epochs: int, folder: Path) -> None:
    """Fit, shuffle, draw."""
    frame = fetch_river_flow(as_frame=True).frame
    frame["flow"] = np.log(frame["flow"])
    frame["target"] = frame["flow"]
    inputs = ["rain", "tmax", "tmin", "flow"]
    frame[inputs] = StandardScaler().fit(frame[inputs][:2500]).transform(frame[inputs])
    windows = make_windows(frame, target="target", window=14, horizon=1, features=inputs)
    X, y = windows.data, windows.target
    model = LSTMRegressor(16, epochs=epochs, random_state=0).fit(X[:2500], y[:2500])

    result = permutation_importance(
        model,
        X[2500:],
        y[2500:],
        scoring="neg_mean_absolute_error",
        n_repeats=10,
        feature_groups={"temperature": ["tmax", "tmin"]},
        feature_names=inputs,
        random_state=0,
    )
    print(f"Mean absolute error of log flow with every input: {-result.baseline_score:.3f}")
    print(result.to_frame().round(3))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "permutation_bars.png"
    result.plot(kind="score").figure_.savefig(path, dpi=120)
    print("Picture:", path.resolve())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    main(options.epochs, options.pictures)
