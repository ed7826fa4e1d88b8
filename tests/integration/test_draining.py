"""Quotas and pools that are emptied, and lowered quotas that enforce it, on a real control plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, live_pods, running_pods, wait_phase, wait_until
from harness.programs import EVICTS_SOON
from harness.world import pool_of_nodes, two_teams

from berth_controlplane.cluster import Cluster

NODE_CPU = 8


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    with pool_of_nodes(cluster, programs_folder, 1, NODE_CPU) as name:
        yield name


@pytest.fixture
def teams(kube: ApiClient, pool: str, programs) -> Iterator[tuple[str, str]]:
    """Two managed namespaces with 4 cpu each, and an operator that evicts soon."""
    programs.start_operator(*EVICTS_SOON)
    with two_teams(kube, pool, 4, 4) as names:
        yield names


def change(kube: ApiClient, kind: str, name: str, spec: dict) -> None:
    kube.patch(kind, name, {"spec": spec})


def ready(kube: ApiClient, kind: str, name: str) -> dict:
    return condition(kube.get(kind, name), "Ready") or {}


def running(kube: ApiClient, namespace: str) -> int:
    return len(running_pods(kube, namespace))


def reasons(kube: ApiClient, namespace: str) -> list[str]:
    """Why its pods wait."""
    return [berth_kinds.annotation(kube, pod["metadata"]["name"], namespace, berth_kinds.EXPLAIN)
            .partition(":")[0] for pod in live_pods(kube, namespace)
            if berth_kinds.is_gated(kube, pod["metadata"]["name"], namespace)]


def notes(kube: ApiClient, namespace: str, reason: str) -> str:
    return "\n".join(event.get("note", "") for event in kube.list("events.k8s.io/v1/Event", namespace)
                     if event["reason"] == reason)


def test_a_drained_quota_empties_with_notice_and_fills_again(kube, teams):
    """HoldAndDrain of a Quota: its work goes, its next pods wait; the neighbour does not notice."""
    drained, other = teams
    for team in teams:
        kube.create(objects.deployment("work", team, replicas=2, requests={"cpu": "2"}))
    wait_until(lambda: running(kube, drained) == running(kube, other) == 2, 60, "both run")
    change(kube, berth_kinds.QUOTA, drained, {"stop": "HoldAndDrain"})
    wait_until(lambda: running(kube, drained) == 0 and
               reasons(kube, drained) == ["QuotaStopped"] * 2, 60, "it is empty, and says why")
    assert "is drained (spec.stop)" in notes(kube, drained, "Drained")
    assert "is drained" in ready(kube, berth_kinds.QUOTA, drained)["message"]
    assert running(kube, other) == 2
    change(kube, berth_kinds.QUOTA, drained, {"stop": "None"})
    wait_until(lambda: running(kube, drained) == 2, 60, "it runs again")


def test_a_drained_pool_empties_and_says_so(kube, pool, teams):
    team, _ = teams
    kube.create(objects.deployment("work", team, replicas=2, requests={"cpu": "2"}))
    wait_until(lambda: running(kube, team) == 2, 60, "it runs")
    try:
        change(kube, berth_kinds.POOL, pool, {"drain": "HoldAndDrain"})
        wait_until(lambda: running(kube, team) == 0 and
                   reasons(kube, team) == ["PoolStopped"] * 2, 60, "it is empty, and says why")
        assert ready(kube, berth_kinds.POOL, pool)["reason"] == "PoolStopped"
    finally:
        change(kube, berth_kinds.POOL, pool, {"drain": "None"})
    wait_until(lambda: running(kube, team) == 2, 60, "it runs again")


def test_a_lowered_quota_that_enforces_it_gives_up_its_excess_alone(kube, teams):
    """Q4 with enforceLowered: AfterNotice."""
    team, _ = teams
    kube.create(objects.deployment("work", team, replicas=4, requests={"cpu": "1"}))
    wait_until(lambda: running(kube, team) == 4, 60, "it has all that is its own")
    quota = kube.get(berth_kinds.QUOTA, team)["spec"]
    quota["pools"][0]["resources"][0].update({"nominal": "2", "borrowingLimit": "0"})
    change(kube, berth_kinds.QUOTA, team,
           {"pools": quota["pools"], "preemption": {"enforceLowered": "AfterNotice"}})
    wait_until(lambda: running(kube, team) == 2 and
               reasons(kube, team) == ["InsufficientQuota"] * 2, 60, "the excess went")
    assert "holds more than it may" in notes(kube, team, "QuotaLowered")


def test_a_pool_with_tenants_takes_the_work_of_no_other(kube, pool, teams):
    """N1: a Dedicated pool."""
    tenant, stranger = teams
    try:
        change(kube, berth_kinds.POOL, pool,
               {"sharing": "Dedicated", "tenants": [{"quotaRef": {"name": tenant}}]})
        kube.create(objects.pod("strange", stranger, requests={"cpu": "1"}))
        kube.create(objects.pod("own", tenant, requests={"cpu": "1"}))
        wait_phase(kube, "own", tenant, "Running", 60)
        wait_until(lambda: reasons(kube, stranger) == ["PoolNotAllowed"], 30, "the stranger waits")
    finally:
        change(kube, berth_kinds.POOL, pool, {"sharing": "Shared", "tenants": None})
    wait_phase(kube, "strange", stranger, "Running", 60)
