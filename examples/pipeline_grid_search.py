"""A Pipeline in a grid search
==============================

A plain table goes in, importances named by its columns come out.

Rows in are rows out: the scaler and the windows are steps of the pipeline, so the grid search
refits them on each training split and nothing leaks from the future.

Run it with ``python examples/pipeline_grid_search.py``.
"""

import argparse

import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, SlidingWindow, permutation_importance
from skfi.datasets import fetch_river_flow


def main(epochs: int) -> None:
    """Search for the size of the network, then explain the winner."""
    weather, flow = fetch_river_flow(as_frame=True, return_X_y=True)
    weather, log_flow = weather[["rain", "tmax", "tmin"]], np.log(flow)
    train, test = slice(0, 2200), slice(2200, None)

    pipe = make_pipeline(
        StandardScaler(),
        SlidingWindow(20, padding=0.0),
        LSTMRegressor(epochs=epochs, random_state=0),
    )
    search = GridSearchCV(pipe, {"lstmregressor__units": [8, 16]}, cv=TimeSeriesSplit(2))
    search.fit(weather[train], log_flow[train])
    print("Best:", search.best_params_)
    print(f"R2 on the held-out days: {search.score(weather[test], log_flow[test]):.2f}\n")

    network = search.best_estimator_[-1]
    print("Gradients, computed in fit:")
    print(pd.Series(network.feature_importances_, index=weather.columns).round(2), end="\n\n")

    print("Permutation of the raw columns, through scaler, windows and network:")
    result = permutation_importance(search, weather[test], log_flow[test], random_state=0)
    print(result.to_frame().round(2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=8)
    main(parser.parse_args().epochs)
