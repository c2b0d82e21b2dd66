"""Rows that are folded into sequences."""

import numpy as np
import pytest

from skfi._folding import fold


def test_fold_is_time_major_and_undone_by_reshape():
    X3 = np.arange(24.0).reshape(2, 4, 3)
    assert np.array_equal(fold(X3.reshape(2, 12), 4), X3)
    assert fold(X3, None) is X3
    assert fold(np.ones((5, 3)), None).shape == (5, 1, 3)


@pytest.mark.parametrize(
    ("X", "n_timesteps", "message"),
    [
        (np.ones((2, 10)), 4, "10 columns, which do not divide into n_timesteps=4"),
        (np.ones((2, 5, 2)), 4, "5 time steps .* but n_timesteps=4"),
        (np.ones(3), None, "1 dimension"),
        (np.ones((1, 2, 3, 4)), None, "4 dimension"),
    ],
)
def test_fold_says_what_is_wrong(X, n_timesteps, message):
    with pytest.raises(ValueError, match=message):
        fold(X, n_timesteps)
