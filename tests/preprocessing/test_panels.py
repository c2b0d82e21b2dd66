"""Series of unequal length: stacked, padded, and taken apart again."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skfi import make_windows, stack_sequences, unstack_sequences

FRAME = pd.DataFrame(
    {
        "id": ["b", "b", "b", "a", "a"],
        "day": pd.to_datetime(
            ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-01", "2020-01-02"]
        ),
        "pulse": [1.0, 2, 3, 4, 5],
        "age": [40, 40, 40, 51, 51],
        "ill": ["yes", "yes", "yes", "no", "no"],
        "pain": [0, 1, 2, 3, 4],
    }
)
CALL = {"by": "id", "time": "day", "features": ["pulse", "age"]}


class TestFrames:
    def test_values_and_padding(self):
        panel = stack_sequences(FRAME, **CALL, target="ill")
        assert panel.data.shape == (2, 3, 2)
        assert panel.data[0].tolist() == [[1, 40], [2, 40], [3, 40]]
        assert np.isnan(panel.data[1, 2]).all()
        assert panel.lengths.tolist() == [3, 2]
        assert panel.target.tolist() == ["yes", "no"]
        assert panel.index.tolist() == ["b", "a"]
        assert panel.feature_names == ["pulse", "age"]

    def test_a_target_at_every_step(self):
        panel = stack_sequences(FRAME, **CALL, target="pain", return_sequences=True)
        assert panel.target[0].tolist() == [0, 1, 2]
        assert panel.target[1, :2].tolist() == [3, 4]
        floats = FRAME.assign(pain=FRAME["pain"].astype(float))
        panel = stack_sequences(floats, **CALL, target="pain", return_sequences=True)
        assert (np.isnan(panel.target) == np.isnan(panel.data[:, :, 0])).all()

    def test_a_given_mask_value_and_length(self):
        data = stack_sequences(FRAME, **CALL, mask_value=-1, n_timesteps=5).data
        assert data.shape == (2, 5, 2)
        assert (data[1, 2:] == -1).all()

    def test_and_back(self):
        panel = stack_sequences(FRAME, **CALL)
        back = unstack_sequences(panel.data, feature_names=panel.feature_names, index=panel.index)
        assert back["id"].tolist() == FRAME["id"].tolist()
        assert back["time"].tolist() == [0, 1, 2, 0, 1]
        assert (back[["pulse", "age"]].to_numpy() == FRAME[["pulse", "age"]].to_numpy()).all()

    def test_rows_out_of_order_are_sorted_and_it_is_said(self):
        shuffled = FRAME.iloc[[2, 4, 0, 3, 1]]
        with pytest.warns(UserWarning, match="2 of 2 series were not in the order of 'day'"):
            panel = stack_sequences(shuffled, **CALL)
        expected = stack_sequences(FRAME, **CALL)
        assert np.array_equal(panel.data, expected.data, equal_nan=True)
        assert panel.index.tolist() == ["b", "a"]

    def test_interleaved_series_in_order_are_nothing_to_say(self):
        mixed = FRAME.iloc[[0, 3, 1, 4, 2]]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            panel = stack_sequences(mixed, **CALL)
        assert np.array_equal(panel.data, stack_sequences(FRAME, **CALL).data, equal_nan=True)

    def test_an_ordered_category_as_time(self):
        order = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
        frame = FRAME.assign(day=pd.Categorical(["low", "mid", "high", "low", "mid"], dtype=order))
        expected = stack_sequences(FRAME, **CALL).data
        assert np.array_equal(stack_sequences(frame, **CALL).data, expected, equal_nan=True)
        with pytest.warns(UserWarning, match="2 of 2 series were not in the order") as caught:
            panel = stack_sequences(frame[::-1], **CALL)
        assert np.array_equal(panel.data[::-1], expected, equal_nan=True)
        assert caught[0].filename == __file__

    @pytest.mark.parametrize(
        ("frame", "change", "message"),
        [
            (FRAME, {"by": None}, "say in by="),
            (FRAME, {"by": "name"}, "no column 'name'"),
            (FRAME, {"features": ["ill"]}, "'ill' is of type"),
            (FRAME, {"target": "pain"}, "'pain' changes within series 'b'"),
            (FRAME, {"n_timesteps": 2}, "n_timesteps=2, but series 0 has 3 steps"),
            (
                pd.concat([FRAME, FRAME.iloc[[1]]]),
                {},
                "1 rows repeat an earlier row's id and day; the first is b, 2020-01-02",
            ),
            (FRAME.assign(pulse=[1, 2, None, 4, 5]), {}, r"1 values are missing .* \['pulse'\]"),
            (FRAME.assign(day=FRAME["day"].where(FRAME["day"] > "2020-01-01")), {}, "missing val"),
            (FRAME, {"target": "pain", "features": ["pulse", "pain"]}, r"\['pain'\] are among"),
            (FRAME.assign(day=1), {"features": ["day"]}, r"\['day'\] are among the features"),
            (FRAME, {"features": ["pulse", "id"]}, r"\['id'\] are among the features"),
            (FRAME, {"features": "pulse"}, r"features must be a list .* write \['pulse'\]"),
            (FRAME, {"by": ["id"]}, r"by must be the label of one column; got \['id'\]"),
            (FRAME[:0], {}, "data has no rows"),
        ],
    )
    def test_bad_frames(self, frame, change, message):
        with pytest.raises(ValueError, match=message):
            stack_sequences(frame, **(CALL | change))


class TestArrays:
    series = (np.arange(6.0).reshape(3, 2), np.ones((1, 2)))

    def test_a_list(self):
        panel = stack_sequences(list(self.series))
        assert panel.data.shape == (2, 3, 2)
        parts = unstack_sequences(panel.data, to="list")
        assert all(np.array_equal(a, b) for a, b in zip(parts, self.series, strict=True))

    def test_channels_first_is_the_same(self):
        transposed = [values.T for values in self.series]
        panel = stack_sequences(transposed, channels_first=True)
        expected = stack_sequences(list(self.series)).data
        assert np.array_equal(panel.data, expected, equal_nan=True)
        parts = unstack_sequences(panel.data, to="list", channels_first=True)
        assert all(np.array_equal(a, b) for a, b in zip(parts, transposed, strict=True))

    def test_the_layout_of_sktime_and_aeon(self):
        X = np.arange(24.0).reshape(2, 3, 4)  # series, features, time
        stacked = stack_sequences(X, channels_first=True).data
        assert stacked.shape == (2, 4, 3)
        assert stacked[1, 2, 0] == X[1, 0, 2]
        assert np.array_equal(unstack_sequences(stacked, to="array", channels_first=True), X)

    def test_a_padded_array_is_left_as_it_is(self):
        panel = stack_sequences(list(self.series), n_timesteps=5)
        again = stack_sequences(panel.data)
        assert np.array_equal(again.data, panel.data, equal_nan=True)
        assert again.lengths.tolist() == panel.lengths.tolist() == [3, 1]

    @pytest.mark.parametrize(
        ("dtype", "mask_value", "expected"),
        [
            pytest.param("int64", -1, "int64", id="one of the integers"),
            pytest.param("int64", -0.5, "float64", id="no integer"),
            pytest.param("int8", -999.0, "float32", id="out of range"),
            pytest.param("int8", 0.1, "float64", id="exact in no float32"),
            pytest.param("uint8", -1, "int16", id="unsigned"),
            pytest.param("float32", -0.1, "float32", id="floats stay"),
            pytest.param("float32", -np.inf, "float32", id="infinity"),
            pytest.param("float16", -1e6, "float32", id="out of range of floats"),
        ],
    )
    def test_the_type_holds_the_mask_value(self, dtype, mask_value, expected):
        series = [np.full((2, 1), 3, dtype), np.full((1, 1), 3, dtype)]
        data = stack_sequences(series, mask_value=mask_value).data
        assert data.dtype == expected
        assert data[:, :, 0].tolist() == [[3, 3], [3, data.dtype.type(mask_value)]]

    def test_yes_and_no_take_any_mask_value(self):
        frame = FRAME.assign(pulse=FRAME["pulse"] > 1)
        panel = stack_sequences(frame, "id", features=["pulse"], mask_value=-0.5)
        assert panel.data[:, :, 0].tolist() == [[0, 1, 1], [1, 1, -0.5]]

    @pytest.mark.parametrize("longer", [False, True], ids=["one length", "padded"])
    def test_data_that_end_with_the_mask_value(self, longer):
        series = [np.ones((2 + longer, 1)), np.array([[1.0], [0.0]])]
        with pytest.raises(ValueError, match="The last 1 steps of series 1 hold mask_value=0 only"):
            stack_sequences(series, mask_value=0)
        frame = FRAME.assign(pulse=[1, 2, 0, 4, 5])
        with pytest.raises(ValueError, match="The last 1 steps of series 'b' hold mask_value=0"):
            stack_sequences(frame, "id", features=["pulse"], mask_value=0)

    @pytest.mark.parametrize(
        ("data", "kwargs", "message"),
        [
            ([], {}, "no series"),
            ([np.ones((2, 2)), np.ones((2, 3))], {}, r"differ in their number of features: \[2, 3"),
            ([np.ones(3)], {}, r"Series 0 has shape \(3,\)"),
            ([np.ones((2, 2))], {"by": "id"}, "name columns of a DataFrame"),
            ([np.array([[1.0, np.nan], [1, 1]])], {}, "NaN in 1 cells of real data"),
        ],
    )
    def test_bad_arrays(self, data, kwargs, message):
        with pytest.raises(ValueError, match=message):
            stack_sequences(data, **kwargs)

    def test_other_kinds(self):
        with pytest.raises(TypeError, match="data must be a DataFrame"):
            stack_sequences({"a": 1})
        with pytest.raises(ValueError, match=r"X must have shape \(n_series"):
            unstack_sequences(np.ones((2, 2)))
        with pytest.raises(ValueError, match="1 feature_names and 2 ids"):
            unstack_sequences(np.ones((2, 2, 2)), feature_names=["a"])
        with pytest.raises(ValueError, match=r"feature_names has \['time'\], but the table gets"):
            unstack_sequences(np.ones((2, 2, 2)), feature_names=["time", "a"])


class TestWindowsOfSeveralSeries:
    frame = FRAME.drop(columns="day")

    def test_no_window_goes_from_one_series_into_the_next(self):
        windows = make_windows(self.frame, target="ill", window=2, by="id", features=["pulse"])
        assert windows.data[:, :, 0].tolist() == [[1, 2], [2, 3], [4, 5]]
        assert windows.target.tolist() == ["yes", "yes", "no"]
        assert windows.groups.tolist() == ["b", "b", "a"]

    def test_a_series_shorter_than_the_window(self):
        with pytest.raises(ValueError, match=r"1 of 2 series are shorter .* series 'a' has 2"):
            make_windows(self.frame, target="ill", window=3, by="id", features=["pulse"])

    def test_rows_of_a_series_stand_together(self):
        with pytest.raises(ValueError, match="must stand together"):
            make_windows(self.frame.iloc[[0, 3, 1, 4, 2]], target="ill", window=2, by="id")

    def test_rows_of_each_series_are_in_time_order(self):
        days = self.frame.set_index(FRAME["day"])
        call = {"target": "ill", "window": 2, "by": "id", "features": ["pulse"]}
        assert make_windows(days, **call).groups.tolist() == ["b", "b", "a"]
        with pytest.raises(ValueError, match="series 'a' are not in time order, by the index"):
            make_windows(days.iloc[[0, 1, 2, 4, 3]], **call)

    @pytest.mark.parametrize(
        ("frame", "by", "message"),
        [
            pytest.param(
                FRAME.assign(id=["b", "b", None, "a", "a"]),
                "id",
                "1 rows have no value in the column 'id'",
                id="no id",
            ),
            pytest.param(FRAME[:0], "id", "has 0 rows; a window of 2", id="empty"),
            pytest.param(FRAME, ["id"], "by must be the label of one column", id="list"),
        ],
    )
    def test_bad_series(self, frame, by, message):
        with pytest.raises(ValueError, match=message):
            make_windows(frame, target="ill", window=2, by=by, features=["pulse"])
