"""The command line: the same backend without a browser."""

import sys
import warnings

from explainer.commands import main

if __name__ == "__main__":
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries' remarks on a picture are none of the reader's business
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a file's name may hold what the terminal can't show
    sys.exit(main())
