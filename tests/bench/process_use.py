"""What a process uses, seen from outside: /proc and, of Berth's programs, their own metrics."""

from __future__ import annotations

import os
import re
import urllib.request
from collections import Counter
from pathlib import Path

from berth_controlplane.processes import ProcessRecord

PHASES_OF_A_CYCLE = 3
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(record: ProcessRecord) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{record.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def memory_mib(record: ProcessRecord, line: str) -> float:
    """VmRSS (now) or VmHWM (highest), in MiB."""
    text = Path(f"/proc/{record.pid}/status").read_text()
    return round(int(re.search(rf"{line}:\s+(\d+) kB", text)[1]) / 1024, 1)


def requests(record: ProcessRecord) -> Counter[str]:
    """Requests that a program of Berth sent to the API server so far, by HTTP method."""
    counts: Counter[str] = Counter()
    for method, count in re.findall(
            r'^rest_client_requests_total\{[^}]*method="(\w+)"[^}]*\} (\d+)', metrics(record), re.M):
        counts[method] += int(count)
    return counts


def cycles(record: ProcessRecord) -> tuple[int, float]:
    """The operator's allocation cycles so far, and the seconds that they took."""
    found = {what: sum(map(float, re.findall(
        rf"^berth_cycle_duration_seconds_{what}\{{[^}}]*\}} (\S+)", metrics(record), re.M)))
        for what in ("count", "sum")}
    return round(found["count"] / PHASES_OF_A_CYCLE), found["sum"]


def metrics(record: ProcessRecord) -> str:
    """What a program of Berth exposes."""
    with urllib.request.urlopen(record.probe_url.replace("/readyz", "/metrics"),
                                timeout=10) as answer:
        return answer.read().decode()
