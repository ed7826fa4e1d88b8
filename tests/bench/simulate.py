#!/usr/bin/env python3
"""What `kubectl berth simulate` takes, and what comes of the loads that others published.

Without arguments: a day of work on a thousand nodes. --kueue takes the generator file of Kueue's
performance test (test/performance/scheduler/configs/baseline/generator.yaml in kubernetes-sigs/kueue);
--openb a folder with the openb GPU trace (cluster-trace-gpu-v2023/csv of alibaba/clusterdata). Neither
is part of the project. Processor time is that of the whole command.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DAY = CHECKOUT / "examples/simulate/day.yaml"
STRATEGIES = ("FragmentationAware", "BestFit", "FirstFit", "FirstFitDecreasing", "WorstFit",
              "LeastLoaded", "MostCapacity", "Balanced", "PriorityBased", "FairShare", "CostAware",
              "LoadAware")


@dataclass(frozen=True)
class Run:
    """What one call printed, and what it took."""

    said: dict
    wall_seconds: float
    cpu_seconds: float


def simulate(program: Path, *arguments: str) -> Run:
    """Run the command once, with its answer as JSON."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run([str(program), "simulate", *arguments, "-o", "json"], cwd=CHECKOUT,
                          capture_output=True, text=True, check=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(json.loads(done.stdout), wall, cpu)


def print_scenario(title: str, run: Run) -> None:
    """Waits by class, and what the simulation took."""
    said = run.said
    print(f"{title}: {said['workloads']} workloads in {said['cycles']} cycles, makespan "
          f"{said['makespanMilliseconds'] / 1000:.1f} s, fairness {said['fairnessPermille'] / 10} %")
    for used in said["resources"]:
        print(f"  {used['name']}: {used['utilizationPermille'] / 10} % of {used['capacity']} in use")
    print(f"  {'class':<12} {'started':>8} {'mean s':>9} {'p50 s':>9} {'p90 s':>9} {'longest s':>9}")
    for group in said["classes"]:
        waits = [group["wait"][f"{which}Milliseconds"] / 1000 for which in ("mean", "p50", "p90", "max")]
        print(f"  {group['class']:<12} {group['started']:>8}" + "".join(f" {wait:>9.1f}" for wait in waits))
    print(f"  took {run.wall_seconds:.1f} s, {run.cpu_seconds:.1f} s of processor time, "
          f"{said['cpuMicrosecondsPerWorkload']} us for each workload", flush=True)


def print_packings(program: Path, folder: str, load: int, seeds: str) -> None:
    """The mean share of allocated GPUs by strategy."""
    print(f"openb at {load} % load, seeds {seeds}: GPUs allocated, in percent")
    print(f"  {'strategy':<20} {'mean':>7} {'stddev':>7} {'bound':>7} {'cpu s a seed':>13}")
    for strategy in STRATEGIES:
        run = simulate(program, "--openb", folder, "--strategy", strategy, "--load", str(load),
                       "--seeds", seeds)
        share = run.said["gpuAllocationPercent"]
        print(f"  {strategy:<20} {share['mean']:>7.2f} {share['stddev']:>7.2f} "
              f"{share['upperBound']:>7.2f} {run.cpu_seconds / len(run.said['seeds']):>13.2f}",
              flush=True)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--kueue", help="the generator file of Kueue's performance test")
    parser.add_argument("--openb", help="a folder with the openb trace")
    parser.add_argument("--load", type=int, default=130)
    parser.add_argument("--seeds", default="42-51")
    arguments = parser.parse_args()
    program = arguments.bin / "kubectl-berth"
    print_scenario("A day on a thousand nodes", simulate(program, str(DAY)))
    if arguments.kueue:
        print_scenario("Kueue's load", simulate(program, "--kueue", arguments.kueue))
    if arguments.openb:
        print_packings(program, arguments.openb, arguments.load, arguments.seeds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
