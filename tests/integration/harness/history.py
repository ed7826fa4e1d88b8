"""A past for the analyzer to start with, written by the code that reads it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

SAMPLE_SECONDS = 60


def write_history(programs_folder: Path, file: Path, series: str, days: int,
                  value_at: Callable[[int], float]) -> None:
    """One series of so many days until now, a sample each minute.

    Args:
        value_at: of a time in seconds since 1970, in the series' base unit.
    """
    end = int(time.time()) // SAMPLE_SECONDS * SAMPLE_SECONDS
    times = range(end - days * 86400, end, SAMPLE_SECONDS)
    lines = "".join(f"{series} {at} {value_at(at)}\n" for at in times)
    subprocess.run([programs_folder / "write-history", file], input=lines, text=True, check=True,
                   timeout=60)
