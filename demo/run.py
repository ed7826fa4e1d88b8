#!/usr/bin/env python3
"""The demo: a real Kubernetes control plane on localhost with simulated nodes, and Berth deciding on it.

Raises etcd, kube-apiserver, kube-scheduler, kube-controller-manager, kwok and metrics-server, installs
Berth, submits three teams' work, tells what happens, and ends with what it claims checked against the
API. Exit code 0 only if every claim is true.
"""

from __future__ import annotations

import argparse
import os
import subprocess
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
from berth_controlplane.binaries import ensure_binaries  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.errors import ControlPlaneError  # noqa: E402
from berth_controlplane.nodes import NodeShape  # noqa: E402

DEADLINE_SECONDS = 160
ROUND_SECONDS = 0.5
ANALYZER_INTERVAL_SECONDS = 10
COMMAND_TIMEOUT_SECONDS = 20
# What is shown of kubectl berth, and how many seconds after the first wave.
SHOWN = ((23, ("explain", "research/urgent-0")), (78, ("status",)))
TO_FINISH = scenario.POD_COUNT - len(scenario.IMPOSSIBLE)


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
    try:
        ensure_binaries(say)
        started = time.monotonic()  # building Kubernetes the first time does not count
        cluster = raise_cluster(arguments)
    except ControlPlaneError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    try:
        account = play(cluster, arguments.bin)
        failed = judge(account, time.monotonic() - started)
        say_what_next(cluster, arguments)
        return 1 if failed else 0
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
                       say=say)
    try:
        cluster.add_nodes(scenario.GPU_NODES, NodeShape(
            "gpu", scenario.GPU_NODE, {"berth.dev/pool": "gpu"}, (scenario.GPU_TAINT,)))
        cluster.kube.create(scenario.agents())
        heading("Berth: custom resources, policies, operator, extender, analyzer")
        options = berth.BerthOptions(arguments.bin, extra_flags={
            berth.ANALYZER: [f"--interval-seconds={ANALYZER_INTERVAL_SECONDS}"]})
        berth.up(cluster, options, say=say)
    except BaseException:
        cluster.down()
        raise
    return cluster


def play(cluster: Cluster, programs: Path) -> Account:
    """Submit the work, wave by wave, and tell what happens, until all of it is done or the time is up."""
    kube = cluster.kube
    started = time.monotonic()
    account = Account(kube, started)
    heading("Three teams' quotas, two pools, a reservation; then "
            f"{scenario.POD_COUNT} pods in {len(scenario.WAVES)} waves")
    kube.create_many(scenario.namespaces())
    for name in ("pools", "quotas", "scaling"):
        for item in yaml.safe_load_all((CHECKOUT / "demo/resources" / f"{name}.yaml").read_text()):
            kube.apply(item)
    wait_for_service_accounts(kube)
    kube.create(scenario.reservation(datetime.now(UTC)))
    wait_for(account, lambda: account.accepted, "the reservation is judged")
    to_come, to_show = list(scenario.WAVES), list(SHOWN)
    first_wave = time.monotonic()
    while time.monotonic() - started < DEADLINE_SECONDS:
        while to_come and time.monotonic() - first_wave >= to_come[0].after_seconds:
            wave = to_come.pop(0)
            kube.create_many(wave.pods())
            account.say(f"submitted {wave.what} ({len(wave.pods())} pods)", "1")
        account.look()
        while to_show and time.monotonic() - first_wave >= to_show[0][0]:
            account.show(kubectl_berth(cluster, programs, *to_show.pop(0)[1]))
        if account.finished() >= TO_FINISH and account.honored and account.recommendations:
            break
        time.sleep(ROUND_SECONDS)
    return account


def kubectl_berth(cluster: Cluster, programs: Path, *words: str) -> str:
    """The command and what it prints."""
    said = subprocess.run(
        [programs / "kubectl-berth", *words, f"--kubeconfig={cluster.admin_kubeconfig}",
         f"--color={'always' if sys.stdout.isatty() else 'never'}"],
        capture_output=True, text=True, timeout=COMMAND_TIMEOUT_SECONDS, check=False)
    if said.returncode != 0:
        raise ControlPlaneError(f"kubectl berth {' '.join(words)} ended with {said.returncode}:"
                                f" {said.stderr.strip()}")
    return f"$ kubectl berth {' '.join(words)}\n{said.stdout}{said.stderr}"


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


def judge(account: Account, seconds: float) -> int:
    """Check each claim and print it; how many are false."""
    heading("What this run claims, checked in the API")
    failed = 0
    for claim, check in (*claims.CLAIMS, claims.ended_in_time(seconds)):
        fault = check(account)
        failed += fault is not None
        print(colour("  true   " if fault is None else "  FALSE  ", "32" if fault is None else "31")
              + claim + (f": {fault}" if fault else ""))
    waits = [facts.admitted_at - facts.seen_at for facts in account.pods.values() if facts.admitted_at]
    at_once = sum(1 for wait in waits if wait <= 2 * ROUND_SECONDS)
    print(f"\n  {len(waits)} pods admitted, {at_once} of them at once; "
          f"the longest wait was {max(waits, default=0):.0f} s")
    return failed


def say_what_next(cluster: Cluster, arguments: argparse.Namespace) -> None:
    """How to look around, in a cluster that is kept or in the next one."""
    programs = arguments.bin
    if arguments.keep:
        print(f"""
The cluster is still running. Try:
  export KUBECONFIG={cluster.admin_kubeconfig}
  {programs}/kubectl-berth status
  {programs}/kubectl-berth explain research/{scenario.TOO_LARGE}-0
  tests/controlplane/controlplane kubectl --name {cluster.layout.name} -- get scalingrecommendations -A -o yaml
  tests/controlplane/controlplane kubectl --name {cluster.layout.name} -- get pods -A -o wide
  tests/controlplane/controlplane down --name {cluster.layout.name}""")
    else:
        print("\nmake demo KEEP=1 leaves the cluster running, to look around in it.")


def say(line: str) -> None:
    """A line of what is being raised."""
    print(f"  {line}", flush=True)


def heading(text: str) -> None:
    """A line that begins a part."""
    print(f"\n{colour(text, '1')}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
