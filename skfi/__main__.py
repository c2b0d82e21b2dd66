"""``python -m skfi`` is the command ``skfi``."""

import sys

from skfi.cli import main

if __name__ == "__main__":
    sys.exit(main())
