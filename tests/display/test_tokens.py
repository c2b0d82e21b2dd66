"""Coloured words."""

import re

import numpy as np
import pytest

from skfi import ImportanceResult, TokenImportanceDisplay, gradient_importance


@pytest.fixture
def result():
    """A result as gradient_importance gives it, of texts that look like markup."""
    tokens = [["good", "<script>alert(1)</script>", "&amp;"], [], ["costs", "$5$", "bad"]]
    attributions = np.array([[0.5, 0.0, 0.1, 0], [0, 0, 0, 0], [0.0, 0.2, -1.0, 0]])
    return ImportanceResult.from_summary(
        np.zeros(1),
        np.zeros(1),
        feature_names=["good"],
        method="integrated_gradients",
        by="word",
        attributions=attributions,
        tokens=tokens,
    )


def colors_of(html):
    return re.findall(r"background:(#\w{6})", html)


def test_a_text_is_data_and_never_markup(result):
    html = TokenImportanceDisplay.from_result(result).to_html()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&amp;amp;" in html
    assert TokenImportanceDisplay.from_result(result)._repr_html_() == html


def test_blue_speaks_for_and_red_against_on_one_scale(result):
    colors = colors_of(TokenImportanceDisplay.from_result(result).to_html())
    assert len(colors) == 6
    good, nothing, _, zero, _, bad = colors
    assert nothing == zero == "#ffffff"
    assert bad == "#c8553d"  # the strongest
    red, blue = int(good[1:3], 16), int(good[5:7], 16)
    assert blue > red
    alone = colors_of(TokenImportanceDisplay.from_result(result, [0]).to_html())
    assert alone[0] == "#2b6ca3"  # the strongest of those shown


def test_the_picture_holds_each_word_in_order(result):
    display = TokenImportanceDisplay.from_result(result).plot()
    words = [text.get_text() for text in display.ax_.texts]
    assert words == [
        "good",
        "<script>alert(1)</script>",
        "&amp;",
        "(no words)",
        "costs",
        r"\$5\$",
        "bad",
    ]
    display.figure_.canvas.draw()


def test_long_texts_are_broken_into_lines(result):
    display = TokenImportanceDisplay.from_result(result, 0).plot(width=20)
    lines = [text.get_position()[1] for text in display.ax_.texts]
    assert lines == sorted(lines)
    assert len(set(lines)) == 3


def test_values_behind_a_text_are_not_drawn(result):
    """An embedding without mask_zero has values for padding, of which no step is masked."""
    html = TokenImportanceDisplay.from_result(result).to_html()
    result.sequence_mask = np.ones((3, 4), dtype=bool)
    result.attributions[0, 3] = 9.0  # no word, and no colour of the scale
    display = TokenImportanceDisplay.from_result(result)
    assert display.to_html() == html
    assert len(display.plot().ax_.texts) == 7


def test_bad_results(result, regressor, regression):
    found = gradient_importance(regressor, regression.data[:3])
    with pytest.raises(ValueError, match="has no value for each token"):
        TokenImportanceDisplay.from_result(found)
    with pytest.raises(ValueError, match=r"samples=\[3\] are not there: the result has 3"):
        TokenImportanceDisplay.from_result(result, [3])
    with pytest.raises(TypeError, match="must be an ImportanceResult"):
        TokenImportanceDisplay.from_result(["good"])
