"""What the studies of right and wrong share."""

import numpy as np
import pandas as pd


def of_own_step(attributions: np.ndarray) -> np.ndarray:
    """Of (n, n_outputs, n_timesteps, n_features) what each output's own step has."""
    steps = np.arange(attributions.shape[1])
    return attributions[:, steps, steps]


def markdown(table: pd.DataFrame) -> list[str]:
    """The lines of a table."""
    return [
        f"| {' | '.join(table)} |",
        "|" + "---|" * len(table.columns),
        *("| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False)),
    ]
