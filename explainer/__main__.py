"""The command line: the same backend without a browser."""

import sys

from explainer.commands import main

if __name__ == "__main__":
    sys.exit(main())
