#!/usr/bin/env python3
"""How fast gated pods get to nodes: without an extender, with a naive one, and with Berth's.

  none      no extender
  naive     one that returns every name and scores each alike
  berth     Berth's, with manifests/scheduler-config.yaml and the operator's defaults: what it admits
            is pinned to four candidates by node affinity (--placement-mode Auto)
  candidates  the same said explicitly (--placement-mode Candidates)
  nominate  the node is proposed in the pod's status, and the extender asked (--placement-mode
            Nominate)
  extender  without either (--placement-mode Extender): the extender alone picks the node

The operator admits the same pods in all of them (one write each; without Berth's extender it
pins nothing), on the same machine, one after the other, so the ratios mean something and the absolute
numbers belong to this machine. Counted are
the pods bound per second from the first binding to the last, and the CPU that each process used for
a pod: on a machine where all of them share two cores their sum bounds the throughput. Prints the
machine, the versions, the ratios to `none`, and beside them the goals that they are held to at 5,000
nodes; with --check a goal that is missed there makes it fail.

  unbatched  no extender, and the scheduler's feature OpportunisticBatching off. With it a pod like
             the one before is placed without a look at the nodes; what is alike here, by a
             benchmark's nature, is seldom so alike in a cluster
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
from goals import Goal, judge  # noqa: E402
from machine import describe  # noqa: E402
from process_use import cpu_seconds  # noqa: E402
from progress import progress  # noqa: E402

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
# The placement mode of each of Berth's, as its operator's flag has it.
BERTH_MODES = {"berth": "Auto", "candidates": "Candidates", "nominate": "Nominate",
               "extender": "Extender"}
MODES = ("none", "unbatched", "naive", *BERTH_MODES)
# Against `none`: at least so much of its throughput, at most so much of the scheduler's CPU.
GOALS = {"berth": (1.2, 0.5), "candidates": (1.2, 0.5), "extender": (1.0, 0.85)}
GOAL_NODES = 5000
PLACEMENT_FLAG = "--placement-mode="
UNBATCHED = "--feature-gates=OpportunisticBatching=false"
Config = scheduler_config.Config
NODE = {"cpu": "16", "memory": "64Gi", "pods": "110"}


@dataclass
class Measurement:
    """One run: how many pods a second, and what the scheduler's CPU cost for each."""

    mode: str
    nodes: int
    pods: int
    pods_per_second: float
    cpu_ms_per_pod: dict[str, float]

    @property
    def scheduler_ms(self) -> float:
        """CPU of kube-scheduler for a pod."""
        return self.cpu_ms_per_pod["scheduler"]


