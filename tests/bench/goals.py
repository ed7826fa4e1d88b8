"""Goals of a benchmark: a number, the bound that it is held to, and the sentence if it is missed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """`found` must be at most `bound`, or at least if `at_least`."""

    what: str
    found: float
    bound: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the bound is kept; a bound that is reached exactly is."""
        return self.found >= self.bound if self.at_least else self.found <= self.bound

    def __str__(self) -> str:
        side = "at least" if self.at_least else "at most"
        judged = "goal met" if self.is_met else "goal missed"
        unit = f" {self.unit}" if self.unit else ""
        return f"{judged}: {self.what} is {self.found:g}{unit}, and is to be {side} {self.bound:g}"


def judge(goals: Iterable[Goal], check: bool) -> int:
    """Print each goal; the exit code, which is 1 for a missed one if `check`."""
    missed = 0
    for goal in goals:
        print(goal, flush=True)
        missed += not goal.is_met
    return 1 if check and missed else 0
