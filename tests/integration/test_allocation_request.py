"""AllocationRequests on a real control plane: allocated, waited for, renewed, expired, and in the way of pods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, wait_phase, wait_until
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.berth import EXTENDER, OPERATOR
from berth_controlplane.cluster import Cluster

KIND = "berth.dev/v1alpha1/AllocationRequest"
CONNECTIONS = "pool.berth.dev/connections"
NODE_CPU = 8


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """A pool of one node that has thirty connections besides."""
    with pool_of_nodes(cluster, programs_folder, 1, NODE_CPU, (OPERATOR, EXTENDER),
                       ({"name": "connections", "kind": "Virtual", "capacity": 30},)) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with all of the node and 25 of the connections."""
    with quota_of_its_own(kube, managed_namespace, pool, NODE_CPU,
                          ({"name": CONNECTIONS, "nominal": 25},)) as name:
        yield name


def ask(kube: ApiClient, namespace: str, name: str, resource: str, amount: int, **spec) -> None:
    kube.create({"apiVersion": "berth.dev/v1alpha1", "kind": "AllocationRequest",
                 "metadata": {"name": name, "namespace": namespace},
                 "spec": {"resources": [{"name": resource, "amount": amount}], **spec}})


def is_true(kube: ApiClient, namespace: str, name: str, kind: str) -> bool:
    found = condition(kube.get(KIND, name, namespace), kind)
    return bool(found) and found["status"] == "True"


def test_connections_are_held_for_a_time_and_then_go_to_who_waits(kube, team, pool):
    ask(kube, team, "first", CONNECTIONS, 20, durationSeconds=8)
    wait_until(lambda: is_true(kube, team, "first", "Allocated"), 20, "the first is allocated")
    given = kube.get(KIND, "first", team)["status"]
    assert given["quota"] == team
    assert [(row["pool"], row["count"], row.get("node")) for row in given["allocations"]] == [
        (pool, 1, None)]

    ask(kube, team, "second", CONNECTIONS, 10)
    wait_until(lambda: kube.get(KIND, "second", team).get("status", {}).get("reason")
               == "InsufficientQuota", 20, "the second says why it waits")
    wait_until(lambda: is_true(kube, team, "first", "Finished"), 30, "the first expires")
    assert kube.get(KIND, "first", team)["status"]["reason"] == "Expired"
    wait_until(lambda: is_true(kube, team, "second", "Allocated"), 20, "the second follows")
    used = kube.get(berth_kinds.QUOTA, team)
    wait_until(lambda: _used(kube, team) == "10", 20, f"the quota counts it: {used['status']}")


def test_a_renewed_request_is_kept_and_a_deleted_one_is_released(kube, team):
    ask(kube, team, "kept", CONNECTIONS, 20, durationSeconds=5)
    wait_until(lambda: is_true(kube, team, "kept", "Allocated"), 20, "it is allocated")
    before = kube.get(KIND, "kept", team)["status"]["expiresAt"]
    kube.patch(KIND, "kept", {"spec": {"durationSeconds": 3600}}, team)
    wait_until(lambda: kube.get(KIND, "kept", team)["status"]["expiresAt"] > before, 20,
               "its end moves")
    ask(kube, team, "next", CONNECTIONS, 20)
    wait_until(lambda: kube.get(KIND, "next", team).get("status", {}).get("reason"), 20, "it waits")
    kube.delete(KIND, "kept", team)
    wait_until(lambda: is_true(kube, team, "next", "Allocated"), 20, "the next one has its place")


def test_a_pod_finds_taken_what_a_request_holds_of_a_node(kube, team):
    ask(kube, team, "cores", "cpu", 6)
    wait_until(lambda: is_true(kube, team, "cores", "Allocated"), 20, "it is allocated")
    assert kube.get(KIND, "cores", team)["status"]["allocations"][0]["node"]
    kube.create(objects.pod("big", team, requests={"cpu": "4"}))
    kube.create(objects.pod("small", team, requests={"cpu": "2"}))
    wait_phase(kube, "small", team, "Running")
    assert kube.get("v1/Pod", "big", team)["status"]["phase"] == "Pending"
    kube.delete(KIND, "cores", team)
    wait_phase(kube, "big", team, "Running")


def test_pods_ask_for_connections_that_are_on_no_node(kube, team, namespace):
    def connected(name: str, where: str, amount: int) -> dict:
        pod = objects.pod(name, where, requests={"cpu": "1", CONNECTIONS: str(amount)})
        resources = pod["spec"]["containers"][0]["resources"]
        resources["limits"] = {CONNECTIONS: str(amount)}
        return pod
    kube.create(connected("first", team, 20))
    wait_phase(kube, "first", team, "Running")
    wait_until(lambda: _used(kube, team) == "20", 20, "the quota counts them")
    kube.create(connected("second", team, 10))
    kube.create(connected("stranger", namespace, 1))
    wait_until(lambda: "InsufficientQuota" in (kube.get("v1/Pod", "second", team)["metadata"]
                                               .get("annotations", {}).get("berth.dev/explain", "")),
               20, "the second says why it waits")

    def refused_everywhere() -> bool:
        found = condition(kube.get("v1/Pod", "stranger", namespace), "PodScheduled")
        return bool(found) and found["status"] == "False" and "NotAdmitted" in found["message"]
    wait_until(refused_everywhere, 20, "a pod that Berth does not manage gets none")
    kube.delete("v1/Pod", "first", team)
    wait_phase(kube, "second", team, "Running")


def test_a_request_that_can_do_with_less_gets_what_there_is(kube, team):
    ask(kube, team, "first", CONNECTIONS, 20)
    wait_until(lambda: is_true(kube, team, "first", "Allocated"), 20, "the first is allocated")
    ask(kube, team, "elastic", CONNECTIONS, 2, count=10, minCount=2)  # 5 of 25 are left
    wait_until(lambda: is_true(kube, team, "elastic", "Allocated"), 20, "the second is, in part")
    given = kube.get(KIND, "elastic", team)["status"]
    assert given["grantedCount"] == 2
    assert [row["count"] for row in given["allocations"]] == [2]
    wait_until(lambda: _used(kube, team) == "24", 20, "the quota counts what was given")


def _used(kube: ApiClient, quota: str) -> str:
    pools = kube.get(berth_kinds.QUOTA, quota).get("status", {}).get("pools", [])
    return next((resource["used"] for pool in pools for resource in pool["resources"]
                 if resource["name"] == CONNECTIONS), "")
