"""SIGKILL in the middle of LOFO loses at most the fits under way."""

import os
import signal
import subprocess
import sys

import joblib
import numpy as np
import pytest

from skfi import LSTMRegressor, lofo_importance

# Processes that are killed are forks of one that has imported skfi, and computed nothing yet.
KILL = """
import os, signal, sys, time
import joblib
import numpy as np
from sklearn.neighbors import KNeighborsRegressor
from skfi import lofo_importance

folder, backend, n_jobs = sys.argv[1], sys.argv[2], int(sys.argv[3])
X = np.random.default_rng(0).normal(size=(60, 4))
y = X[:, 0] + X[:, 1] ** 2


class Slow(KNeighborsRegressor):
    def fit(self, X, y):
        time.sleep(0.02)
        return super().fit(X, y)


def lofo(memory):
    with joblib.parallel_config(backend):
        return lofo_importance(Slow(), X, y, cv=4, n_jobs=n_jobs, memory=memory).importances


def forked(job):
    pid = os.fork()
    if pid == 0:
        try:
            job()
            os._exit(0)
        finally:
            os._exit(1)
    return pid


def n_stored(memory):
    return sum(name.endswith(".npz") for _, _, names in os.walk(memory) for name in names)


lofo(None)  # imports all that is imported on first use
moments = np.random.default_rng(int(sys.argv[4])).uniform(0, 0.2, size=10)
stored = []
for moment in moments:
    child = forked(lambda: lofo(folder))
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    stored.append(n_stored(folder))
assert stored == sorted(stored), stored
assert stored[-1] > 0, stored

# two at once do each other no harm
children = [forked(lambda: lofo(folder)) for _ in range(2)]
assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
assert n_stored(folder) == 20, n_stored(folder)

resumed, again = lofo(folder), lofo(None)
assert (resumed == again).all()
print("the same after", stored)
"""

X = np.random.default_rng(0).normal(size=(60, 4, 3))
y = X[:, :, 0].sum(axis=1)
network = LSTMRegressor(units=2, epochs=2, random_state=0, importance=None)

# workers of joblib train networks, and the process that asked is killed
NETWORKS = """
import os, signal, sys, threading, time
import joblib
from skfi import lofo_importance

folder = sys.argv[1]
network, X, y = joblib.load(sys.argv[2])


def kill():
    while not any(name.endswith(".npz") for _, _, names in os.walk(folder) for name in names):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


threading.Thread(target=kill, daemon=True).start()
lofo_importance(network, X, y, cv=5, n_jobs=2, memory=folder)
"""


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(("backend", "n_jobs"), [("loky", 1), ("threading", 2)])
def test_killed_at_ten_moments(tmp_path, backend, n_jobs):
    done = run(KILL, tmp_path, backend, n_jobs, n_jobs)
    assert done.stdout.startswith("the same after"), done.stderr[-2000:]


def test_killed_while_workers_train_networks(tmp_path):
    folder, given = tmp_path / "memory", tmp_path / "given.joblib"
    joblib.dump((network, X, y), given)
    # joblib's workers wait for work for some minutes: none of their output is waited for
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    killed = subprocess.Popen(
        [sys.executable, "-c", NETWORKS, str(folder), str(given)], start_new_session=True, **nowhere
    )
    try:
        assert killed.wait(timeout=240) == -signal.SIGKILL
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
    assert 0 < len(list(folder.rglob("*.npz"))) < 20
    resumed = lofo_importance(network, X, y, cv=5, memory=folder)
    afresh = lofo_importance(network, X, y, cv=5)
    np.testing.assert_array_equal(resumed.importances, afresh.importances)
    assert len(list((folder / "skfi").iterdir())) == 1
