"""How a benchmark says where it is: figures go to stdout, and what passes to stderr."""

from __future__ import annotations

import sys


def progress(line: object) -> None:
    """One line of what is being done now."""
    print(f"  {line}", file=sys.stderr, flush=True)
