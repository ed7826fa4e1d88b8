"""Limits, rates, breakers and history on a real control plane, also across the operator's end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, wait_phase, wait_until
from harness.programs import LEADS_AT_ONCE
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster

BREAKER_FAILURES = 3


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """A pool of two nodes, and a policy for all whose breaker opens soon."""
    with pool_of_nodes(cluster, programs_folder, 2, 16) as name:
        cluster.kube.apply({
            "apiVersion": "berth.dev/v1alpha1", "kind": "AllocationPolicy",
            "metadata": {"name": "default"},
            "spec": {"circuitBreaker": {"failures": BREAKER_FAILURES, "windowSeconds": 600,
                                        "openSeconds": 20}}})
        yield name
        cluster.kube.delete("berth.dev/v1alpha1/AllocationPolicy", "default")


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name: 16 cpu."""
    with quota_of_its_own(kube, managed_namespace, pool, 16) as name:
        yield name


def limit(kube: ApiClient, quota: str, **fields) -> None:
    kube.patch(berth_kinds.QUOTA, quota, {"spec": fields})


def create_pods(kube: ApiClient, namespace: str, names: list[str], cpu: str = "1",
                **fields) -> None:
    for name in names:
        kube.create(objects.pod(name, namespace, requests={"cpu": cpu}, **fields))


def admitted(kube: ApiClient, namespace: str) -> set[str]:
    return {pod["metadata"]["name"] for pod in kube.list("v1/Pod", namespace)
            if not any(gate["name"] == berth_kinds.GATE
                       for gate in pod["spec"].get("schedulingGates", []))}


def wait_reason(kube: ApiClient, namespace: str, name: str, reason: str) -> None:
    wait_until(lambda: berth_kinds.annotation(kube, name, namespace, berth_kinds.EXPLAIN)
               .startswith(reason), 30, f"{name} waits: {reason}")


def throttled(kube: ApiClient, quota: str) -> dict:
    return condition(kube.get(berth_kinds.QUOTA, quota), "Throttled") or {}


