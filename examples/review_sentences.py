"""Which words decide whether a sentence is praise?
===================================================

The words of an LSTM are compared with people's.

A network with an embedding reads sentences of product reviews, labelled by the ratings that people
gave them. Its signed word importances (integrated gradients) are compared with a lexicon of words
that other people rated one by one; then a look at what it did with negation.

Run it with ``python examples/review_sentences.py``; the pictures go to the folder ``pictures``.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from skfi import (
    LSTMClassifier,
    TextSequencer,
    TokenImportanceDisplay,
    gradient_importance,
    lofo_importance,
    permutation_importance,
)
from skfi.datasets import fetch_review_sentences

GROUPS = {
    "negation": ["not", "no", "never", "don't", "doesn't", "didn't", "can't", "won't"],
    "praise": ["good", "great", "best", "love", "excellent", "nice", "easy", "perfect"],
    "articles": ["the", "a", "an"],
}


def main(epochs: int, n_repeats: int, n_folds: int, folder: Path) -> None:
    """Train, explain, print the tables, draw the pictures."""
    reviews = fetch_review_sentences()
    texts, label = np.array(reviews.data, dtype=object), reviews.target
    # a review's sentences stay together
    splits = GroupKFold(4, shuffle=True, random_state=0).split(texts, label, reviews.review)
    train, test = next(splits)
    pipe = make_pipeline(
        TextSequencer(max_length=40),
        LSTMClassifier(
            16,
            embedding_dim=32,
            bidirectional=True,
            dropout=0.5,
            epochs=epochs,
            batch_size=64,
            learning_rate=0.002,
            random_state=0,
            importance=None,
        ),
    )
    pipe.fit(texts[train], label[train])
    auc = roc_auc_score(label[test], pipe.predict_proba(texts[test])[:, 1])
    print(f"{len(train)} sentences to train on, {len(test)} of other reviews held out.")
    print(f"Accuracy {pipe.score(texts[test], label[test]):.2f}, AUC {auc:.2f}\n")

    words = gradient_importance(
        pipe,
        texts,
        method="integrated_gradients",
        target="positive",
        aggregate="mean",
        min_count=5,
    )
    table = words.to_frame()
    print("Words that speak for and against praise, at least five times in the sentences")
    print(table.head(8).round(3), table.tail(8).round(3), sep="\n", end="\n\n")
    rated = table.index.intersection(reviews.lexicon.index)
    ours, theirs = table.loc[rated, "importance_mean"], reviews.lexicon[rated]
    agreement = spearmanr(ours, theirs).statistic
    print(f"Rank correlation with people's rating of {len(rated)} words: {agreement:.2f}\n")

    print("Permutation: accuracy lost when the words are replaced by others, held-out sentences")
    permuted = permutation_importance(
        pipe,
        texts[test],
        label[test],
        feature_groups=GROUPS,
        max_features=8,
        n_repeats=n_repeats,
        random_state=0,
    )
    print(permuted.to_frame().round(3), end="\n\n")
    print("LOFO: accuracy lost when the network is trained without the words")
    lofo = lofo_importance(
        pipe,
        texts,
        label,
        cv=GroupKFold(n_folds),
        cv_groups=reviews.review,
        feature_groups=GROUPS,
        random_state=0,
    )
    print(lofo.to_frame().round(3), end="\n\n")

    # what a word of praise is worth with and without a negation in the three words before it
    negations = table.loc[table.index.intersection(GROUPS["negation"]), "importance_mean"]
    print("Negations:", ", ".join(f"{word} {value:+.2f}" for word, value in negations.items()))
    kinds: dict = {"plain": [], "negated": []}
    for tokens, values in zip(words.tokens, words.attributions, strict=True):
        for i, word in enumerate(tokens):
            if word in GROUPS["praise"]:
                negated = set(tokens[max(0, i - 3) : i]) & set(GROUPS["negation"])
                kinds["negated" if negated else "plain"].append(values[i])
    for kind, values in kinds.items():
        print(f"Praise, {kind}: mean attribution {np.mean(values):+.3f} ({len(values)} words)")

    folder.mkdir(parents=True, exist_ok=True)
    figure, ax = plt.subplots(figsize=(5.6, 4.2), layout="constrained")
    ax.scatter(theirs, ours, s=14, color="#2b6ca3", alpha=0.7)
    for word in [*ours.index[:8:2], *ours.index[-8::2]]:
        place = {"xytext": (-4, 4), "textcoords": "offset points", "ha": "right"}
        ax.annotate(word, (theirs[word], ours[word]), fontsize="small", **place)
    ax.axhline(0, color="#333333", linewidth=0.6)
    ax.axvline(0, color="#333333", linewidth=0.6)
    ax.set_xlabel("people's rating of the word")
    ax.set_ylabel("mean integrated gradient")
    ax.set_title(f"rank correlation {agreement:.2f}, {len(rated)} words", fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "review_words.png", dpi=120)

    with_negation = [
        i
        for i in test
        if set(words.tokens[i]) & set(GROUPS["negation"]) and 5 <= len(words.tokens[i]) <= 16
    ]
    display = TokenImportanceDisplay.from_result(words, [*test[:4], *with_negation[:6]])
    display.plot().figure_.savefig(folder / "review_tokens.png", dpi=120)
    (folder / "review_tokens.html").write_text(display.to_html(), encoding="utf-8")
    print("\nPictures:", *sorted(str(p.resolve()) for p in folder.glob("review_*.png")), sep="\n  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--pictures", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    main(options.epochs, options.repeats, options.folds, options.pictures)
