"""River flow and weather over ten years."""

import os
from typing import Any

import pandas as pd
from sklearn.utils import Bunch

from skfi._private import validate_params
from skfi.datasets._package_index import FETCHED, PackagedFile, fetch

FILE = PackagedFile(
    distribution="spotpy",
    version="1.6.7",
    archive_sha256="add77c4e17f49ecf54865a0f04008aee375d0c64c09a0fe6b3be392f7a280808",
    member="spotpy/examples/cmf_data/fulda_climate.csv",
    sha256="e9866a7ba28f99f941cfbc1ad8cb55caa5c5e43dbac15a076b820917e59b1fbe",
)
DESCRIPTION = """\
Daily climate and flow of the river Fulda (Germany), 1979 to 1988, 3,653 days without a gap.

tmax, tmin, tmean   air temperature in degrees Celsius; tmean is (tmax + tmin) / 2
rain                precipitation in mm a day
flow                flow of the river in cubic metres a second

Source: the example data of spotpy 1.6.7 (MIT licence), T. Houska et al., "SPOTting Model
Parameters Using a Ready-Made Python Package", PLoS ONE 10(12), 2015.
"""


@validate_params(FETCHED | {"as_frame": ["boolean"]}, prefer_skip_nested_validation=True)
def fetch_river_flow(
    *,
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    as_frame: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Daily rain, temperatures and flow of the river Fulda, 1979-1988.

    Fetched once from a pinned distribution on the package index, by this Python's pip if it has
    one, and checked against a checksum.

    Parameters
    ----------
    data_home : path-like, default=None
        Folder to keep it in; None is the environment variable SKFI_DATA, or ``~/skfi_data``.
    download_if_missing : bool, default=True
        Raise OSError if False and the file is not in ``data_home``.
    as_frame : bool, default=False
        Return pandas objects, indexed by day.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.

    Returns
    -------
    river : sklearn.utils.Bunch
        ``data`` (3653, 4): rain, tmax, tmin, tmean; ``target`` (3653,): flow; ``frame``, both in
        one DataFrame, if ``as_frame``; ``feature_names``, ``target_names`` and ``DESCR``.

    Raises
    ------
    OSError
        If the data cannot be downloaded, or is not what it should be.

    Examples
    --------
    >>> from skfi.datasets import fetch_river_flow
    >>> fetch_river_flow(as_frame=True).frame.head(2)
                rain  tmax  tmin  tmean   flow
    date
    1979-01-01   1.0 -12.9 -20.1 -16.50  143.0
    1979-01-02   0.6 -10.9 -19.8 -15.35  110.0
    """
    path = fetch(FILE, data_home, download_if_missing)
    frame = pd.read_csv(path, skiprows=[1])  # the line of units
    frame.index = pd.DatetimeIndex(pd.to_datetime(frame.pop("date"), format="%d.%m.%Y"))
    frame = frame.rename(columns={"Prec": "rain", "Q": "flow"}).astype("float64")
    frame = frame[["rain", "tmax", "tmin", "tmean", "flow"]]
    X, y = frame.drop(columns="flow"), frame["flow"]
    if return_X_y:
        return (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
    return Bunch(
        data=X if as_frame else X.to_numpy(),
        target=y if as_frame else y.to_numpy(),
        frame=frame if as_frame else None,
        feature_names=list(X.columns),
        target_names=["flow"],
        DESCR=DESCRIPTION,
    )
