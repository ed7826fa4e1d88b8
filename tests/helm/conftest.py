"""The chart, the real helm, and a control plane of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/controlplane"))

from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import Cluster  # noqa: E402
from berth_controlplane.tools import ensure_helm  # noqa: E402
from chart_under_test import NAMESPACE  # noqa: E402

HELM_TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Helm:
    """Runs helm as a user would, with a home of its own."""

    program: Path
    home: Path

    def __call__(self, *words: str | Path, kubeconfig: str | None = None
                 ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"HOME": str(self.home), "XDG_CACHE_HOME": str(self.home),
                                    "KUBECONFIG": kubeconfig or "/nonexistent"}
        return subprocess.run([self.program, *words], capture_output=True, text=True, check=False,
                              timeout=HELM_TIMEOUT_SECONDS, env=environment)


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The real helm; built once if it is not in the cache."""
    return Helm(ensure_helm(print), tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster whose nodes only pretend to run pods: what is tested is what the chart installs."""
    raised = bring_up(ClusterOptions(f"helm-{os.getpid()}", nodes=3, with_metrics=False,
                                     tied_to_caller=True))
    yield raised
    raised.down()


@pytest.fixture(scope="module")
def release(helm: Helm, cluster: Cluster) -> Callable[..., str]:
    """Runs helm on the cluster; fails with what helm said unless it succeeds."""
    def run(*words: str | Path) -> str:
        done = helm(*words, "--namespace", NAMESPACE, kubeconfig=str(cluster.admin_kubeconfig))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    return run
