"""The API contract, which the simulated API server is held to, on a real kube-apiserver."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from berth_controlplane.cluster import Cluster
from berth_controlplane.ports import HOST

TIMEOUT_SECONDS = 300
REPORT_CHARACTERS_MAX = 6000  # of its beginning, and of its end


def shortened(report: str) -> str:
    """Without its middle: what broke stands first, the sum of it last."""
    if len(report) <= 2 * REPORT_CHARACTERS_MAX:
        return report
    return f"{report[:REPORT_CHARACTERS_MAX]}\n[...]\n{report[-REPORT_CHARACTERS_MAX:]}"


def test_a_real_api_server_keeps_the_contract_of_the_simulated_one(
        cluster: Cluster, programs_folder: Path) -> None:
    binary = programs_folder / "test_contract"
    if not binary.is_file():
        pytest.fail(f"{binary} does not exist")
    environment = os.environ | {
        "BERTH_TEST_KUBECONFIG": str(cluster.admin_kubeconfig),
        "BERTH_TEST_ETCD": f"http://{HOST}:{cluster.layout.ports['etcd-client']}",
    }
    run = subprocess.run([binary], env=environment, capture_output=True, text=True,
                         timeout=TIMEOUT_SECONDS, check=False)
    if run.returncode != 0:
        pytest.fail(shortened(run.stdout) + shortened(run.stderr))
    assert "contract: real server" in run.stdout and "contract: simulated" not in run.stdout
    assert "set BERTH_TEST_ETCD" not in run.stdout, "history could not be compacted"
