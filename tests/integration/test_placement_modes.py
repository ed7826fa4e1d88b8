"""Placement modes on a real control plane: pins, nominations, and pods that lose their candidates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, wait_gone, wait_phase, wait_until
from harness.programs import LEADS_AT_ONCE, failpoints
from harness.world import node_shape, pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster
from berth_controlplane.nodes import NodeShape

NODES = 6
NODE_CPU = 8
# Of more than 100 nodes kube-scheduler looks at some.
NODES_BESIDE = 250
# No scheduler has this name: a pod that asks for it is admitted and stays where it is.
NOBODY = "no-such-scheduler"


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Berth without its operator, and a pool of nodes of its own."""
    with pool_of_nodes(cluster, programs_folder, NODES, NODE_CPU) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name: 40 cpu."""
    with quota_of_its_own(kube, managed_namespace, pool, 40) as name:
        yield name


def pinned_nodes(pod: dict) -> set[str]:
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    return {field["values"][0] for term in required.get("nodeSelectorTerms", [])
            for field in term.get("matchFields", [])}


def job(name: str, namespace: str, scheduler: str | None = None) -> dict:
    made = objects.job(name, namespace, parallelism=1, requests={"cpu": "2"},
                       annotations={objects.RUN_SECONDS: "600"})
    if scheduler is not None:
        made["spec"]["template"]["spec"]["schedulerName"] = scheduler
    return made


def pods_of(kube: ApiClient, name: str, namespace: str) -> list[dict]:
    return kube.list("v1/Pod", namespace, labelSelector=f"batch.kubernetes.io/job-name={name}")


def admitted_pod(kube: ApiClient, name: str, namespace: str) -> dict:
    """The one pod of the Job, once its gate is gone."""
    def is_admitted() -> bool:
        pods = pods_of(kube, name, namespace)
        return len(pods) == 1 and not pods[0]["spec"].get("schedulingGates")

    wait_until(is_admitted, 30, f"the pod of {name} is admitted")
    return pods_of(kube, name, namespace)[0]


def test_a_pod_of_a_job_is_pinned_and_runs_on_one_of_its_candidates(kube, team, pool, programs):
    programs.start_operator(*LEADS_AT_ONCE)
    kube.create(job("pinned", team))
    pod = admitted_pod(kube, "pinned", team)
    record = json.loads(pod["metadata"]["annotations"][berth_kinds.ADMITTED])
    assert record["mode"] == "Candidates"
    assert pinned_nodes(pod) == set(record["nodes"])
    assert len(record["nodes"]) == 4
    wait_phase(kube, pod["metadata"]["name"], team, "Running")
    assert kube.get("v1/Pod", pod["metadata"]["name"], team)["spec"]["nodeName"] in record["nodes"]


def test_a_nominated_pod_runs_on_the_node_that_was_named(kube, team, pool, programs):
    programs.start_operator(*LEADS_AT_ONCE, "--placement-mode=Nominate")
    kube.create(objects.pod("named", team, requests={"cpu": "2"}))
    wait_phase(kube, "named", team, "Running")
    record = json.loads(berth_kinds.annotation(kube, "named", team, berth_kinds.ADMITTED))
    assert record["mode"] == "Nominate"
    assert kube.get("v1/Pod", "named", team)["spec"]["nodeName"] == record["nodes"][0]


@pytest.mark.parametrize("loss", ["cordoned", "filled", "deleted"])
def test_losing_every_candidate_before_binding_strands_no_pod(kube, cluster, team, pool, programs,
                                                              loss, namespace):
    """A pod that waits for its scheduler loses its four candidates, and comes back on others."""
    programs.start_operator(*LEADS_AT_ONCE)
    kube.create(job("unlucky", team, scheduler=NOBODY))
    first = admitted_pod(kube, "unlucky", team)
    lost = pinned_nodes(first)
    assert len(lost) == 4
    try:
        for node in lost:
            lose(kube, node, loss, namespace)
        wait_until(lambda: [pod for pod in pods_of(kube, "unlucky", team)
                            if pod["metadata"]["uid"] != first["metadata"]["uid"]
                            and not pod["spec"].get("schedulingGates")], 60,
                   "the Job made the pod again, and it is admitted")
        again = [pod for pod in pods_of(kube, "unlucky", team)
                 if pod["metadata"]["uid"] != first["metadata"]["uid"]][0]
        assert not pinned_nodes(again) & lost
        events = kube.list("events.k8s.io/v1/Event", team)
        assert any(event["reason"] == "CandidatesLost" for event in events)
    finally:
        bring_back(kube, cluster, lost, loss, pool, namespace)


def test_a_pod_without_candidates_comes_back_however_often_the_operator_dies(
        kube, cluster, team, pool, die_at, programs_folder, namespace):
    """F20, of what test_losing_every_candidate_before_binding_strands_no_pod walks through."""
    for failpoint in failpoints(programs_folder, "Stranding"):
        name = failpoint.lower()
        lost: set[str] = set()

        def lose_all(name: str = name, lost: set[str] = lost) -> None:
            kube.create(job(name, team, scheduler=NOBODY))
            lost.update(pinned_nodes(admitted_pod(kube, name, team)))
            for node in lost:
                lose(kube, node, "cordoned", namespace)

        try:
            die_at(failpoint, lose_all)
            wait_until(lambda name=name, lost=lost: [
                pod for pod in pods_of(kube, name, team) if not pod["spec"].get("schedulingGates")
                and not pinned_nodes(pod) & lost and "deletionTimestamp" not in pod["metadata"]],
                60, f"the pod of {name} is admitted without what it lost")
        finally:
            bring_back(kube, cluster, lost, "cordoned", pool, namespace)
        assert len([pod for pod in pods_of(kube, name, team)
                    if "deletionTimestamp" not in pod["metadata"]]) == 1


def lose(kube: ApiClient, node: str, loss: str, namespace: str) -> None:
    if loss == "cordoned":
        kube.patch("v1/Node", node, {"spec": {"unschedulable": True}})
    elif loss == "deleted":
        kube.delete("v1/Node", node)
    else:  # by a pod that asked nobody
        kube.create(objects.pod(f"intruder-{node}", namespace, requests={"cpu": str(NODE_CPU)},
                                nodeName=node))


def bring_back(kube: ApiClient, cluster: Cluster, lost: set[str], loss: str, pool: str,
               namespace: str) -> None:
    if loss == "deleted":
        cluster.add_nodes(len(lost), node_shape(pool, pool, NODE_CPU))
    for node in lost:
        if loss == "cordoned":
            kube.patch("v1/Node", node, {"spec": {"unschedulable": False}})
        elif loss == "filled":
            kube.delete("v1/Pod", f"intruder-{node}", namespace)
            wait_gone(kube, "v1/Pod", f"intruder-{node}", namespace)


@pytest.fixture
def many_nodes(kube: ApiClient, cluster: Cluster) -> Iterator[None]:
    """So many nodes beside the pool's that kube-scheduler looks at a sample of them."""
    names = cluster.add_nodes(NODES_BESIDE, NodeShape("beside", {"cpu": "64", "memory": "256Gi",
                                                                 "pods": "110"}))
    yield
    for name in names:
        kube.delete("v1/Node", name)


@pytest.mark.usefixtures("many_nodes")
def test_where_the_scheduler_looks_at_a_sample_pods_still_find_their_pool(kube, team, pool, programs):
    programs.start_operator(*LEADS_AT_ONCE)
    labels = {"berth.dev/workload": "gang", "berth.dev/workload-size": "3"}
    gang = [f"member-{i}" for i in range(3)]
    for name in ("bare-0", "bare-1", *gang):  # each needs a node for itself
        kube.create(objects.pod(name, team, requests={"cpu": str(NODE_CPU)},
                                labels=labels if name in gang else {}))
    for name in ("bare-0", "bare-1", *gang):
        wait_phase(kube, name, team, "Running")
        pod = kube.get("v1/Pod", name, team)
        affinity = pod["spec"]["affinity"]["nodeAffinity"]
        required = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
        assert required["nodeSelectorTerms"] == [{"matchExpressions": [
            {"key": berth_kinds.POOL_LABEL, "operator": "In", "values": [pool]}]}]
        node = kube.get("v1/Node", pod["spec"]["nodeName"])
        assert node["metadata"]["labels"][berth_kinds.POOL_LABEL] == pool
