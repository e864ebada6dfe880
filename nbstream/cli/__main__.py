"""``python -m nbstream.cli``: the command of the same name."""

import sys

from .commands import main

if __name__ == "__main__":
    sys.exit(main())
