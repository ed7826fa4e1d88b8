"""Locks between processes: a file that is held; it goes with the process, whatever ends it."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .waiting import wait_until


@contextmanager
def file_lock(path: Path, timeout_seconds: float,
              before_waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock; WaitTimeout if whoever has it does not let it go in time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        def is_taken() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        if not is_taken():
            before_waiting()
            wait_until(is_taken, timeout_seconds, f"the lock {path} is free")
        yield
