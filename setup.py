"""The README as the package index shows it, with absolute links; all else is in setup.cfg."""

import re
from pathlib import Path

from setuptools import setup

SITE = "https://github.com/skfi/skfi/blob/main/"
PICTURES = "https://raw.githubusercontent.com/skfi/skfi/main/"

text = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
# ![caption](docs/images/a.png), then [words](docs/a.md)
text = re.sub(r"(!\[[^\]]*\]\()(?!https?:|#)", rf"\1{PICTURES}", text)
text = re.sub(r"((?<!!)\[[^\]]*\]\()(?!https?:|#)(?=[\w./]+\))", rf"\1{SITE}", text)
setup(long_description=text, long_description_content_type="text/markdown")
