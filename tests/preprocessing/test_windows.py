"""Windows of a table, with and without their targets."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfi import LSTMRegressor, SlidingWindow, make_windows

FRAME = pd.DataFrame(
    {"rain": np.arange(6.0), "tmin": np.arange(6.0) * 10, "flow": np.arange(6.0) * 100},
    index=pd.date_range("2020-01-01", periods=6),
)


def test_windows_end_at_their_target():
    windows = make_windows(FRAME, target="flow", window=3)
    assert windows.data.shape == (4, 3, 2)
    assert windows.feature_names == ["rain", "tmin"]
    assert windows.data[0, :, 0].tolist() == [0, 1, 2]
    assert windows.target.tolist() == [200, 300, 400, 500]
    assert windows.index.equals(FRAME.index[2:])


@pytest.mark.parametrize("horizon", [1, 2])
def test_horizon_looks_ahead(horizon):
    windows = make_windows(FRAME, "flow", 3, horizon, features=["rain", "flow"])
    assert (windows.target == windows.data[:, -1, 1] + 100 * horizon).all()
    assert (FRAME.loc[windows.index, "flow"] == windows.target).all()


def test_step_and_several_targets():
    windows = make_windows(FRAME, ["flow", "tmin"], window=2, step=2)
    assert windows.data[:, -1, 0].tolist() == [1, 3, 5]
    assert windows.target.tolist() == [[100, 10], [300, 30], [500, 50]]


def test_missing_values():
    frame = FRAME.copy()
    frame.iloc[1, 0] = np.nan
    with pytest.raises(ValueError, match=r"2 of 4 windows have missing values, .*\['rain'\]"):
        make_windows(frame, "flow", 3)
    windows = make_windows(frame, "flow", 3, dropna=True)
    assert windows.target.tolist() == [400, 500]
    assert windows.index.equals(FRAME.index[4:])


@pytest.mark.parametrize(
    ("frame", "kwargs", "message"),
    [
        (FRAME, {"target": "Q"}, "no column 'Q'; it has rain, tmin, flow"),
        (FRAME, {"features": ["snow"]}, "no column 'snow'"),
        (FRAME, {"features": ["rain", "flow"]}, "the last row of each window holds the answer"),
        (FRAME, {"features": []}, "No feature is left"),
        (FRAME, {"window": 7}, "has 6 rows; a window of 7 with horizon 0 needs at least 7"),
        (FRAME, {"window": 0}, "'window' parameter"),
        (FRAME[::-1], {}, r"not in time order; call frame.sort_index\(\)"),
        (FRAME.assign(rain="wet"), {}, "'rain' is of type .* numbers are expected"),
        (FRAME.assign(rain=np.nan), {"dropna": True}, "leaves none"),
    ],
)
def test_errors(frame, kwargs, message):
    with pytest.raises(ValueError, match=message):
        make_windows(frame, **{"target": "flow", "window": 3} | kwargs)


def test_what_is_no_frame():
    with pytest.raises(TypeError, match="frame must be a DataFrame; got ndarray"):
        make_windows(FRAME.to_numpy(), target="flow", window=3)


def test_sliding_window_equals_make_windows_where_complete():
    X = SlidingWindow(3).fit_transform(FRAME[["rain", "tmin"]])
    assert X.shape == (6, 3, 2)
    assert np.array_equal(X[2:], make_windows(FRAME, "flow", 3).data)


def test_first_rows_are_padded_as_said():
    X = FRAME[["tmin"]] + 5
    assert SlidingWindow(3).fit_transform(X)[:2, :, 0].tolist() == [[5, 5, 5], [5, 5, 15]]
    zeros = SlidingWindow(3, padding=0.0).fit_transform(X)
    assert zeros[:2, :, 0].tolist() == [[0, 0, 5], [0, 5, 15]]


def test_sliding_window_errors():
    with pytest.raises(ValueError, match="n_samples=2 rows, fewer than window=3"):
        SlidingWindow(3).fit(FRAME[["rain"]].iloc[:2])
    with pytest.raises(ValueError, match="not in time order"):
        SlidingWindow(3).fit(FRAME[["rain"]][::-1])
    with pytest.raises(ValueError, match="'padding' parameter"):
        SlidingWindow(3, padding="mirror").fit(FRAME[["rain"]])


def test_names_pass_through():
    window = SlidingWindow(2).fit(FRAME[["rain", "tmin"]])
    assert window.get_feature_names_out().tolist() == ["rain", "tmin"]


def test_pipeline_takes_a_plain_frame_in_a_grid_search():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(150, 2)) * [1, 50], columns=["rain", "tmin"])
    y = frame["rain"].rolling(3, min_periods=1).sum()
    network = LSTMRegressor(4, epochs=3, random_state=0)
    pipe = make_pipeline(StandardScaler(), SlidingWindow(5), network)
    search = GridSearchCV(pipe, {"lstmregressor__units": [2, 4]}, cv=TimeSeriesSplit(2))
    search.fit(frame, y)
    assert search.predict(frame).shape == (150,)
    assert search.best_estimator_[-1].feature_importances_.shape == (2,)
    assert search.best_estimator_[-1].feature_importances_.argmax() == 0


def test_a_transformer_that_flattens_can_follow():
    pipe = make_pipeline(SlidingWindow(2), Flatten(), LinearRegression())
    assert pipe.fit(FRAME[["rain"]], FRAME["flow"]).score(FRAME[["rain"]], FRAME["flow"]) > 0.99


class Flatten:
    """The least that a pipeline asks of a step."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.reshape(len(X), -1)


