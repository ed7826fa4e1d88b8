"""A cluster of their own in which the shell blocks of the pages are run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "controlplane"))

from berth_controlplane import gate  # noqa: E402
from berth_controlplane.berth import OPERATOR, BerthOptions, Installation  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.tools import ensure_helm  # noqa: E402
from berth_controlplane.locations import cache_root  # noqa: E402
from reader import run_in_shell  # noqa: E402

NODES = 4

# What the pages take for granted: Berth installed, the teams of the samples, and a pod that waits.
INSTALLED = (
    "kubectl apply -f crds/",
    "kubectl wait --for=condition=Established --timeout=60s -f crds/",
    "kubectl apply -f manifests/",
)
SCENE = (
    "kubectl apply -f manifests/samples/00-namespaces.yaml -f manifests/samples/pools.yaml "
    "-f manifests/samples/quotas.yaml",
    "kubectl -n research wait --for=create --timeout=60s serviceaccount/default",
    "kubectl apply -f tests/docs/gang-member.yaml",
)


@pytest.fixture(scope="module")
def readers_shell(programs_folder: Path, tmp_path_factory) -> Iterator[dict[str, str]]:
    """The environment of somebody who follows the pages: kubectl, its plugin, and a cluster."""
    cluster = bring_up(ClusterOptions(f"docs-{os.getpid()}", nodes=NODES, tied_to_caller=True))
    try:
        environment = shell_of(cluster, programs_folder, tmp_path_factory.mktemp("reader"))
        if gate.is_policy(cluster.kube):
            for step in INSTALLED:
                run_in_shell(step, environment)
        else:
            Installation(cluster, BerthOptions(programs_folder)).apply()
        for step in SCENE:
            run_in_shell(step, environment)
        yield environment
    finally:
        cluster.down()


@dataclass(frozen=True)
class Installer:
    """Somebody who installs Berth on a cluster that has never seen it."""

    shell: dict[str, str]
    cluster: Cluster
    programs: Path

    def start_the_operator(self) -> None:
        """The nodes only pretend to run pods: the operator runs here, as its Deployment says."""
        installation = Installation(self.cluster, BerthOptions(self.programs,
                                                               programs=(OPERATOR,)))
        installation.put_gate()
        installation.start_programs()


@pytest.fixture(scope="module")
def installer(programs_folder: Path, tmp_path_factory) -> Iterator[Installer]:
    """An empty cluster and the shell to install from."""
    cluster = bring_up(ClusterOptions(f"install-{os.getpid()}", nodes=NODES, tied_to_caller=True))
    try:
        home = tmp_path_factory.mktemp("installer")
        yield Installer(shell_of(cluster, programs_folder, home), cluster, programs_folder)
    finally:
        cluster.down()


def shell_of(cluster: Cluster, programs: Path, home: Path) -> dict[str, str]:
    """kubectl, its plugin and helm on the PATH, the cluster in KUBECONFIG, and a home of its own."""
    tools = home / "bin"
    tools.mkdir()
    (tools / "kubectl").symlink_to(cluster.binaries.kubectl)
    (tools / "kubectl-berth").symlink_to(programs / "kubectl-berth")
    (tools / "helm").symlink_to(ensure_helm(print))
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(home),
            "BERTH_CACHE": str(cache_root()), "KUBECONFIG": str(cluster.admin_kubeconfig)}
