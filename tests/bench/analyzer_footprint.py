#!/usr/bin/env python3
"""What berth-analyzer costs while it measures a cluster: memory, CPU, and the time of one analysis.

Simulated kubelets report use that differs from pod to pod and stays as it is, the real metrics-server
scrapes them, and the analyzer reads its API on the interval. Nodes are of one pool; pods are nobody's, or, with --workloads,
of so many StatefulSets with a ScalingPolicy each.
Nearly all workloads of this load want advice, which takes some cycles to write. Measured are the time
until all of it is written, and from then on memory (now and highest), CPU and requests over the time,
the analyses by their own metric (of the slower of both times), and, at the end, how long the API server
took for one change of a scale.

With --check the exit code is 1 where a goal is missed: 100 MB and 2 % of a core at 30,000 series and an
interval of 60 s, an analysis (from metric to action) within 10 s, a change of a scale within 500 ms.
The goals for memory and CPU are those of 30,000 series, however few there are: series are kept for
nodes, pools and what a policy names, and every pod is read. 1,000 nodes, 15,000 pods and 5,000
workloads make as many.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CHECKOUT = BENCH.parents[1]
sys.path[:0] = [str(CHECKOUT / "tests" / "controlplane"), str(BENCH)]

from goals import Goal, judge  # noqa: E402
from machine import describe  # noqa: E402
from process_use import cpu_seconds, memory_mib, metrics, requests  # noqa: E402
from progress import progress  # noqa: E402

from berth_controlplane import berth  # noqa: E402
from berth_controlplane.api import ApiClient  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.nodes import NodeShape  # noqa: E402
from berth_controlplane.processes import ProcessRecord  # noqa: E402
from berth_controlplane.waiting import wait_until  # noqa: E402

NAMESPACE = "measured"
POOL = "bench"
NODE = {"cpu": "64", "memory": "256Gi", "pods": "110"}
CONTAINER = {"name": "main", "image": "registry.invalid/simulated",
             "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
MIB = 1024 * 1024
MEMORY_GOAL_MIB = 100e6 / MIB
CPU_GOAL_PERCENT = 2
DECISION_GOAL_SECONDS = 10
ADJUSTMENT_GOAL_SECONDS = 0.5
FIRST_SERIES_SECONDS = 300
POD_SECONDS = 900
SCALE_TRIES = 20
SETTLED_SECONDS = 3600


@dataclass
class Spell:
    """What the analyzer used from one time to another."""

    seconds: float
    cpu_percent: float
    analyses: int
    analysis_seconds: float
    requests: dict[str, int]


class Watched:
    """Begins a spell of a program."""

    def __init__(self, analyzer: ProcessRecord) -> None:
        self.analyzer = analyzer
        self.requests, self.cpu, self.began = requests(analyzer), cpu_seconds(analyzer), time.monotonic()
        self.count, self.total = analyses(analyzer)

    def until_now(self) -> Spell:
        """The spell so far."""
        seconds = time.monotonic() - self.began
        count, total = analyses(self.analyzer)
        made = count - self.count
        return Spell(seconds=round(seconds, 1),
                     cpu_percent=round(100 * (cpu_seconds(self.analyzer) - self.cpu) / seconds, 2),
                     analyses=made, analysis_seconds=round((total - self.total) / max(made, 1), 3),
                     requests=dict(requests(self.analyzer) - self.requests))


@dataclass
class Footprint:
    """What one run measured."""

    series: int
    settling: Spell
    settled: Spell
    memory_mib: float
    memory_peak_mib: float
    adjustment_seconds: float

    def analysis_seconds(self) -> float:
        """Of the slower spell."""
        return max(self.settling.analysis_seconds, self.settled.analysis_seconds)


def main() -> int:
    """Measure once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--pods", type=int, default=2800, help="of one container each (default 2800)")
    parser.add_argument("--workloads", type=int, default=0, help="whose pods they are (default: nobody's)")
    parser.add_argument("--seconds", type=int, default=300, help="how long to look (default 300)")
    parser.add_argument("--interval-seconds", type=int, default=60)
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
    arguments = parser.parse_args()
    print(describe(arguments.bin), flush=True)
    cluster = bring_up(ClusterOptions(f"analyzer-{os.getpid()}", nodes=arguments.nodes,
                                      tied_to_caller=True,
                                      shape=NodeShape("node", NODE, {"berth.dev/pool": POOL})),
                       say=progress)
    try:
        result = measure(cluster, arguments)
    finally:
        cluster.down()
    print_figures(result, arguments)
    return judge([
        Goal("memory", result.memory_peak_mib, round(MEMORY_GOAL_MIB, 1), "MiB"),
        Goal("CPU", result.settled.cpu_percent, CPU_GOAL_PERCENT, "% of one core"),
        Goal("an analysis", result.analysis_seconds(), DECISION_GOAL_SECONDS, "s"),
        Goal("a change of a scale", result.adjustment_seconds, ADJUSTMENT_GOAL_SECONDS, "s"),
    ], arguments.check)


