"""A cluster of their own in which the shell blocks of the pages are run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "controlplane"))

from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from reader import run_in_shell  # noqa: E402

NODES = 4

# What the pages take for granted: Berth installed, the teams of the samples, and a pod that waits.
SCENE = (
    "kubectl apply -f crds/",
    "kubectl wait --for=condition=Established --timeout=60s -f crds/",
    "kubectl apply -f manifests/",
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
        path = tmp_path_factory.mktemp("path")
        (path / "kubectl").symlink_to(cluster.binaries.kubectl)
        (path / "kubectl-berth").symlink_to(programs_folder / "kubectl-berth")
        environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}",
                       "KUBECONFIG": str(cluster.admin_kubeconfig)}
        for step in SCENE:
            run_in_shell(step, environment)
        yield environment
    finally:
        cluster.down()
