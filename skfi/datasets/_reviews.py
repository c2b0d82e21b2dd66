"""Sentences of product reviews, rated by people."""

import os
import tarfile
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skfi._constraints import Number
from skfi._private import validate_params
from skfi.datasets._package_index import FETCHED, PackagedFile, fetch

FILE = PackagedFile(
    distribution="vaderSentiment",
    version="3.3.2",
    archive_sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    member="additional_resources/hutto_ICWSM_2014.tar.gz",
    sha256="d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa",
    source=True,
)
SENTENCES = "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt"
LEXICON = "hutto_ICWSM_2014/vader_sentiment_lexicon.txt"
DESCRIPTION = """\
Sentences of 309 customer reviews of five products, in small letters, with the mean sentiment that
at least 20 people gave each, from -4 (most negative) to 4 (most positive); and a lexicon of words
(and emoticons) that ten people rated on the same scale, one by one.

The label is "positive" for a rating above neutral, "negative" for one below -neutral; sentences
between are left out.

Source: vaderSentiment 3.3.2 (MIT licence), C.J. Hutto and E. Gilbert, "VADER: A Parsimonious
Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM 2014; the reviews are those of
M. Hu and B. Liu, "Mining and Summarizing Customer Reviews", KDD 2004.
"""


@validate_params(
    FETCHED | {"neutral": [Number(0, 4, closed="left")]}, prefer_skip_nested_validation=True
)
def fetch_review_sentences(
    *,
    neutral: float = 0.5,
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Sentences of product reviews, positive or negative, with people's ratings.

    Fetched once from the source distribution of a pinned package, by this Python's pip if it has
    one, and checked against a checksum.

    Parameters
    ----------
    neutral : float, default=0.5
        Leave out sentences rated from -neutral to neutral; at least 0, which leaves out those
        rated exactly 0, and less than 4, the best rating.
    data_home : path-like, default=None
        Folder to keep it in; None is the environment variable SKFI_DATA, or ``~/skfi_data``.
    download_if_missing : bool, default=True
        Raise OSError if False and the file is not in ``data_home``.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.

    Returns
    -------
    reviews : sklearn.utils.Bunch
        ``data``, a list of sentences; ``target`` (n_samples,), "negative" or "positive";
        ``rating`` (n_samples,); ``review`` (n_samples,), the id of the review that the sentence
        is from; ``lexicon``, a :class:`pandas.Series` of the rating of 7,502 words; ``DESCR``.

    Raises
    ------
    ValueError
        If ``neutral`` is out of its range, or no sentence is rated beyond it.
    OSError
        If the data cannot be downloaded, or is not what it should be.

    Examples
    --------
    >>> from skfi.datasets import fetch_review_sentences
    >>> reviews = fetch_review_sentences()
    >>> len(reviews.data)
    2943
    >>> float(reviews.lexicon["terrible"])
    -2.1
    """
    path = fetch(FILE, data_home, download_if_missing)
    with tarfile.open(path) as archive:
        lines = _lines(archive, SENTENCES, "utf-8")
        words = _lines(archive, LEXICON, "latin-1")
    ids, ratings, texts = zip(*(line.split("\t", 2) for line in lines), strict=True)
    rating = np.array(ratings, dtype=np.float64)
    chosen = np.flatnonzero(np.abs(rating) > neutral)
    if not len(chosen):
        raise ValueError(
            f"neutral={neutral} leaves no sentence: they are rated from {rating.min()} to "
            f"{rating.max()}. Lower it."
        )
    data = [texts[i].strip() for i in chosen]
    target = np.where(rating[chosen] > 0, "positive", "negative")
    if return_X_y:
        return data, target
    lexicon = {word: float(value) for word, value, *_ in (line.split("\t") for line in words)}
    return Bunch(
        data=data,
        target=target,
        rating=rating[chosen],
        review=np.array([ids[i].split("_")[0] for i in chosen]),
        lexicon=pd.Series(lexicon, name="rating"),
        DESCR=DESCRIPTION,
    )


def _lines(archive: tarfile.TarFile, name: str, encoding: str) -> list[str]:
    member = archive.extractfile(name)
    if member is None:
        raise OSError(f"{name} is no file.")
    return [line for line in member.read().decode(encoding).split("\n") if line.strip()]
