#!/usr/bin/env python3
"""What berth-operator costs while nothing happens: memory, CPU and requests to the API server.

Pods are bound before Berth comes, spread over teams whose quotas they fill, and then more pods wait
for quota. Simulated kubelets are stopped, so nothing but the operator acts. Measured are the time
until it is ready, its CPU until it is quiet, then memory (now and highest), CPU and requests by
method over the quiet time. It leads without a Lease, whose renewals would be counted as writes.

Goals: no write while nothing changes, at most 512 MiB, at most 5 % of
one core. A quiet time above 300 s includes an audit of the ledger (L3).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CHECKOUT = BENCH.parents[1]
sys.path[:0] = [str(CHECKOUT / "tests" / "controlplane"), str(BENCH)]

from goals import Goal, judge  # noqa: E402
from machine import describe  # noqa: E402
from process_use import cpu_seconds, memory_mib, requests  # noqa: E402
from progress import progress  # noqa: E402

from berth_controlplane import berth  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.nodes import NodeShape  # noqa: E402
from berth_controlplane.processes import ProcessRecord  # noqa: E402
from berth_controlplane.waiting import wait_until  # noqa: E402

TEAMS = 25
POOL = "bench"
NODE = {"cpu": "64", "memory": "256Gi", "pods": "110"}
MEMORY_GOAL_MIB = 512
CPU_GOAL_PERCENT = 5
SETTLE_TIMEOUT_SECONDS = 300
SETTLED_AFTER_SECONDS = 10


@dataclass
class Footprint:
    """What one run measured; requests are by method, before and in the quiet time."""

    nodes: int
    pods: int
    waiting: int
    ready_seconds: float = 0
    cpu_seconds_until_quiet: float = 0
    requests_until_quiet: dict[str, int] = field(default_factory=dict)
    quiet_seconds: float = 0
    quiet_cpu_percent: float = 0
    memory_mib: float = 0
    memory_peak_mib: float = 0
    requests: dict[str, int] = field(default_factory=dict)

    @property
    def writes(self) -> int:
        """Requests that were not reads."""
        return sum(count for method, count in self.requests.items() if method != "GET")

    def goals(self) -> list[Goal]:
        """What it is held to."""
        return [Goal("writes while nothing changed", self.writes, 0),
                Goal("memory", self.memory_peak_mib, MEMORY_GOAL_MIB, "MiB"),
                Goal("CPU while quiet", self.quiet_cpu_percent, CPU_GOAL_PERCENT,
                     "% of one core")]


def main() -> int:
    """Measure once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=10000, help="bound pods (default 10000)")
    parser.add_argument("--waiting", type=int, default=200, help="pods that wait for quota")
    parser.add_argument("--quiet-seconds", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the measurement there too")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
    arguments = parser.parse_args()
    print(describe(arguments.bin), flush=True)
    cluster = bring_up(ClusterOptions(f"footprint-{os.getpid()}", nodes=arguments.nodes,
                                      with_metrics=False, heartbeats="none", tied_to_caller=True,
                                      shape=NodeShape("node", NODE, {"berth.dev/pool": POOL})),
                       say=progress)
    try:
        result = measure(cluster, arguments)
    finally:
        cluster.down()
    print_figures(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(result), indent=2) + "\n")
    return judge(result.goals(), arguments.check)


def measure(cluster: Cluster, arguments: argparse.Namespace) -> Footprint:
    """Fill the cluster, start the operator, let it settle, and look at it while it is quiet."""
    result = Footprint(arguments.nodes, arguments.pods, arguments.waiting)
    cluster.stop("kwok")
    fill(cluster, arguments)
    started = time.monotonic()
    berth.up(cluster, berth.BerthOptions(
        arguments.bin, programs=(berth.OPERATOR,),
        extra_flags={berth.OPERATOR: ["--leader-elect=false"]}), progress)
    result.ready_seconds = round(time.monotonic() - started, 1)
    offer_work(cluster, arguments)
    operator = cluster.record(berth.OPERATOR)
    wait_until_quiet(operator)
    result.cpu_seconds_until_quiet = round(cpu_seconds(operator), 1)
    progress(f"quiet; {memory_mib(operator, 'VmRSS')} MiB, at most {memory_mib(operator, 'VmHWM')}")
    before, cpu, began = requests(operator), cpu_seconds(operator), time.monotonic()
    result.requests_until_quiet = dict(before)
    time.sleep(arguments.quiet_seconds)
    result.quiet_seconds = round(time.monotonic() - began, 1)
    result.quiet_cpu_percent = round(
        100 * (cpu_seconds(operator) - cpu) / result.quiet_seconds, 2)
    result.requests = dict(requests(operator) - before)
    result.memory_mib = memory_mib(operator, "VmRSS")
    result.memory_peak_mib = memory_mib(operator, "VmHWM")
    return result


