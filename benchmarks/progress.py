"""One line on standard error that says what is being measured."""

import sys


def say(text: str) -> None:
    """In place on a terminal, else a line each."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
