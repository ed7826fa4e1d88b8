"""The small Go programs that benchmarks use, built with the toolchain of the control plane."""

from __future__ import annotations

import subprocess
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CHECKOUT = BENCH.parents[1]


def build(folder: str) -> Path:
    """The program of tests/bench/FOLDER, in the build folder."""
    target = CHECKOUT / "build" / "bench" / folder.replace("_", "-")
    target.parent.mkdir(parents=True, exist_ok=True)
    go = subprocess.run([CHECKOUT / "tests/controlplane/controlplane", "go"], check=True,
                        capture_output=True, text=True, timeout=300).stdout.strip()
    subprocess.run([go, "build", "-o", str(target), "."], cwd=BENCH / folder, check=True,
                   timeout=300)
    return target
