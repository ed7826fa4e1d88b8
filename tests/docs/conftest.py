"""A cluster in which the shell blocks of the pages are run, raised as for tests/integration.

BERTH_TEST_CLUSTER and BERTH_BIN_DIR mean what they mean there.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reader import run_in_shell

TESTS = Path(__file__).resolve().parents[1]

_spec = importlib.util.spec_from_file_location("integration_fixtures",
                                               TESTS / "integration" / "conftest.py")
assert _spec is not None and _spec.loader is not None
_integration = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_integration)

cluster = _integration.cluster
programs_folder = _integration.programs_folder

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
# The simulated nodes would "run" the Deployments of an image that nobody pulls.
END = "kubectl -n berth-system delete --wait=false deployments --all"


@pytest.fixture(scope="session")
def readers_shell(cluster, programs_folder, tmp_path_factory) -> Iterator[dict[str, str]]:
    """The environment of somebody who follows the pages: kubectl, its plugin, and a cluster."""
    path = tmp_path_factory.mktemp("path")
    (path / "kubectl").symlink_to(cluster.binaries.kubectl)
    (path / "kubectl-berth").symlink_to(programs_folder / "kubectl-berth")
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}",
                   "KUBECONFIG": str(cluster.admin_kubeconfig)}
    for step in SCENE:
        run_in_shell(step, environment)
    yield environment
    run_in_shell(END, environment)
