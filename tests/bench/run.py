#!/usr/bin/env python3
"""Run the benchmarks one after the other and print their tables. See each for what it measures."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from machine import describe

BENCH = Path(__file__).resolve().parent
CHECKOUT = BENCH.parents[1]


def main() -> int:
    """Run all of them, whichever fail; the exit code is that of the first that did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--nodes", nargs="+", default=["1000", "5000"])
    arguments = parser.parse_args()
    print(describe(arguments.bin), flush=True)
    programs = sorted(path for path in arguments.bin.glob("bench_*") if os.access(path, os.X_OK))
    commands = [[str(program)] for program in programs]
    on_the_programs = ["--bin", str(arguments.bin)]
    commands.append([sys.executable, str(BENCH / "simulate.py"), *on_the_programs])
    commands.append([sys.executable, str(BENCH / "scheduler_throughput.py"), *on_the_programs,
                     "--nodes", *arguments.nodes])
    commands += [[sys.executable, str(BENCH / "operator_footprint.py"), *on_the_programs,
                  "--nodes", nodes, "--pods", f"{nodes}0"] for nodes in arguments.nodes]
    commands.append([sys.executable, str(BENCH / "kueue_load.py"), *on_the_programs])
    codes = [run(command) for command in commands]
    return next((code for code in codes if code != 0), 0)


def run(command: list[str]) -> int:
    """Run one, with its name above what it prints."""
    print(f"\n== {Path(command[-1] if len(command) == 1 else command[1]).name}", flush=True)
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
