#!/usr/bin/env python3
"""Kueue's baseline load through a real API server: what the operator and the API server use for it.

Etcd, kube-apiserver, berth-operator and the load share this machine; there are no scheduler and no
controllers. The load (pod_load, in Go) creates gated pods at the times of Kueue's generator file,
30 queues with 500 workloads each, and plays scheduler and kubelet: a pod whose gate the operator
took away is bound to its planned node, runs for its class's time, is then marked Succeeded, and
stays. With the admission these are four writes for each workload. Kueue's own test binds nothing:
--no-bind leaves that write out. An evicted pod would be created again.

Counted from the first creation to the last end are CPU by process (/proc), the operator's highest
memory, times from creation to admission, and API writes. Kueue's figures are from its own test on two
such cores; its client sends at most 50 requests a second, so that it takes 300 s to create the
load, and what it waits less for admission than here it waits longer for creation.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CHECKOUT = BENCH.parents[1]
sys.path[:0] = [str(CHECKOUT / "tests" / "controlplane"), str(BENCH)]

import go_program  # noqa: E402
import kueue_generator  # noqa: E402
from machine import describe  # noqa: E402
from process_use import cpu_seconds, cycles, memory_mib, requests  # noqa: E402
from progress import progress  # noqa: E402

from berth_controlplane import berth  # noqa: E402
from berth_controlplane.api import ApiClient  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.nodes import NodeShape  # noqa: E402
from berth_controlplane.waiting import wait_until  # noqa: E402

WATCHED = (berth.OPERATOR, "apiserver", "etcd")
WRITERS = 16
STALL_SECONDS = 60
LOAD_TIMEOUT_SECONDS = 1800
ITS_OWN = ("leases",)  # the API server writes them itself
WRITE_VERBS = ("POST", "PUT", "PATCH", "APPLY", "DELETE")


@dataclass(frozen=True)
class Figures:
    """What is compared; CPU in ms for each workload, times in seconds."""

    operator_cpu: float
    total_cpu: float
    wall: float
    memory_mib: float
    admission_mean: dict[str, float]


KUEUE = Figures(7.2, 48, 396, 644, {"large": 26, "medium": 97, "small": 224})
OPERATOR_GOAL_MS = 1.0
TOTAL_GOAL_MS = 24.0
WALL_GOAL_SECONDS = 150


@dataclass
class Measurement:
    """One run."""

    workloads: int
    scale: float
    bind: bool
    cpu_ms: dict[str, float]  # for each workload, by process
    wall_seconds: float
    creation_seconds: float
    memory_peak_mib: float
    cycles: int
    cycle_ms: float  # mean, by the clock
    admission_seconds: dict[str, dict[str, float]]
    operator_requests: dict[str, int]  # by HTTP method, as its metrics say
    operator_writes: dict[str, int]  # by verb and resource, as the API server says
    load_requests: dict[str, int]
    turned_away: int
    evicted: int
    goals_missed: list[str] = field(default_factory=list)

    @property
    def total_cpu_ms(self) -> float:
        """Of all but the load."""
        return round(sum(self.cpu_ms[name] for name in WATCHED), 2)

    def judge(self) -> None:
        """One sentence for each goal that was missed; a part of the load is held to no wall time."""
        goals = [("the operator's CPU for each workload", self.cpu_ms[berth.OPERATOR],
                  OPERATOR_GOAL_MS, "ms"),
                 ("the CPU for each workload", self.total_cpu_ms, TOTAL_GOAL_MS, "ms")]
        if self.scale == 1:
            goals.append(("the wall time", self.wall_seconds, WALL_GOAL_SECONDS, "s"))
        self.goals_missed = [f"{what} is {found} {unit}, more than {goal}"
                             for what, found, goal, unit in goals if found > goal]


def main() -> int:
    """Measure once and print the table."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--kueue", type=Path, default=BENCH / "kueue_baseline.yaml",
                        help="a generator file, as `kubectl berth simulate --kueue` reads it")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="part of the load's workloads; 0.1 for a quick look (default 1)")
    parser.add_argument("--nodes", type=int, default=6, help="which share the queues' quota evenly")
    parser.add_argument("--no-bind", dest="bind", action="store_false",
                        help="bind no pod, as Kueue's own test")
    parser.add_argument("--operator-flag", action="append", default=[],
                        help="a flag for the operator, such as --operator-flag=--log-level=debug")
    parser.add_argument("--check", action="store_true",
                        help="exit with 1 if a goal is missed (without it only said)")
    parser.add_argument("--json", type=Path, help="write the measurement there too")
    arguments = parser.parse_args()
    program = go_program.build("pod_load")
    load = kueue_generator.read(arguments.kueue, arguments.scale)
    cluster = raise_cluster(load, arguments.nodes)
    try:
        install(cluster, load, arguments)
        result = measure(cluster, load, program, arguments)
    finally:
        cluster.down()
    result.judge()
    print(describe(arguments.bin))
    print_table(result, load.classes())
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(result), indent=2) + "\n")
    for sentence in result.goals_missed:
        print(f"goal missed: {sentence}")
    return 1 if arguments.check and result.goals_missed else 0


