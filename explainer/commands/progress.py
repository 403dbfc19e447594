"""How far a command is: one line, written over and over, where somebody watches; a log stays free of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Gives what says how far it is; whatever follows has a line of its own."""
    watched, said = sys.stderr.isatty(), False

    def say(words: str) -> None:
        nonlocal said
        if watched:
            print(f"\r{words}", end="", file=sys.stderr, flush=True)
            said = True

    try:
        yield say
    finally:
        if said:
            print(file=sys.stderr)
