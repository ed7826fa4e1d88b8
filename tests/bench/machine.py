"""What a benchmark ran on: numbers without it mean nothing elsewhere."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "controlplane"))

from berth_controlplane import versions  # noqa: E402


def describe(binaries: Path) -> str:
    """One line: processors, memory, kernel, and the versions of what is measured."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    gib = int(memory[1]) / (1 << 20) if memory else 0
    return (f"machine: {os.cpu_count()} x {model[1] if model else '?'}, {gib:.0f} GiB, Linux "
            f"{platform.release()}; Berth {berth_version(binaries)}; Kubernetes {versions.chosen()}")


def berth_version(binaries: Path) -> str:
    """The version that the extender reports, and the commit if this is a checkout."""
    version = output([str(binaries / "berth-scheduler-extender"), "--version"]).split()[-1:]
    commit = output(["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"])
    return " ".join([*version, f"({commit.strip()})" if commit else ""]).strip()


def output(command: list[str]) -> str:
    """What a command prints; empty if it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30,
                              check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