def raise_cluster(load: kueue_generator.Load, nodes: int) -> Cluster:
    """A control plane without a scheduler, and nodes that hold what the queues own together."""
    cpus = math.ceil(load.cpus / nodes)
    shape = NodeShape("node", {"cpu": str(cpus), "memory": "1Ti", "pods": str(max(110, 2 * cpus))},
                      kueue_generator.POOL_LABEL)
    return bring_up(ClusterOptions(f"kueue-{os.getpid()}", nodes=nodes, shape=shape,
                                   with_metrics=False, with_scheduler=False, heartbeats="none",
                                   tied_to_caller=True), say=progress)


def install(cluster: Cluster, load: kueue_generator.Load, arguments: argparse.Namespace) -> None:
    """The quotas, the operator, and then nobody else."""
    flags = ["--leader-elect=false", *arguments.operator_flag]
    berth.up(cluster, berth.BerthOptions(arguments.bin, programs=(berth.OPERATOR,),
                                         extra_flags={berth.OPERATOR: flags}), progress)
    kube = cluster.kube
    for wanted in load.objects():
        kube.apply(wanted)
    for name in load.namespaces:
        wait_until(lambda name=name: kube.find("v1/ServiceAccount", "default", name), 60,
                   f"a service account in {name}")
    wait_until(lambda: all(is_ready(quota) for quota in kube.list(f"{kueue_generator.BERTH}/Quota")),
               60, "the quotas are ready")
    for component in ("kwok", "controller-manager"):
        cluster.stop(component)


def is_ready(quota: dict) -> bool:
    """Whether the operator took a quota up."""
    return any(condition["type"] == "Ready" and condition["status"] == "True"
               for condition in quota.get("status", {}).get("conditions", []))


def measure(cluster: Cluster, load: kueue_generator.Load, program: Path,
            arguments: argparse.Namespace) -> Measurement:
    """Let the load run, and say what everybody used meanwhile."""
    kube = cluster.kube
    operator = cluster.record(berth.OPERATOR)
    plan = json.dumps(plan_for(cluster, load, arguments.bind))
    writes, asked, (cycles_before, cycling) = api_writes(kube), requests(operator), cycles(operator)
    before = {name: cpu_seconds(cluster.record(name)) for name in WATCHED}
    done = subprocess.run([str(program)], input=plan, stdout=subprocess.PIPE, text=True, check=True,
                          timeout=LOAD_TIMEOUT_SECONDS)
    used = {name: cpu_seconds(cluster.record(name)) - before[name] for name in WATCHED}
    said = json.loads(done.stdout)
    used["load"] = said["cpuSeconds"]
    cycles_now, cycled = cycles(operator)
    ran = cycles_now - cycles_before
    written = api_writes(kube) - writes - Counter(said["requests"])
    return Measurement(
        load.workloads, arguments.scale, arguments.bind,
        {name: round(1000 * seconds / load.workloads, 2) for name, seconds in used.items()},
        round(said["wallSeconds"], 1), round(said["createdSeconds"], 1),
        memory_mib(operator, "VmHWM"), ran, round(1000 * (cycled - cycling) / max(ran, 1), 2),
        {name: times_of(waits) for name, waits in said["waitsMs"].items()},
        dict(requests(operator) - asked), dict(written.most_common()),
        said["requests"], said["turnedAway"], said["evicted"])