def measure(cluster: Cluster, arguments: argparse.Namespace) -> Footprint:
    """Fill the cluster, start the analyzer, and look at it once it has the first measurements."""
    fill(cluster, arguments)
    berth.up(cluster, berth.BerthOptions(
        arguments.bin, programs=(berth.ANALYZER,),
        extra_flags={berth.ANALYZER: [f"--interval-seconds={arguments.interval_seconds}"]}), progress)
    cluster.kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool",
                        "metadata": {"name": POOL},
                        "spec": {"nodeSelector": {"matchLabels": {"berth.dev/pool": POOL}},
                                 "resources": [{"name": "cpu"}, {"name": "memory"}]}})
    cluster.kube.create_many(policies(arguments.workloads))
    analyzer = cluster.record(berth.ANALYZER)
    wait_until(lambda: value(analyzer, "berth_analyzer_series") > 0 and analyses(analyzer)[0] >= 2,
               FIRST_SERIES_SECONDS, "two analyses with measurements")
    progress(f"{value(analyzer, 'berth_analyzer_series'):.0f} series")
    watched = Watched(analyzer)
    wait_until(lambda: value(analyzer, "berth_analyzer_deferred_targets") == 0
               and watched.until_now().analyses > 0, SETTLED_SECONDS, "all advice written", 5)
    settling = watched.until_now()
    progress(f"all advice written after {settling.seconds:.0f} s")
    watched = Watched(analyzer)
    time.sleep(arguments.seconds)
    return Footprint(
        series=int(value(analyzer, "berth_analyzer_series")), settling=settling,
        settled=watched.until_now(), memory_mib=memory_mib(analyzer, "VmRSS"),
        memory_peak_mib=memory_mib(analyzer, "VmHWM"), adjustment_seconds=change_scales(cluster))


