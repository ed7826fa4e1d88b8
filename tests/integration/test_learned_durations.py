"""How long work runs that does not say so, learned from what ran before, on a real control plane (B2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, Object, running_pods, wait_until
from harness.programs import EVICTS_SOON
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster

POLICY = "berth.dev/v1alpha1/AllocationPolicy"
RUN_SECONDS = 20
# The pods only pretend to run: their ends are seen a little later.
LATE_SECONDS = 10
EXPLAIN = "berth.dev/explain"


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    with pool_of_nodes(cluster, programs_folder, 1, 4) as name:
        cluster.kube.create({
            "apiVersion": "berth.dev/v1alpha1", "kind": "AllocationPolicy",
            "metadata": {"name": name},
            "spec": {"poolRefs": [{"name": name}], "backfill": {"useLearnedDurations": True}}})
        yield name
        cluster.kube.delete(POLICY, name)


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str, programs) -> Iterator[str]:
    with quota_of_its_own(kube, managed_namespace, pool, 4) as name:
        programs.start_operator(*EVICTS_SOON)
        yield name


def run(kube: ApiClient, namespace: str, number: int, cpu: int, seconds: int) -> None:
    """One of the runs of a job that comes again and again."""
    kube.create(objects.job(f"nightly-{29400000 + number}", namespace, requests={"cpu": str(cpu)},
                            annotations={objects.RUN_SECONDS: str(seconds)}))


def succeeded(kube: ApiClient, namespace: str) -> list[Object]:
    return [pod for pod in kube.list("v1/Pod", namespace) if pod["status"]["phase"] == "Succeeded"]


def planned(kube: ApiClient, name: str, namespace: str) -> datetime | None:
    told = re.search(r"planned to start at (\S+Z)",
                     berth_kinds.annotation(kube, name, namespace, EXPLAIN))
    return datetime.fromisoformat(told[1]) if told else None


def test_b2_who_waits_behind_work_that_says_nothing_is_planned_by_what_its_kind_took(
        kube, team, programs):
    for number in (1, 2, 3):
        run(kube, team, number, 1, RUN_SECONDS)
    wait_until(lambda: len(succeeded(kube, team)) == 3, 90, "three runs are over")

    # What is over is in the API still: another operator learns it from there.
    programs.stop_all()
    programs.start_operator(*EVICTS_SOON)
    for number in (4, 5, 6, 7):
        run(kube, team, number, 1, 600)
    wait_until(lambda: len(running_pods(kube, team)) == 4, 30, "the next runs have all of the room")
    started = max(datetime.fromisoformat(pod["status"]["startTime"]) for pod in running_pods(kube, team))
    kube.create(objects.pod("next", team, requests={"cpu": "4"}))
    wait_until(lambda: planned(kube, "next", team), 15, "who waits behind it is told when it starts")
    took = planned(kube, "next", team) - started
    assert timedelta(seconds=RUN_SECONDS) <= took
    assert took <= timedelta(seconds=RUN_SECONDS + LATE_SECONDS)
