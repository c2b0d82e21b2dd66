"""Every example runs, says what it should, and writes its pictures.

They run in this process, where TensorFlow is loaded and networks stay compiled; one of them runs
as a user starts it.
"""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
# example: quick arguments, what it must print, pictures it must write
CASES = {
    "river_flow.py": (
        ["--epochs", "3", "--seeds", "2"],
        ["1. Gradients", "2. Permutation", "3. LOFO", "rain comes first for 2 of 2 seeds"],
        ["river_three_methods", "river_permutation_score", "river_seeds", "river_days"],
    ),
    "pipeline_grid_search.py": (["--epochs", "1"], ["Best: {'lstmregressor__units'", "rain"], None),
    "feature_selection.py": (
        ["--epochs", "15"],
        ["Sequences: kept ['x0', 'x1'", "Rows: kept ['x0', 'x1'"],
        None,
    ),
    "finalized_keras_model.py": (
        ["--epochs", "2"],
        ["R2 on the held-out days: 0.", "The largest flood"],
        ["finalized_gradients"],
    ),
    "two_inputs.py": (
        ["--epochs", "4"],
        ["R2 on the held-out days: 0.", "state__flow_before", "season", "weather__rain"],
        ["two_inputs"],
    ),
    "exercise_motions.py": (
        ["--epochs", "3", "--repeats", "1"],
        ["Accuracy on unseen people: 0.", "The accelerometer says more than the other."],
        ["exercise_sensors", "exercise_moments"],
    ),
    "review_sentences.py": (
        ["--epochs", "3", "--repeats", "1", "--folds", "2"],
        ["Accuracy 0.7", "Rank correlation with people's rating of", "Praise, negated"],
        ["review_words", "review_tokens"],
    ),
    "flow_next_week.py": (
        ["--epochs", "2"],
        ["R2 on the held-out days: 0.", "flow+1", "A day ahead flow comes first", "ci_low"],
        ["flow_next_week"],
    ),
    "flow_every_day.py": (
        ["--epochs", "1"],
        ["40 quarters of 90 to 92 days.", "Days after it: 0.00"],
        ["flow_one_day"],
    ),
    "permutation_bars.py": (["--epochs", "1"], ["temperature"], ["permutation_bars"]),
}


def test_every_example_is_here():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(CASES)


@pytest.mark.filterwarnings("default")  # as for a user
@pytest.mark.parametrize("name", CASES)
def test_example(name, tmp_path, monkeypatch, capsys):
    arguments, expected, pictures = CASES[name]
    if pictures:
        arguments = [*arguments, "--pictures", str(tmp_path)]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    printed = capsys.readouterr().out
    for text in expected:
        assert text in printed
    for picture in pictures or []:
        content = (tmp_path / f"{picture}.png").read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 5_000


def test_an_example_is_a_script(tmp_path):
    command = [sys.executable, EXAMPLES / "permutation_bars.py", "--epochs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert "temperature" in done.stdout
    assert (tmp_path / "pictures" / "permutation_bars.png").exists()
