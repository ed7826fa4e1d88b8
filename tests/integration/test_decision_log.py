"""X4 on a real control plane: what the operator logged is decided again, and under another quota."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, wait_phase, wait_until
from harness.programs import LEADS_AT_ONCE
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster

RUN_TIMEOUT_SECONDS = 120


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """A pool of two nodes, and the extender."""
    with pool_of_nodes(cluster, programs_folder, 2, 8) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name: 4 cpu."""
    with quota_of_its_own(kube, managed_namespace, pool, 4) as name:
        yield name


def start_operator(programs, folder: Path, name: str) -> None:
    programs.start_operator(*LEADS_AT_ONCE, f"--decision-log={folder}", name=name)


def replay(programs_folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([programs_folder / "kubectl-berth", "replay", *words],
                          capture_output=True, text=True, check=False,
                          timeout=RUN_TIMEOUT_SECONDS)


def history(programs_folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([programs_folder / "kubectl-berth", "history", *words],
                          capture_output=True, text=True, check=False,
                          timeout=RUN_TIMEOUT_SECONDS)


def test_x4_what_was_logged_replays_and_a_larger_quota_would_have_started_more(
        kube, team, pool, programs, programs_folder, tmp_path):
    log = tmp_path / "log"
    start_operator(programs, log, "first")
    for name in ("one", "two"):
        kube.create(objects.pod(name, team, requests={"cpu": "4"}))
        if name == "one":
            wait_phase(kube, name, team, "Running")
    wait_until(lambda: berth_kinds.annotation(kube, "two", team, berth_kinds.EXPLAIN)
               .startswith("InsufficientQuota"), 30, "the second pod waits")
    programs.stop_all()
    start_operator(programs, log, "second")  # a log goes on where the last leader's ended
    kube.delete("v1/Pod", "one", team)
    wait_phase(kube, "two", team, "Running")
    programs.stop_all()

    done = replay(programs_folder, log, "-o", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["agrees"] is True
    assert verdict["admissions"] >= 2
    assert len(list(log.glob("decisions-*.log"))) == 2

    done = history(programs_folder, "--log", log, "-n", team, "-o", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = [(row["name"], row["decision"], row["reason"])
            for row in json.loads(done.stdout)["decisions"]]
    assert told.index(("one", "granted", "Admitted")) < told.index(
        ("two", "refused", "InsufficientQuota")) < told.index(("two", "granted", "Admitted"))
    assert told.count(("two", "refused", "InsufficientQuota")) == 1

    done = subprocess.run([programs_folder / "kubectl-berth", "simulate", "--log", log, "-o", "json"],
                          capture_output=True, text=True, check=False, timeout=RUN_TIMEOUT_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["workloads"] >= 2

    larger = tmp_path / "larger.yaml"
    larger.write_text(json.dumps(berth_kinds.quota(team, [team], pool, 8)), encoding="utf-8")
    done = replay(programs_folder, log, "--quota", larger, "-o", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["workload"]: row for row in json.loads(done.stdout)["workloads"]}
    assert rows[f"{team}/two"]["difference"] in ("sooner", "starts")
    assert rows[f"{team}/two"]["waitMillisecondsThen"] == 0
    assert rows[f"{team}/one"]["difference"] == "same"
