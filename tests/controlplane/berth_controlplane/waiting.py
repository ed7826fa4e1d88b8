"""One way to wait: until a condition holds, never for ever, saying at the end what was missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from .errors import ControlPlaneError

Value = TypeVar("Value")


class WaitTimeout(ControlPlaneError):
    """The condition did not hold within the time."""


def wait_until(
    predicate: Callable[[], Value | None],
    timeout_seconds: float,
    describe: str | Callable[[], str],
    interval_seconds: float = 0.05,
) -> Value:
    """Call `predicate` until it returns something true, and return that.

    Args:
        timeout_seconds: after this long WaitTimeout is raised; the predicate runs at least once.
        describe: what is waited for ("pod a/b runs"); a function is asked only on failure, so it
            can say what was there instead.
        interval_seconds: pause between two calls.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            text = describe() if callable(describe) else describe
            raise WaitTimeout(f"not within {timeout_seconds:g} s: {text}")
        time.sleep(interval_seconds)
