"""Smartwatch recordings of shoulder exercises."""

import os
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skfi._private import validate_params
from skfi.datasets._package_index import FETCHED, PackagedFile, fetch
from skfi.datasets._pickled_arrays import read_pickled_arrays

FILE = PackagedFile(
    distribution="seglearn",
    version="1.2.5",
    archive_sha256="ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd",
    member="seglearn/data/watch_dataset.npy",
    sha256="eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537",
)
SENSORS = ["acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z"]
EXERCISES = {
    "PEN": "pendulum",
    "ABD": "abduction",
    "FEL": "forward elevation",
    "IR": "internal rotation",
    "ER": "external rotation",
    "TRAP": "trapezius extension",
    "ROW": "upright row",
}
DESCRIPTION = """\
140 recordings of shoulder exercises by a smartwatch, 947 to 2,618 steps each, at 50 Hz.

acc_x, acc_y, acc_z      acceleration (in units of gravity)
gyro_x, gyro_y, gyro_z   angular velocity (in radians a second)

10 people each did 7 exercises, 20 repetitions with either arm: a recording each.

Source: the example data of seglearn 1.2.5 (BSD licence), D. Burns et al., "Shoulder physiotherapy
exercise recognition: machine learning the inertial signals from a smartwatch", Physiological
Measurement 39(7), 2018.
"""


@validate_params(FETCHED | {"as_frame": ["boolean"]}, prefer_skip_nested_validation=True)
def fetch_exercise_motions(
    *,
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    as_frame: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Recordings of seven shoulder exercises by a smartwatch: series of unequal length.

    Fetched once from a pinned distribution on the package index, by this Python's pip if it has
    one, and checked against a checksum.

    Parameters
    ----------
    data_home : path-like, default=None
        Folder to keep it in; None is the environment variable SKFI_DATA, or ``~/skfi_data``.
    download_if_missing : bool, default=True
        Raise OSError if False and the file is not in ``data_home``.
    as_frame : bool, default=False
        Give one long table besides, a row for each step.
    return_X_y : bool, default=False
        Return ``(data, target)`` only.

    Returns
    -------
    motions : sklearn.utils.Bunch
        ``data``, a list of 140 arrays (n_timesteps_i, 6); ``target`` (140,), the exercise;
        ``person`` (140,), 1 to 10, and ``arm`` (140,), "left" or "right"; ``frame``, if
        ``as_frame``, with the columns recording, person, arm, time in seconds, the six sensors,
        and exercise; ``feature_names``, ``target_names`` and ``DESCR``.

    Raises
    ------
    OSError
        If the data cannot be downloaded, or is not what it should be.

    Examples
    --------
    >>> from skfi.datasets import fetch_exercise_motions
    >>> motions = fetch_exercise_motions()
    >>> len(motions.data), motions.data[0].shape, str(motions.target[0])
    (140, (1333, 6), 'pendulum')
    """
    path = fetch(FILE, data_home, download_if_missing)
    content = read_pickled_arrays(path)
    names = list(EXERCISES.values())
    if content["y_labels"] != list(EXERCISES):
        raise OSError(f"{path} names other exercises: {content['y_labels']}.")
    series = [np.ascontiguousarray(values, dtype=np.float64) for values in content["X"]]
    target = np.array(names)[content["y"]]
    if return_X_y:
        return series, target
    person = content["subject"].astype(int)
    arm = np.where(content["side"] == 1, "right", "left")
    frame = None
    if as_frame:
        lengths = [len(values) for values in series]
        frame = pd.DataFrame(np.concatenate(series), columns=SENSORS)
        frame.insert(0, "recording", np.repeat(np.arange(len(series)), lengths))
        frame.insert(1, "person", np.repeat(person, lengths))
        frame.insert(2, "arm", np.repeat(arm, lengths))
        frame.insert(3, "time", np.concatenate([np.arange(n) / 50 for n in lengths]))
        frame["exercise"] = np.repeat(target, lengths)
    return Bunch(
        data=series,
        target=target,
        person=person,
        arm=arm,
        frame=frame,
        feature_names=list(SENSORS),
        target_names=names,
        DESCR=DESCRIPTION,
    )
