"""The burst of a quota on a real control plane (Q6): a budget that empties, a notice, a grace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, Object, condition, live_pods, running_pods, wait_until
from harness.programs import EVICTS_SOON
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster

OWN_CPU = 2
BUDGET_SECONDS = 60
GRACE_SECONDS = 8


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    with pool_of_nodes(cluster, programs_folder, 1, 8) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str, programs) -> Iterator[str]:
    """A managed namespace with 2 cpu that may hold 3 for a minute, and an operator that evicts soon."""
    with quota_of_its_own(kube, managed_namespace, pool, OWN_CPU) as name:
        kube.patch(berth_kinds.QUOTA, name, {"spec": {"burst": {
            "factorPercent": 150, "budgetSeconds": BUDGET_SECONDS,
            "gracePeriodSeconds": GRACE_SECONDS}}})
        programs.start_operator(*EVICTS_SOON)
        yield name


def quota(kube: ApiClient, name: str) -> Object:
    return kube.get(berth_kinds.QUOTA, name)


def burst_of(kube: ApiClient, name: str) -> str:
    """What the condition BurstActive says."""
    return (condition(quota(kube, name), "BurstActive") or {}).get("reason", "")


def budget_left(kube: ApiClient, name: str) -> int:
    """In seconds at the largest burst."""
    return quota(kube, name)["status"]["pools"][0]["resources"][0]["burstBudgetLeftSeconds"]


def told(kube: ApiClient, namespace: str) -> list[Object]:
    return [pod for pod in live_pods(kube, namespace) if berth_kinds.revocable_after(pod)]


def test_a_burst_lasts_as_long_as_its_budget_and_goes_after_notice(kube, team):
    kube.create(objects.deployment("work", team, replicas=4, requests={"cpu": "1"}))
    wait_until(lambda: len(running_pods(kube, team)) == OWN_CPU + 1, 60,
               "it has its own, and what the factor allows; no more")
    wait_until(lambda: burst_of(kube, team) == "Bursting", 20, "the burst is told")
    begun = datetime.now(UTC)
    full = budget_left(kube, team)
    wait_until(lambda: budget_left(kube, team) < full, 20, "the budget is drawn on")
    assert not told(kube, team), "nobody goes while it lasts"

    wait_until(lambda: burst_of(kube, team) == "BurstEnded", BUDGET_SECONDS + 20, "the budget is empty")
    emptied = datetime.now(UTC)
    assert (emptied - begun).total_seconds() > BUDGET_SECONDS / 2, "it lasted"
    wait_until(lambda: len(told(kube, team)) == 1, 10, "the one above the quota is told")
    victim = told(kube, team)[0]
    assert len(running_pods(kube, team)) == OWN_CPU + 1, "it has its grace"
    assert berth_kinds.revocable_after(victim) > emptied

    wait_until(lambda: len(running_pods(kube, team)) == OWN_CPU, GRACE_SECONDS + 20, "it went")
    assert datetime.now(UTC) >= berth_kinds.revocable_after(victim), "not before it was told to"
    names = {pod["metadata"]["name"] for pod in running_pods(kube, team)}
    assert victim["metadata"]["name"] not in names
    wait_until(lambda: not burst_of(kube, team).startswith("Burst"), 20, "the burst is over")
    assert len(running_pods(kube, team)) == OWN_CPU, "an empty budget begins no new one"