def test_padding_of_integers_and_set_output():
    X = np.arange(3)[:, None]
    assert SlidingWindow(2, padding=0.5).fit_transform(X)[0, :, 0].tolist() == [0.5, 0]
    assert SlidingWindow(2).set_output(transform="pandas").fit_transform(X).shape == (3, 2, 1)


def test_columns_of_pandas_own_types():
    frame = FRAME.assign(wet=FRAME["rain"] > 2, count=pd.array([1, None, 3, 4, 5, 6], "Int64"))
    windows = make_windows(frame, "flow", 2, dropna=True)
    assert windows.data.dtype == np.float64
    assert len(windows.data) == 3
    with pytest.raises(ValueError, match=r"repeated: \['rain'\]"):
        make_windows(pd.concat([FRAME, FRAME[["rain"]]], axis=1), "flow", 2)
    with pytest.raises(ValueError, match=r"features must be a list of columns; got 'rain'"):
        make_windows(FRAME, "flow", 2, features="rain")


HOURS = pd.date_range("2025-03-01", periods=60, freq="h")


def of_times(index, **columns):
    values = np.arange(float(len(index)))
    return pd.DataFrame({"rain": values, "flow": values, **columns}, index=index)


class TestGaps:
    def test_windows_over_a_gap_are_told(self):
        frame = of_times(HOURS).drop(HOURS[30:40])
        message = (
            r"2 of 48 windows reach over a gap in time: rows are mostly 0 days 01:00:00 apart, but "
            r"0 days 11:00:00 after 2025-03-02 05:00:00 \(1 gaps in all\)"
        )
        with pytest.warns(UserWarning, match=message) as caught:
            given = make_windows(frame, "flow", window=3, horizon=0)
        assert caught[0].filename == __file__
        with pytest.warns(UserWarning, match="4 of 46 windows"):  # to the row of the target
            make_windows(frame, "flow", window=3, horizon=2)
        # the advice, which takes out what reaches over the gap and nothing else
        whole = make_windows(frame.asfreq("h"), "flow", window=3, dropna=True)
        assert len(given.data) - len(whole.data) == 2

    @pytest.mark.parametrize(
        "index",
        [
            pytest.param(HOURS, id="none"),
            pytest.param(HOURS.tz_localize("UTC").tz_convert("Europe/Berlin"), id="summer time"),
            pytest.param(pd.bdate_range("2025-01-01", periods=60), id="weekends"),
            pytest.param(pd.date_range("2025-01-31", periods=60, freq="ME"), id="months"),
            pytest.param(HOURS[0] + pd.to_timedelta(np.arange(60) ** 2, "min"), id="no usual step"),
            pytest.param(HOURS[:2], id="two rows"),
            pytest.param(np.r_[:30, 40:70], id="numbers"),
        ],
    )
    def test_times_without_a_gap(self, index):
        windows = make_windows(of_times(index), "flow", window=2)  # warnings are errors
        assert len(windows.data) == len(index) - 1

    def test_from_one_series_to_the_next_is_no_gap(self):
        index = pd.DatetimeIndex([*HOURS[:20], *HOURS[40:]])
        frame = of_times(index, station=np.repeat(["a", "b"], [20, 20]))
        make_windows(frame, "flow", window=3, by="station")
        with pytest.warns(UserWarning, match="windows reach over a gap"):
            make_windows(frame.drop(index[30:34]), "flow", window=3, by="station")

    def test_windows_beside_a_gap(self):
        frame = of_times(HOURS).drop(HOURS[30:40])
        windows = make_windows(frame, "flow", window=3, step=3)  # the gap is where one ends
        assert len(windows.data) == 16
