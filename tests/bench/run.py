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
# Programs that judge their own goals.
CHECKED = {"bench_cycle", "bench_extender_wire"}


def main() -> int:
    """Run all of them, whichever fail; the exit code is that of the first that did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--nodes", nargs="+", default=["1000", "5000"])
    parser.add_argument("--openb", default=os.environ.get("OPENB", ""),
                        help="a folder with the openb GPU trace (default: $OPENB); without it that "
                             "part is left out")
    parser.add_argument("--check", action="store_true",
                        help="hold the benchmarks that have goals to them")
    arguments = parser.parse_args()
    print(describe(arguments.bin), flush=True)
    programs = sorted(path for path in arguments.bin.glob("bench_*") if os.access(path, os.X_OK))
    commands = [[str(program)] for program in programs]
    if arguments.check:
        commands += [[str(program), "--check"] for program in programs if program.name in CHECKED]
    on_the_programs = ["--bin", str(arguments.bin)]
    check = ["--check"] if arguments.check else []
    trace = ["--openb", arguments.openb] if arguments.openb else []
    commands.append([sys.executable, str(BENCH / "simulate.py"), *on_the_programs, *check, *trace,
                     "--kueue", str(BENCH / "kueue_baseline.yaml")])
    commands.append([sys.executable, str(BENCH / "scheduler_throughput.py"), *on_the_programs,
                     *check, "--nodes", *arguments.nodes])
    commands += [[sys.executable, str(BENCH / "operator_footprint.py"), *on_the_programs,
                  *check, "--nodes", nodes, "--pods", f"{nodes}0"] for nodes in arguments.nodes]
    commands.append([sys.executable, str(BENCH / "analyzer_footprint.py"), *on_the_programs, *check])
    commands.append([sys.executable, str(BENCH / "kueue_load.py"), *on_the_programs, *check])
    codes = [run(command) for command in commands]
    return next((code for code in codes if code != 0), 0)


def run(command: list[str]) -> int:
    """Run one, with its name above what it prints."""
    print(f"\n== {name_of(command)}", flush=True)
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def name_of(command: list[str]) -> str:
    """The program, or the script that Python runs."""
    return Path(command[1] if command[0] == sys.executable else command[0]).name


if __name__ == "__main__":
    sys.exit(main())
