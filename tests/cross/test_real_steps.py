"""What is padding, and what it may not do."""

import numpy as np
import pytest

from skfi._padding import check_padding, real_steps, steps_to_the_end

NAN = np.nan


def test_padding_is_a_step_of_the_mask_value_only_wherever_it_stands():
    X = np.array(
        [[[1.0, 0], [0, 0], [0, 2], [0, 0], [0, 0]], [[0, 0], [0, 0], [1, 1], [1, 0], [0, 1]]]
    )
    expected = [[True, False, True, False, False], [False, False, True, True, True]]
    assert real_steps(X, 0).tolist() == expected
    assert real_steps(np.where(X == 0, NAN, X), NAN).tolist() == expected
    assert steps_to_the_end(X, 0).tolist() == [[True] * 3 + [False] * 2, [True] * 5]


def test_a_mask_value_is_compared_in_the_type_of_the_data():
    X = np.full((1, 2, 1), -999.9, dtype=np.float32)
    X[0, 0] = 1
    assert real_steps(X, -999.9).tolist() == [[True, False]]


def test_a_fully_padded_sequence_is_an_error():
    X = np.ones((8, 3, 2))
    X[[2, 5]] = -1
    with pytest.raises(ValueError, match=r"2 of 8 sequences are fully padded: .* row\(s\) 2, 5 "):
        check_padding(X, -1, warn=True)


def test_mask_values_inside_data_are_counted():
    X = np.ones((2, 4, 2))
    X[0, 1, 0] = X[1, 2] = 0  # one cell, one whole step
    with pytest.warns(UserWarning, match="3 cells of real data hold mask_value=0, among them 1 wh"):
        check_padding(X, 0, warn=True)
    check_padding(X, 0, warn=False)


def test_nan_inside_data_is_an_error():
    X = np.ones((2, 4, 2))
    X[1, 1, 0] = NAN
    with pytest.raises(ValueError, match=r"NaN in 1 cells of real data, .* in row\(s\) 1"):
        check_padding(X, NAN, warn=False)
