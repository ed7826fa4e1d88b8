#!/usr/bin/env python3
"""The demo: a real Kubernetes control plane on localhost with simulated nodes, and Berth deciding on it.

Raises etcd, kube-apiserver, kube-scheduler, kube-controller-manager, kwok and metrics-server, installs
Berth, submits three teams' work, tells what happens, and ends with what it claims checked against the
API. Exit code 0 only if every claim is true.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "tests" / "controlplane"))
sys.path.insert(0, str(CHECKOUT / "demo"))

import yaml  # noqa: E402

import claims  # noqa: E402
import scenario  # noqa: E402
from account import Account, colour  # noqa: E402
from berth_controlplane import berth  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.errors import ControlPlaneError  # noqa: E402
from berth_controlplane.nodes import NodeShape  # noqa: E402

DEADLINE_SECONDS = 165
ROUND_SECONDS = 0.5
ANALYZER_INTERVAL_SECONDS = 10


def main() -> int:
    """Run the demo; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=CHECKOUT / "build/release/bin",
                        help="folder with Berth's programs (default: %(default)s)")
    parser.add_argument("--keep", action="store_true",
                        help="leave the cluster running and say what to try")
    parser.add_argument("--name", default=f"demo-{os.getpid()}", help="name of the cluster")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        cluster = raise_cluster(arguments)
    except ControlPlaneError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    try:
        account = play(cluster, started)
        return judge(account, cluster, arguments.keep)
    except (ControlPlaneError, KeyboardInterrupt) as error:
        print(f"demo: {error or 'interrupted'}", file=sys.stderr)
        return 1
    finally:
        if not arguments.keep:
            cluster.down()


def raise_cluster(arguments: argparse.Namespace) -> Cluster:
    """The control plane with the nodes of both pools, and Berth on it."""
    heading("A real control plane on localhost, with simulated nodes")
    shape = NodeShape("cpu", scenario.CPU_NODE, {"berth.dev/pool": "cpu"})
    cluster = bring_up(ClusterOptions(arguments.name, nodes=scenario.CPU_NODES, shape=shape,
                                      tied_to_caller=not arguments.keep),
                       say=lambda line: print(f"  {line}", flush=True))
    try:
        cluster.add_nodes(scenario.GPU_NODES, NodeShape(
            "gpu", scenario.GPU_NODE, {"berth.dev/pool": "gpu"}, (scenario.GPU_TAINT,)))
        heading("Berth: custom resources, policies, operator, extender, analyzer")
        options = berth.BerthOptions(arguments.bin, extra_flags={
            berth.ANALYZER: [f"--interval-seconds={ANALYZER_INTERVAL_SECONDS}"]})
        berth.up(cluster, options, say=lambda line: print(f"  {line}", flush=True))
    except BaseException:
        cluster.down()
        raise
    return cluster


def play(cluster: Cluster, started: float) -> Account:
    """Submit the work and tell what happens, until all of it is done or the time is up."""
    kube = cluster.kube
    account = Account(kube, started)
    heading("Three teams' quotas, two pools, a reservation, "
            f"{scenario.POD_COUNT} pods of mixed priorities, one gang")
    kube.create_many(scenario.namespaces())
    for name in ("pools", "quotas", "scaling"):
        for item in yaml.safe_load_all((CHECKOUT / "demo/resources" / f"{name}.yaml").read_text()):
            kube.apply(item)
    kube.create(scenario.reservation(datetime.now(UTC)))
    wait_for(account, lambda: account.accepted, "the reservation is judged")
    batches = (*scenario.IMPOSSIBLE, *scenario.BATCHES, scenario.GANG_BATCH)
    wait_for_service_accounts(kube)
    kube.create_many(pod for batch in batches for pod in batch.pods())
    account.say(f"submitted {scenario.POD_COUNT} pods")
    to_finish = scenario.POD_COUNT - len(scenario.IMPOSSIBLE)
    while time.monotonic() - started < DEADLINE_SECONDS:
        account.look()
        if account.finished() >= to_finish and account.honored and account.recommendations:
            break
        time.sleep(ROUND_SECONDS)
    return account


def wait_for(account: Account, done, what: str) -> None:
    """Look until something is true."""
    deadline = time.monotonic() + 30
    while not done():
        if time.monotonic() > deadline:
            raise ControlPlaneError(f"timed out: {what}")
        account.look()
        time.sleep(ROUND_SECONDS)


def wait_for_service_accounts(kube) -> None:
    """Pods can be created once each namespace has its default service account."""
    deadline = time.monotonic() + 30
    for team in (*scenario.TEAMS, scenario.STRANGERS):
        while kube.find("v1/ServiceAccount", "default", team) is None:
            if time.monotonic() > deadline:
                raise ControlPlaneError(f"namespace {team} got no service account")
            time.sleep(0.1)


def judge(account: Account, cluster: Cluster, keep: bool) -> int:
    """Check each claim, print it, and say what to look at next."""
    heading("What this run claims, checked in the API")
    failed = 0
    for claim, check in claims.CLAIMS:
        fault = check(account)
        failed += fault is not None
        print(colour("  true   " if fault is None else "  FALSE  ", "32" if fault is None else "31")
              + claim + (f": {fault}" if fault else ""))
    waits = sorted(facts.admitted_at - min(each.admitted_at for each in account.pods.values()
                                           if each.admitted_at)
                   for facts in account.pods.values() if facts.admitted_at)
    if waits:
        print(f"\n  {len(waits)} pods admitted; half of them within {waits[len(waits) // 2]:.0f} s, "
              f"the last after {waits[-1]:.0f} s")
    if keep:
        print(f"""
The cluster is still running. Try:
  export KUBECONFIG={cluster.admin_kubeconfig}
  tests/controlplane/controlplane kubectl --name {cluster.layout.name} -- get resourcepools,quotas,reservations
  tests/controlplane/controlplane kubectl --name {cluster.layout.name} -- get pods -A -o wide
  tests/controlplane/controlplane kubectl --name {cluster.layout.name} -- describe quota research
  tests/controlplane/controlplane down --name {cluster.layout.name}""")
    else:
        print("\nmake demo KEEP=1 leaves the cluster running, to look around in it.")
    return 1 if failed else 0


def heading(text: str) -> None:
    """A line that begins a part."""
    print(f"\n{colour(text, '1')}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
