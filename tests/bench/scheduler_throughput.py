#!/usr/bin/env python3
"""How fast gated pods get to nodes: without an extender, with a naive one, and with Berth's.

  none      no extender
  naive     one that returns every name and scores each alike
  berth     Berth's, with manifests/scheduler-config.yaml and the operator's defaults: what it admits
            is pinned to four candidates by node affinity (--placement-mode Auto)
  extender  the same without pinning (--placement-mode Extender): the extender alone picks the node

The operator admits the same pods in all of them (one write each; without Berth's extender it
pins nothing), on the same machine, one after the other, so the ratios mean something and the absolute
numbers belong to this machine. Counted are
the pods bound per second from the first binding to the last, and the CPU that kube-scheduler, and
the extender beside it, used for each. Prints the machine, the versions and the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CHECKOUT = BENCH.parents[1]
sys.path[:0] = [str(CHECKOUT / "tests" / "controlplane"), str(BENCH)]

import go_program  # noqa: E402
from machine import describe  # noqa: E402
from process_use import cpu_seconds  # noqa: E402

from berth_controlplane import berth, scheduler_config  # noqa: E402
from berth_controlplane.api import ApiClient  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.nodes import NodeShape  # noqa: E402
from berth_controlplane.ports import pick_ports  # noqa: E402
from berth_controlplane.processes import ProcessRecord  # noqa: E402
from berth_controlplane.waiting import wait_until  # noqa: E402

NAMESPACE = "bench"
NAIVE = "naive-extender"
MODES = ("none", "naive", "berth", "extender")
EXTENDERS = {"none": [], "naive": [NAIVE], "berth": [berth.EXTENDER], "extender": [berth.EXTENDER]}
PLACEMENT_FLAG = "--placement-mode="
Config = scheduler_config.Config
NODE = {"cpu": "16", "memory": "64Gi", "pods": "110"}


@dataclass
class Measurement:
    """One run: how many pods a second, and what the scheduler's CPU cost for each."""

    mode: str
    nodes: int
    pods: int
    pods_per_second: float
    scheduler_cpu_ms_per_pod: float
    extender_cpu_ms_per_pod: float


def main() -> int:
    """Measure each mode at each size, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--pods", type=int, default=2000, help="pods of each run (default 2000)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--rounds", type=int, default=1, help="runs of each mode; the median counts")
    parser.add_argument("--json", type=Path, help="write the measurements there too")
    arguments = parser.parse_args()
    naive = go_program.build("naive_extender")
    results: list[Measurement] = []
    for nodes in arguments.nodes:
        results += measure_size(arguments, nodes, naive)
    print(f"{describe(arguments.bin)}; client limit of the scheduler: "
          f"{scheduler_config.CLIENT_QPS} requests/s")
    print_table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in results], indent=2) + "\n")
    return 0


def measure_size(arguments: argparse.Namespace, nodes: int, naive: Path) -> list[Measurement]:
    """All modes on one cluster, alternating, so that a drift of the machine hits each alike."""
    cluster = bring_up(ClusterOptions(f"bench-{os.getpid()}", nodes=nodes, with_metrics=False,
                                      heartbeats="none", tied_to_caller=True,
                                      shape=NodeShape("node", NODE, {"berth.dev/pool": "bench"})),
                       say=progress)
    try:
        berth_config = install(cluster, arguments.bin)
        start_naive_extender(cluster, naive)
        rows: list[Measurement] = []
        for round_number in range(arguments.rounds):
            for mode in arguments.modes:
                use_extender(cluster, mode, berth_config)
                use_placement(cluster, "Auto" if mode == "berth" else "Extender")
                rows.append(run_once(cluster, mode, nodes, arguments.pods))
                progress(f"round {round_number + 1}: {rows[-1]}")
        return [median_of([row for row in rows if row.mode == mode]) for mode in arguments.modes]
    finally:
        cluster.down()


def install(cluster: Cluster, binaries: Path) -> Config:
    """Berth with a pool of all nodes and a quota that never binds; its scheduler configuration."""
    berth.up(cluster, berth.BerthOptions(
        binaries, programs=(berth.OPERATOR, berth.EXTENDER),
        extra_flags={berth.OPERATOR: ["--leader-elect=false"]}), progress)
    config: Config = json.loads((cluster.folder / "scheduler.json").read_text())
    kube = cluster.kube
    kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool",
                "metadata": {"name": "bench"},
                "spec": {"nodeSelector": {"matchLabels": {"berth.dev/pool": "bench"}},
                         "resources": [{"name": "cpu"}], "strategy": "WorstFit"}})
    kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "Quota", "metadata": {"name": "bench"},
                "spec": {"subjects": {"namespaces": [NAMESPACE]},
                         "pools": [{"poolRef": {"name": "bench"},
                                    "resources": [{"name": "cpu", "nominal": "1000k"}]}]}})
    kube.apply({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": NAMESPACE, "labels": {"berth.dev/managed": "true"}}})
    wait_until(lambda: kube.find("v1/ServiceAccount", "default", NAMESPACE), 60, "service account")
    return config


def start_naive_extender(cluster: Cluster, naive: Path) -> None:
    """The yardstick runs beside Berth all the time; only the scheduler's configuration changes."""
    port = pick_ports(1)[0]
    cluster.add(ProcessRecord(NAIVE, [str(naive), f"--address=127.0.0.1:{port}"],
                              cluster.layout.path("logs", f"{NAIVE}.log"),
                              f"http://127.0.0.1:{port}/readyz", [port]))


