"""Run the first Python of the README as a newcomer does, with the skfi that is installed."""

import re
from pathlib import Path

import skfi

clone = Path(__file__).parents[1]
if clone / "skfi" == Path(skfi.__file__).parent:
    raise SystemExit("This is the skfi of the clone, which is not what is to be tried.")
text = (clone / "README.md").read_text(encoding="utf-8")
names: dict = {}
exec(re.search(r"```python\n(.*?)```", text, flags=re.DOTALL)[1], names)
importances = names["model"].feature_importances_
if importances.argmax() != 0:
    raise SystemExit(f"Rain does not come first: {importances}")