def wait_until_quiet(operator: ProcessRecord) -> None:
    """Wait until no write was asked for in a while."""
    def writes() -> int:
        return sum(count for method, count in requests(operator).items() if method != "GET")

    last, since = -1, time.monotonic()
    deadline = time.monotonic() + SETTLE_TIMEOUT_SECONDS
    while time.monotonic() - since < SETTLED_AFTER_SECONDS:
        if time.monotonic() > deadline:
            raise SystemExit(f"still writing after {SETTLE_TIMEOUT_SECONDS} s: {last} writes")
        now = writes()
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(1)


def fill(cluster: Cluster, arguments: argparse.Namespace) -> None:
    """Teams' namespaces and, in turn on every node, their pods, bound from the start."""
    kube = cluster.kube
    for team in range(TEAMS):
        kube.apply({"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": f"team-{team}", "labels": {"berth.dev/managed": "true"}}})
    for team in range(TEAMS):
        wait_until(lambda name=f"team-{team}": kube.find("v1/ServiceAccount", "default", name), 60,
                   "service account")
    started = time.monotonic()
    kube.create_many(bound_pods(arguments.pods, arguments.nodes))
    progress(f"{arguments.pods} pods created in {time.monotonic() - started:.0f} s")


def offer_work(cluster: Cluster, arguments: argparse.Namespace) -> None:
    """A pool of all nodes, a quota for each team that its pods fill, and pods that wait for it."""
    kube = cluster.kube
    kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool",
                "metadata": {"name": POOL},
                "spec": {"nodeSelector": {"matchLabels": {"berth.dev/pool": POOL}},
                         "resources": [{"name": "cpu"}], "strategy": "BestFit"}})
    for team in range(TEAMS):
        kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "Quota",
                    "metadata": {"name": f"team-{team}"},
                    "spec": {"subjects": {"namespaces": [f"team-{team}"]},
                             "pools": [{"poolRef": {"name": POOL},
                                        "resources": [{"name": "cpu", "nominal": 1}]}]}})
    kube.create_many(pod(f"waits-{index}", index, None) for index in range(arguments.waiting))


def bound_pods(pods: int, nodes: int) -> Iterator[dict]:
    """Pods that fill all nodes evenly."""
    for index in range(pods):
        yield pod(f"web-{index}", index, f"node-{index % nodes}")


def pod(name: str, index: int, node: str | None) -> dict:
    """A pod as a Deployment makes it: every team has a few shapes."""
    app = f"app-{index // TEAMS % 20}"
    spec = {"terminationGracePeriodSeconds": 0, "containers": [{
        "name": "main", "image": "registry.invalid/simulated",
        "env": [{"name": "LISTEN", "value": "0.0.0.0:8080"}],
        "resources": {"requests": {"cpu": f"{100 + index // TEAMS % 20 * 10}m",
                                   "memory": "256Mi"}}}]}
    if node:
        spec["nodeName"] = node
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": f"team-{index % TEAMS}",
                         "labels": {"app.kubernetes.io/name": app,
                                    "pod-template-hash": f"{index % 97:010d}"}},
            "spec": spec}


def print_figures(result: Footprint) -> None:
    """The figures, one a line."""
    print()
    print(f"{result.nodes} nodes, {result.pods} pods bound, {result.waiting} waiting")
    print(f"ready after          {result.ready_seconds:>8} s (installation included)")
    print(f"CPU until quiet      {result.cpu_seconds_until_quiet:>8} s, with "
          f"{json.dumps(result.requests_until_quiet)}")
    print(f"memory               {result.memory_mib:>8} MiB, at most {result.memory_peak_mib}")
    print(f"quiet for            {result.quiet_seconds:>8} s")
    print(f"CPU while quiet      {result.quiet_cpu_percent:>8} % of one core")
    print(f"requests while quiet {json.dumps(result.requests)}, of which writes: {result.writes}")


if __name__ == "__main__":
    sys.exit(main())