def use_extender(cluster: Cluster, mode: str, berth_config: Config) -> None:
    """Restart kube-scheduler with the mode's configuration."""
    config = scheduler_config.default()
    if berth.EXTENDER in EXTENDERS[mode]:
        # The same client limits as in the other modes.
        config = berth_config | {"clientConnection": config["clientConnection"]}
    if mode == "naive":
        port = cluster.record(NAIVE).ports[0]
        config["extenders"] = [{"urlPrefix": f"http://127.0.0.1:{port}", "filterVerb": "filter",
                                "prioritizeVerb": "prioritize", "weight": 1,
                                "nodeCacheCapable": True}]
    cluster.configure_scheduler(config)


def use_placement(cluster: Cluster, placement: str) -> None:
    """Restart the operator with this placement mode."""
    record = cluster.record(berth.OPERATOR)
    command = [word for word in record.command if not word.startswith(PLACEMENT_FLAG)]
    cluster.add(replace(record, command=[*command, PLACEMENT_FLAG + placement]))


def run_once(cluster: Cluster, mode: str, nodes: int, pods: int) -> Measurement:
    """Create the pods while nobody admits, let the operator go, and wait until all are bound."""
    kube = cluster.kube
    cluster.pause(berth.OPERATOR)
    controller = {"apiVersion": "v1", "kind": "Namespace", "name": NAMESPACE, "controller": True,
                  "uid": kube.get("v1/Namespace", NAMESPACE)["metadata"]["uid"]}
    kube.create_many(pod(index, controller) for index in range(pods))
    watched = ["scheduler", *EXTENDERS[mode]]
    before = [cpu_seconds(cluster.record(name)) for name in watched]
    cluster.resume(berth.OPERATOR)
    seconds = seconds_to_bind(kube, pods)
    after = [cpu_seconds(cluster.record(name)) for name in watched]
    kube.request("DELETE", kube.path("v1/Pod", NAMESPACE), {"gracePeriodSeconds": 0})
    wait_until(lambda: not kube.list("v1/Pod", NAMESPACE), 120, "the pods are gone")
    scheduler, *extender = [1000 * (late - early) / pods
                            for early, late in zip(before, after, strict=True)]
    return Measurement(mode, nodes, pods, round(pods / seconds, 1), round(scheduler, 2),
                       round(sum(extender), 2))


def seconds_to_bind(kube: ApiClient, pods: int) -> float:
    """Seconds from the first bound pod to the last, as a watch of the pods shows them."""
    bound: set[str] = set()
    first = 0.0
    deadline = time.monotonic() + 600
    while len(bound) < pods:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {len(bound)} of {pods} pods were bound")
        for event in kube.watch("v1/Pod", NAMESPACE, timeout_seconds=60):
            item = event["object"]
            if item.get("spec", {}).get("nodeName"):
                first = first or time.monotonic()
                bound.add(item["metadata"]["uid"])
            if len(bound) == pods:
                break
    return time.monotonic() - first


def pod(index: int, controller: dict) -> dict:
    """A small pod that has a controller, so that it counts as one that would be made again."""
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": f"p-{index}", "namespace": NAMESPACE,
                         "ownerReferences": [controller]},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
                "name": "main", "image": "registry.invalid/simulated",
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}}


def median_of(rows: list[Measurement]) -> Measurement:
    """The row whose throughput is the median."""
    middle = statistics.median_low([row.pods_per_second for row in rows])
    return next(row for row in rows if row.pods_per_second == middle)


def print_table(rows: list[Measurement]) -> None:
    """The numbers and, beside them, the ratios to the first mode, which is the one without."""
    print(f"{'nodes':>6} {'extender':>9} {'pods/s':>8} {'ratio':>6} {'scheduler ms/pod':>17} "
          f"{'ratio':>6} {'extender ms/pod':>16}")
    for row in rows:
        base = next(each for each in rows if each.nodes == row.nodes)
        print(f"{row.nodes:>6} {row.mode:>9} {row.pods_per_second:>8} "
              f"{row.pods_per_second / base.pods_per_second:>5.2f}x "
              f"{row.scheduler_cpu_ms_per_pod:>17} "
              f"{row.scheduler_cpu_ms_per_pod / base.scheduler_cpu_ms_per_pod:>5.2f}x "
              f"{row.extender_cpu_ms_per_pod:>16}")


def progress(line: object) -> None:
    """Progress goes to stderr, the table to stdout."""
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