def fill(cluster: Cluster, arguments: argparse.Namespace) -> None:
    """The namespace, and its pods in turn on every node, bound from the start."""
    kube = cluster.kube
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    wait_until(lambda: kube.find("v1/ServiceAccount", "default", NAMESPACE), 60, "service account")
    started = time.monotonic()
    if arguments.workloads:
        kube.create_many(workloads(arguments.workloads, arguments.pods // arguments.workloads))
        expected = arguments.pods // arguments.workloads * arguments.workloads
        wait_until(lambda: running(kube) >= expected, POD_SECONDS, "pods that run", 5)
    else:
        kube.create_many(pods(arguments.pods, arguments.nodes))
    progress(f"{arguments.pods} pods created in {time.monotonic() - started:.0f} s")


def workloads(count: int, replicas: int) -> Iterator[dict]:
    """StatefulSets, whose controller makes the pods."""
    for index in range(count):
        name = f"web-{index}"
        labels = {"app": name}
        yield {"apiVersion": "apps/v1", "kind": "StatefulSet",
               "metadata": {"name": name, "namespace": NAMESPACE},
               "spec": {"replicas": replicas, "serviceName": "web", "podManagementPolicy": "Parallel",
                        "selector": {"matchLabels": labels},
                        "template": {"metadata": {"labels": labels, "annotations": usage(index)},
                                     "spec": {"containers": [CONTAINER]}}}}


def policies(count: int) -> Iterator[dict]:
    """One for each of the workloads."""
    for index in range(count):
        name = f"web-{index}"
        yield {"apiVersion": "berth.dev/v1alpha1", "kind": "ScalingPolicy",
               "metadata": {"name": name, "namespace": NAMESPACE},
               "spec": {"targetRef": {"kind": "StatefulSet", "name": name}}}


def running(kube: ApiClient) -> int:
    """How many pods run."""
    return len(kube.list("v1/Pod", NAMESPACE, fieldSelector="status.phase=Running"))


def pods(count: int, nodes: int) -> Iterator[dict]:
    """Pods of which some use more than they ask for."""
    for index in range(count):
        yield {"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": f"web-{index}", "namespace": NAMESPACE,
                            "annotations": usage(index)},
               "spec": {"nodeName": f"node-{index % nodes}",
                        "terminationGracePeriodSeconds": 0, "containers": [CONTAINER]}}


def usage(index: int) -> dict[str, str]:
    """What the simulated kubelet says of a pod."""
    return {"kwok.x-k8s.io/usage-cpu": f"{50 + index % 150}m",
            "kwok.x-k8s.io/usage-memory": f"{100 + index % 120}Mi"}


def change_scales(cluster: Cluster) -> float:
    """The longest of some changes of a scale as the analyzer makes them, in seconds."""
    kube = cluster.kube
    kube.create({"apiVersion": "apps/v1", "kind": "Deployment",
                 "metadata": {"name": "scaled", "namespace": NAMESPACE},
                 "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "scaled"}},
                          "template": {"metadata": {"labels": {"app": "scaled"}},
                                       "spec": {"containers": [{"name": "main",
                                                                "image": "registry.invalid/x"}]}}}})
    longest = 0.0
    for replicas in range(SCALE_TRIES):
        began = time.monotonic()
        kube.patch("apps/v1/Deployment", "scaled", {"spec": {"replicas": replicas % 2}}, NAMESPACE,
                   "scale")
        longest = max(longest, time.monotonic() - began)
    return round(longest, 3)


def value(record: ProcessRecord, name: str) -> float:
    """A metric without labels; 0 while there is none."""
    found = re.search(rf"^{name} (\S+)$", metrics(record), re.M)
    return float(found[1]) if found else 0


def analyses(record: ProcessRecord) -> tuple[int, float]:
    """How many there were, and the seconds that they took in all."""
    name = "berth_analyzer_cycle_duration_seconds"
    return int(value(record, f"{name}_count")), value(record, f"{name}_sum")


def print_figures(result: Footprint, arguments: argparse.Namespace) -> None:
    """The figures, one a line."""
    print(f"{arguments.nodes} nodes, {arguments.pods} pods, {result.series} series, measured every "
          f"{arguments.interval_seconds} s")
    print(f"memory            {result.memory_mib:>8} MiB, at most {result.memory_peak_mib}")
    print(f"change of a scale {result.adjustment_seconds:>8} s, longest of {SCALE_TRIES}")
    for name, spell in (("until all advice was written", result.settling), ("from then on", result.settled)):
        print(f"{name}, {spell.seconds} s:")
        print(f"  CPU         {spell.cpu_percent:>8} % of one core")
        print(f"  an analysis {spell.analysis_seconds:>8} s, mean of {spell.analyses}")
        print(f"  requests    {spell.requests}")


if __name__ == "__main__":
    sys.exit(main())
