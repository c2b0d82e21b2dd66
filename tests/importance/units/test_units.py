"""The units that importances are for."""

import numpy as np
import pytest

from skfi.importance._units._cells import make_units


@pytest.mark.parametrize("by", ["feature", "timestep", "cell"])
def test_units_cover_every_cell_once(by):
    units = make_units((7, 3, 4), by=by)
    assert sorted(np.concatenate(units.cells)) == list(range(12))


def test_names_of_units():
    names = {
        by: make_units((7, 2, 2), by=by, feature_names=["a", "b"]).names.tolist()
        for by in ("feature", "timestep", "cell")
    }
    assert names == {
        "feature": ["a", "b"],
        "timestep": ["t-1", "t"],
        "cell": ["a[t-1]", "b[t-1]", "a[t]", "b[t]"],
    }


def test_average_is_a_mean_over_the_rest_and_a_sum_over_groups():
    values = np.random.default_rng(0).normal(size=(7, 3, 4))
    flat = values.reshape(7, -1)
    feature = make_units((7, 3, 4)).of_samples(flat)
    assert np.allclose(feature, values.mean(axis=1).T)
    assert np.allclose(make_units((7, 3, 4), by="timestep").of_samples(flat), values.mean(axis=2).T)
    assert np.allclose(make_units((7, 3, 4), by="cell").of_samples(flat), flat.T)
    grouped = make_units((7, 3, 4), feature_groups={"pair": ["x3", 1]}).of_samples(flat)
    assert np.allclose(grouped, [feature[0], feature[1] + feature[3], feature[2]])


def test_groups_stand_at_their_first_member_and_the_rest_stays():
    units = make_units((7, 3, 4), feature_groups={"pair": ["x3", "x1"]})
    assert units.names.tolist() == ["x0", "pair", "x2"]
    assert units.cells[1].tolist() == [1, 3, 5, 7, 9, 11]


def test_columns_of_2d_input_are_features_and_fold_into_time_steps():
    assert len(make_units((7, 12))) == 12
    steps = make_units((7, 12), by="timestep", n_timesteps=3)
    assert [cells.tolist() for cells in steps.cells] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"by": "hour"}, ValueError, "by='hour' is unknown"),
        ({"feature_names": ["a"]}, ValueError, "has 1 names, but X has 4 features"),
        ({"feature_names": list("abca")}, ValueError, r"repeated: \['a'\]"),
        ({"feature_groups": {"g": ["x00"]}}, ValueError, "names 'x00', which is unknown. Did you"),
        ({"feature_groups": {"g": ["rain"]}}, ValueError, "unknown. Known: x0, x1"),
        ({"feature_groups": {"g": [4]}}, ValueError, "names position 4, but there are 4"),
        ({"feature_groups": {"g": []}}, ValueError, "must be a non-empty list"),
        ({"feature_groups": {"g": "x1"}}, ValueError, "must be a non-empty list"),
        ({"feature_groups": {"g": ["x0"], "h": ["x0"]}}, ValueError, "'x0' is in both 'g' and 'h'"),
        ({"feature_groups": {"g": ["x0", 0]}}, ValueError, "overlap"),
        ({"feature_groups": {"x1": ["x0"]}}, ValueError, "also the name of a feature"),
        ({"feature_groups": [["x0"]]}, TypeError, "must be a mapping"),
    ],
)
def test_unit_errors(kwargs, error, message):
    with pytest.raises(error, match=message):
        make_units((7, 3, 4), **kwargs)


def test_time_steps_of_2d_input_need_n_timesteps():
    with pytest.raises(ValueError, match="by='timestep' needs sequences"):
        make_units((7, 12), by="timestep")
