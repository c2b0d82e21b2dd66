"""Generated texts of which it is known which words matter."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skfi._constraints import RANDOM_STATE, Number, Whole
from skfi._private import validate_params

POSITIVE = ("good", "great", "fine", "lovely")
NEGATIVE = ("bad", "poor", "awful", "dull")
NEGATION = "not"


@validate_params(
    {
        "n_samples": [Whole()],
        "n_words": [Whole(2)],
        "n_fillers": [Whole()],
        "negation": [Number(0, 1, closed="both")],
        "return_X_y": ["boolean"],
        "random_state": RANDOM_STATE,
    },
    prefer_skip_nested_validation=True,
)
def make_text_classification(
    n_samples: int = 500,
    *,
    n_words: int = 8,
    n_fillers: int = 30,
    negation: float = 0.0,
    return_X_y: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Texts of filler words with one word that carries the label, which "not" before it reverses.

    Parameters
    ----------
    n_samples : int, default=500
        Number of texts.
    n_words : int, default=8
        The most words that a text has besides "not"; the fewest are 2. With ``negation`` a text
        has up to ``n_words + 1`` words: that is the ``max_length`` which cuts none.
    n_fillers : int, default=30
        Different words that say nothing: w0, w1, ...
    negation : float in [0, 1], default=0.0
        Share of the texts with "not" just before the word that carries the label. In the others
        "not" stands in front of a filler as often, so that it tells nothing on its own.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.
    random_state : int, RandomState instance or None, default=None
        Seeds the texts.

    Returns
    -------
    texts : sklearn.utils.Bunch
        ``data``, a list of texts; ``target`` (n_samples,) of 0 and 1; ``relevance``, a dict with
        the sign of each word that matters: 1, -1, and 0 for "not", which matters by reversing.

    Examples
    --------
    >>> from skfi.datasets import make_text_classification
    >>> texts = make_text_classification(3, n_words=4, random_state=0)
    >>> texts.data, texts.target
    (['w15 good', 'fine w18 w4', 'w7 poor w23 w14'], array([1, 1, 0]))
    """
    random = check_random_state(random_state)
    texts, target = [], np.empty(n_samples, dtype=int)
    for i in range(n_samples):
        words = [f"w{k}" for k in random.randint(n_fillers, size=random.randint(1, n_words))]
        positive = bool(random.randint(2))
        word = str(random.choice(POSITIVE if positive else NEGATIVE))
        at = random.randint(len(words) + 1)
        words.insert(at, word)
        negated = random.rand() < negation
        if negated:
            words.insert(at, NEGATION)
        elif random.rand() < negation:
            fillers = [k for k, candidate in enumerate(words) if candidate != word]
            words.insert(int(random.choice(fillers)), NEGATION)
        texts.append(" ".join(words))
        target[i] = positive != negated
    if return_X_y:
        return texts, target
    relevance = dict.fromkeys(POSITIVE, 1) | dict.fromkeys(NEGATIVE, -1)
    return Bunch(
        data=texts, target=target, relevance=relevance | ({NEGATION: 0} if negation else {})
    )
