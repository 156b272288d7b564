"""Expected failures: one sentence on stderr, exit code 1, no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NoReturn


class Trouble(Exception):
    """An expected failure. Its text is one sentence that says what is wrong and what to do."""


def run_as_program(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run `main` with the command line, print a Trouble as one sentence, and exit."""
    try:
        code = main(sys.argv[1:])
    except Trouble as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
