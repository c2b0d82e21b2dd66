"""``skfi demo``: which weather makes a river rise?"""

from argparse import Namespace

import numpy as np

from skfi._cli._answer import Places
from skfi._cli._columns import Columns
from skfi._cli._errors import CommandError
from skfi._cli._table import explain_table
from skfi._cli._talk import Talk, one_line

_INPUTS = ["rain", "tmax", "tmin"]


def demo(options: Namespace, places: Places, talk: Talk) -> None:
    """Explain the flow of the river Fulda by ten years of daily weather."""
    from skfi.datasets import fetch_river_flow

    try:
        river = fetch_river_flow(as_frame=True).frame
    except OSError as error:
        raise CommandError(f"The river's data cannot be had: {one_line(error)}") from error
    frame = river.reset_index()[["date", *_INPUTS, "flow"]]
    frame["flow"] = np.log(frame["flow"])
    talk.note(
        "The data are ten years of daily weather and flow of the river Fulda, from the package "
        "spotpy; flow is its logarithm."
    )
    columns = Columns("flow", _INPUTS, "date", None)
    explain_table(frame, columns, "river Fulda", options, places, talk)