def run_out_of_memory(kube: ApiClient, namespace: str, name: str) -> None:
    """What a kubelet writes when the kernel killed a container."""
    statuses = kube.get("v1/Pod", name, namespace)["status"]["containerStatuses"]
    statuses[0]["restartCount"] = 1
    statuses[0]["lastState"] = {"terminated": {
        "exitCode": 137, "reason": "OOMKilled",
        "finishedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}}
    kube.patch("v1/Pod", name, {"status": {"containerStatuses": statuses}}, namespace,
               subresource="status")


def test_t1_a_rate_holds_work_back_and_outlives_a_restart(kube, team, programs):
    limit(kube, team, rateLimit={"admissionsPerMinute": 2, "burst": 2})
    names = [f"p{i}" for i in range(4)]
    create_pods(kube, team, names)
    programs.start_operator(*LEADS_AT_ONCE, name="first")
    wait_until(lambda: len(admitted(kube, team)) == 2, 20, "two are admitted")
    waiting = min(set(names) - admitted(kube, team))
    wait_reason(kube, team, waiting, "RateLimited")
    wait_until(lambda: throttled(kube, team).get("reason") == "RateLimited", 20, "it is shown")
    programs.stop_all()
    programs.start_operator(*LEADS_AT_ONCE, name="second")
    create_pods(kube, team, ["after"])
    wait_reason(kube, team, "after", "RateLimited")
    assert len(admitted(kube, team)) == 2  # the new leader's bucket was not full
    wait_until(lambda: len(admitted(kube, team)) == 3, 60, "the next token comes")


def test_t2_a_subject_that_fails_again_and_again_is_held_back(kube, team, operator):
    failing = [f"fails-{i}" for i in range(BREAKER_FAILURES)]
    create_pods(kube, team, failing)
    for name in failing:
        wait_phase(kube, name, team, "Running")
        run_out_of_memory(kube, team, name)
    kube.create(objects.service_account("sober", team))
    wait_until(lambda: holds_back(kube, team), 30, "new work of the subject is held back")
    wait_until(lambda: throttled(kube, team).get("reason") == "CircuitOpen", 20, "it is shown")
    assert f"{team}/default" in throttled(kube, team)["message"]
    create_pods(kube, team, ["other"], serviceAccountName="sober")
    wait_phase(kube, "other", team, "Running")
    create_pods(kube, team, ["late-1", "late-2"])
    wait_reason(kube, team, "late-1", "CircuitOpen")
    before = admitted(kube, team)
    wait_until(lambda: len(admitted(kube, team) - before) == 1, 40, "one probe is let through")
    wait_until(lambda: len(admitted(kube, team) - before) >= 3, 60, "then the rest")


def holds_back(kube: ApiClient, namespace: str) -> bool:
    """Makes a pod; whether it waits for the breaker."""
    name = f"try-{uuid.uuid4().hex[:4]}"
    create_pods(kube, namespace, [name])
    wait_until(lambda: name in admitted(kube, namespace)
               or berth_kinds.annotation(kube, name, namespace, berth_kinds.EXPLAIN),
               20, f"{name} is decided on")
    return name not in admitted(kube, namespace)


def test_q5_each_agent_has_limits_of_its_own(kube, team, operator):
    limit(kube, team, perSubject={"key": "Label", "label": "agent", "maxConcurrent": 1})
    create_pods(kube, team, ["one-a"])  # no label: a subject of its own
    for agent in ("one", "two"):
        for turn in ("x", "y"):
            kube.create(objects.pod(f"{agent}-{turn}", team, requests={"cpu": "1"},
                                    labels={"agent": agent}))
            if turn == "x":
                wait_phase(kube, f"{agent}-x", team, "Running")
    for agent in ("one", "two"):
        wait_reason(kube, team, f"{agent}-y", "SubjectLimited")
    kube.delete("v1/Pod", "one-x", team)
    wait_phase(kube, "one-y", team, "Running")
    assert "two-y" not in admitted(kube, team)


def test_q7_the_namespaces_own_resource_quota_is_respected(kube, team, operator):
    create_pods(kube, team, ["a", "b"], cpu="2")
    wait_until(lambda: admitted(kube, team) == {"a", "b"}, 20, "both are admitted")
    create_pods(kube, team, ["blocker"], cpu="20")  # more than Berth's own quota
    kube.create({"apiVersion": "v1", "kind": "ResourceQuota",
                 "metadata": {"name": "compute", "namespace": team},
                 "spec": {"hard": {"requests.cpu": "30"}}})
    limit(kube, team, stop="Hold")
    create_pods(kube, team, ["c", "d"], cpu="2")
    kube.patch("v1/ResourceQuota", "compute", {"spec": {"hard": {"requests.cpu": "6"}}}, team)
    limit(kube, team, stop="None")
    wait_until(lambda: len(admitted(kube, team)) == 3, 30, "six cores are used")
    waiting = min({"c", "d"} - admitted(kube, team))
    wait_reason(kube, team, waiting, "NamespaceQuotaExceeded")
    found = kube.get("v1/ResourceQuota", "compute", team)
    assert found["spec"]["hard"] == {"requests.cpu": "6"}  # never rewritten


def test_f2_history_outlives_a_restart(kube, team, pool, programs):
    root = f"root-{team[-6:]}"
    kube.create(berth_kinds.quota(root, [], pool, 16))
    limit(kube, team, parentRef={"name": root}, pools=[
        {"poolRef": {"name": pool}, "resources": [{"name": "cpu", "nominal": 0}]}])
    try:
        programs.start_operator(*LEADS_AT_ONCE, name="first")
        create_pods(kube, team, ["borrows"], cpu="12")
        wait_phase(kube, "borrows", team, "Running")
        wait_until(lambda: fair_share(kube, team).get("shareMilli") == 750, 20, "the share is told")
        programs.stop_all()  # it would put its own history right
        kube.patch(berth_kinds.QUOTA, team, {"status": {"fairShare": {
            "dominantResource": "cpu", "shareMilli": 750, "historyMilli": 400,
            "sampledAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}}},
            subresource="status")
        programs.start_operator(*LEADS_AT_ONCE, name="second")
        kube.delete("v1/Pod", "borrows", team)
        wait_until(lambda: fair_share(kube, team).get("shareMilli") == 0, 30, "nothing is borrowed")
        # Half-life is a day: seconds later it is still what the leader before had told.
        assert 398 <= fair_share(kube, team)["historyMilli"] <= 402
    finally:
        kube.delete(berth_kinds.QUOTA, root)


def fair_share(kube: ApiClient, quota: str) -> dict:
    return kube.get(berth_kinds.QUOTA, quota).get("status", {}).get("fairShare", {})