def main() -> int:
    """Measure each mode at each size, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--pods", type=int, default=2000, help="pods of each run (default 2000)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each mode; the median counts")
    parser.add_argument("--check", action="store_true",
                        help="exit with 1 if a goal is missed (without it only said)")
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
    return judge(goals_of(results), arguments.check)


def measure_size(arguments: argparse.Namespace, nodes: int, naive: Path) -> list[Measurement]:
    """All modes on one cluster, each round in another order: the API server is slower at first."""
    cluster = bring_up(ClusterOptions(f"bench-{os.getpid()}", nodes=nodes, with_metrics=False,
                                      heartbeats="none", tied_to_caller=True,
                                      shape=NodeShape("node", NODE, {"berth.dev/pool": "bench"})),
                       say=progress)
    try:
        berth_config = install(cluster, arguments.bin)
        start_naive_extender(cluster, naive)
        rows: list[Measurement] = []
        for round_number in range(arguments.rounds):
            first = round_number % len(arguments.modes)
            for mode in [*arguments.modes[first:], *arguments.modes[:first]]:
                use_extender(cluster, mode, berth_config)
                use_placement(cluster, BERTH_MODES.get(mode, "Extender"))
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
    if mode in BERTH_MODES:
        # The same client limits as in the other modes.
        config = berth_config | {"clientConnection": config["clientConnection"]}
    if mode == "naive":
        port = cluster.record(NAIVE).ports[0]
        config["extenders"] = [{"urlPrefix": f"http://127.0.0.1:{port}", "filterVerb": "filter",
                                "prioritizeVerb": "prioritize", "weight": 1,
                                "nodeCacheCapable": True}]
    record = cluster.scheduler_record(config)
    if mode == "unbatched":
        record = replace(record, command=[*record.command, UNBATCHED])
    cluster.add(record)


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
    before = cpu_of_all(cluster)
    cluster.resume(berth.OPERATOR)
    seconds = seconds_to_bind(kube, pods)
    after = cpu_of_all(cluster)
    kube.request("DELETE", kube.path("v1/Pod", NAMESPACE), {"gracePeriodSeconds": 0})
    wait_until(lambda: not kube.list("v1/Pod", NAMESPACE), 120, "the pods are gone")
    used = {name: round(1000 * (after[name] - before[name]) / pods, 2) for name in before}
    return Measurement(mode, nodes, pods, round(pods / seconds, 1), used)


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


def cpu_of_all(cluster: Cluster) -> dict[str, float]:
    """User and system time of each process so far."""
    return {name: cpu_seconds(record) for name, record in cluster.state.processes.items()}


def median_of(rows: list[Measurement]) -> Measurement:
    """The row whose throughput is the median."""
    middle = statistics.median_low([row.pods_per_second for row in rows])
    return next(row for row in rows if row.pods_per_second == middle)


def base_of(row: Measurement, rows: list[Measurement]) -> Measurement | None:
    """The run of the same size without an extender, if there was one."""
    return next((each for each in rows if each.nodes == row.nodes and each.mode == "none"), None)


def goals_of(rows: list[Measurement]) -> list[Goal]:
    """What the modes with a goal came to, at the size that the goals are for."""
    goals = []
    for row in rows:
        base = base_of(row, rows)
        if base is None or row.mode not in GOALS or row.nodes < GOAL_NODES:
            continue
        throughput, cpu = GOALS[row.mode]
        where = f"{row.mode} at {row.nodes} nodes"
        goals += [Goal(f"the throughput of {where}",
                       round(row.pods_per_second / base.pods_per_second, 2), throughput, "x", True),
                  Goal(f"the scheduler's CPU for a pod of {where}",
                       round(row.scheduler_ms / base.scheduler_ms, 2), cpu, "x")]
    return goals


def goal_text(row: Measurement, which: int) -> str:
    """The goal beside a ratio: of the throughput (0) or of the CPU (1); empty where there is none."""
    if row.mode not in GOALS or row.nodes < GOAL_NODES:
        return ""
    return f"{'<' if which else '>'}={GOALS[row.mode][which]}x"


def print_table(rows: list[Measurement]) -> None:
    """The numbers and, beside them, the ratios to the mode without an extender and their goals."""
    others = [berth.EXTENDER, berth.OPERATOR, "apiserver", "etcd"]
    print(f"{'nodes':>6} {'mode':>10} {'pods/s':>8} {'ratio':>6} {'goal':>7}  CPU ms/pod: "
          f"{'scheduler':>9} {'ratio':>6} {'goal':>7} "
          + " ".join(f"{name.removeprefix('berth-').removeprefix('scheduler-'):>9}" for name in others)
          + "       all")
    for row in rows:
        base = base_of(row, rows) or next(each for each in rows if each.nodes == row.nodes)
        print(f"{row.nodes:>6} {row.mode:>10} {row.pods_per_second:>8} "
              f"{row.pods_per_second / base.pods_per_second:>5.2f}x {goal_text(row, 0):>7}  "
              f"{row.scheduler_ms:>21} {row.scheduler_ms / base.scheduler_ms:>5.2f}x "
              f"{goal_text(row, 1):>7} "
              + " ".join(f"{row.cpu_ms_per_pod[name]:>9}" for name in others)
              + f" {sum(row.cpu_ms_per_pod.values()):>9.2f}")


if __name__ == "__main__":
    sys.exit(main())