def plan_for(cluster: Cluster, load: kueue_generator.Load, bind: bool) -> dict:
    """What pod_load is told."""
    access = cluster.kube.access
    uids = {item["metadata"]["name"]: item["metadata"]["uid"]
            for item in cluster.kube.list("v1/Namespace")}
    return {"server": access.server, "authority": str(access.certificate_authority),
            "certificate": str(access.client.certificate), "key": str(access.client.key),
            "writers": WRITERS, "bind": bind, "stallMs": 1000 * STALL_SECONDS,
            "arrivals": [{
                "class": each.class_name, "prefix": f"{each.class_name}-{number}",
                "count": each.count, "everyMs": each.every_ms, "runtimeMs": each.runtime_ms,
                "namespace": each.namespace,
                "metadata": each.metadata({"apiVersion": "v1", "kind": "Namespace",
                                           "name": each.namespace, "uid": uids[each.namespace],
                                           "controller": True}),
                "spec": each.pod_spec()} for number, each in enumerate(load.arrivals)]}


def api_writes(kube: ApiClient) -> Counter[str]:
    """Writes that the API server has answered, by verb and resource."""
    text = kube.raw_request("GET", "/metrics")[1].decode()
    counts: Counter[str] = Counter()
    for labels, count in re.findall(r"^apiserver_request_total\{([^}]*)\} (\d+)", text, re.M):
        label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if label["verb"] in WRITE_VERBS and label["resource"] not in ITS_OWN:
            what = "/".join(filter(None, (label["resource"], label["subresource"])))
            counts[f"{label['verb']} {what}"] += int(count)
    return counts


def times_of(waits_ms: list[int]) -> dict[str, float]:
    """Mean and percentiles in seconds."""
    ordered = sorted(waits_ms)

    def at(percent: int) -> float:
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] / 1000

    return {"mean": round(statistics.mean(ordered) / 1000, 2), "p50": at(50), "p99": at(99)}


def print_table(result: Measurement, classes: list[str]) -> None:
    """Kueue's figures, ours and the goals; then what only ours has."""
    def row(what: str, kueue: object, ours: object, goal: object = "") -> None:
        print(f"{what:<44} {kueue:>8} {ours:>8} {goal:>8}")

    whole = f"{result.workloads} workloads" + ("" if result.bind else ", none bound")
    row(whole, "Kueue", "Berth", "goal")
    row("CPU of the operator, ms a workload", KUEUE.operator_cpu, result.cpu_ms[berth.OPERATOR],
        OPERATOR_GOAL_MS)
    row("CPU of operator, kube-apiserver and etcd, ms", KUEUE.total_cpu, result.total_cpu_ms,
        TOTAL_GOAL_MS)
    for name in ("apiserver", "etcd", "load"):
        row(f"  {name}", "", result.cpu_ms[name])
    row("wall, s", KUEUE.wall, result.wall_seconds, WALL_GOAL_SECONDS)
    row("  until the last was created", "", result.creation_seconds)
    row("memory of the operator at most, MiB", KUEUE.memory_mib, result.memory_peak_mib)
    row("cycles of the operator", "", result.cycles)
    row("  mean, ms", "", result.cycle_ms)
    for name in classes:
        ours = result.admission_seconds[name]
        row(f"time to admission, mean s: {name}", KUEUE.admission_mean.get(name, ""), ours["mean"])
        print(f"  p50 {ours['p50']:.1f}, p99 {ours['p99']:.1f}")
    print(f"requests of the load: {counts_text(result.load_requests)}; turned away "
          f"{result.turned_away}, evicted {result.evicted}")
    print(f"writes of the operator: {counts_text(result.operator_writes)}")
    print(f"requests of the operator: {counts_text(result.operator_requests)}")
    print("Kueue's client sends 50 requests a second at most: a floor of 300 s to its wall time")


def counts_text(counts: dict[str, int]) -> str:
    """What was counted, one after the other."""
    return ", ".join(f"{count} {what}" for what, count in counts.items()) or "none"


if __name__ == "__main__":
    sys.exit(main())
