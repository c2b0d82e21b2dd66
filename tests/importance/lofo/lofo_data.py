"""Data that tests of LOFO share, and LOFO by hand."""

import numpy as np
import pandas as pd
from lofo import Dataset, LOFOImportance
from sklearn.model_selection import KFold

random = np.random.default_rng(0)
TABLE = random.normal(size=(200, 4)) * [1, 10, 0.1, 1] + [0, 5, 0, 100]
FRAME = pd.DataFrame(TABLE, columns=list("abcd"))
Y = 3 * TABLE[:, 0] + 0.2 * TABLE[:, 1]  # c and d are worth nothing
CUBE = random.normal(size=(300, 4, 3)).astype("float32")
FIRST = CUBE[:, :, 0].mean(axis=1)  # the target of networks
ONE_FOLD = [(np.arange(200), np.arange(200, 300))]
TINY = {"units": 3, "epochs": 2, "random_state": 0, "importance": None}
CALL = {"cv": KFold(4), "scoring": "r2"}


def by_hand(model, groups, y, **kwargs):
    """The package itself: scores by group name."""
    frame = pd.DataFrame({"y": y})
    dataset = Dataset(frame, target="y", features=[], feature_groups=groups)
    found = LOFOImportance(dataset, model=model, **kwargs).get_importance().set_index("feature")
    return found.filter(like="val_imp").loc[list(groups)].to_numpy()
