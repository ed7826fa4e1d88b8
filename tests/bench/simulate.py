#!/usr/bin/env python3
"""What `kubectl berth simulate` takes, and what comes of the loads that others published.

Without arguments: a day of work on a thousand nodes. --kueue takes a generator file of Kueue's
performance test, such as kueue_baseline.yaml beside this program; --openb a folder with the openb GPU
trace (cluster-trace-gpu-v2023/csv of alibaba/clusterdata), which is no part of the project. Processor
time is that of the whole command. With --check a goal that is missed makes it fail.
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

from goals import Goal, judge

CHECKOUT = Path(__file__).resolve().parents[2]
DAY = CHECKOUT / "examples/simulate/day.yaml"
STRATEGIES = ("FragmentationAware", "BestFit", "FirstFit", "FirstFitDecreasing", "WorstFit",
              "LeastLoaded", "MostCapacity", "Balanced", "PriorityBased", "FairShare", "CostAware",
              "LoadAware")
# What the load itself needs at full use: nobody waits longer in the best of orders (ms).
KUEUE_FLOOR_MS = 66_000
PUBLISHED_BEST_FIT = 93.08  # Weng et al. (USENIX ATC 2023), openb at 130 %, seeds 42 to 51
FRAGMENTATION_AWARE_GOAL = 95.4
BEST_FIT_DISTANCE = 0.3


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


def print_packings(program: Path, folder: str, load: int, seeds: str) -> dict[str, float]:
    """The mean share of allocated GPUs by strategy, printed and returned."""
    means = {}
    print(f"openb at {load} % load, seeds {seeds}: GPUs allocated, in percent")
    print(f"  {'strategy':<20} {'mean':>7} {'stddev':>7} {'bound':>7} {'cpu s a seed':>13}")
    for strategy in STRATEGIES:
        run = simulate(program, "--openb", folder, "--strategy", strategy, "--load", str(load),
                       "--seeds", seeds)
        share = run.said["gpuAllocationPercent"]
        means[strategy] = share["mean"]
        print(f"  {strategy:<20} {share['mean']:>7.2f} {share['stddev']:>7.2f} "
              f"{share['upperBound']:>7.2f} {run.cpu_seconds / len(run.said['seeds']):>13.2f}",
              flush=True)
    return means


def goals_of_kueue(run: Run) -> Goal:
    """The longest that anybody waits, in the simulation of the baseline load."""
    longest = max(group["wait"]["maxMilliseconds"] for group in run.said["classes"])
    return Goal("the longest wait of Kueue's load", longest, KUEUE_FLOOR_MS, "ms")


def goals_of_packings(means: dict[str, float]) -> list[Goal]:
    """For the default load and seeds, which the published numbers are of."""
    best_fit = means["BestFit"]
    return [Goal("FragmentationAware", means["FragmentationAware"], FRAGMENTATION_AWARE_GOAL, "%",
                 at_least=True),
            Goal(f"the distance of BestFit, {best_fit} %, from the published one",
                 round(abs(best_fit - PUBLISHED_BEST_FIT), 2), BEST_FIT_DISTANCE, "%")]


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--kueue", help="the generator file of Kueue's performance test")
    parser.add_argument("--openb", help="a folder with the openb trace")
    parser.add_argument("--load", type=int, default=130)
    parser.add_argument("--seeds", default="42-51")
    parser.add_argument("--no-day", dest="day", action="store_false", help="leave the day out")
    parser.add_argument("--check", action="store_true",
                        help="exit with 1 if a goal is missed (without it only said)")
    arguments = parser.parse_args()
    program = arguments.bin / "kubectl-berth"
    goals: list[Goal] = []
    if arguments.day:
        print_scenario("A day on a thousand nodes", simulate(program, str(DAY)))
    if arguments.kueue:
        run = simulate(program, "--kueue", arguments.kueue)
        print_scenario("Kueue's load", run)
        goals.append(goals_of_kueue(run))
    if arguments.openb:
        means = print_packings(program, arguments.openb, arguments.load, arguments.seeds)
        if (arguments.load, arguments.seeds) == (130, "42-51"):
            goals += goals_of_packings(means)
    return judge(goals, arguments.check)


if __name__ == "__main__":
    sys.exit(main())
