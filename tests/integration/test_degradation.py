"""What a pool gives up by measured use (T3), on a real control plane: metrics-server measures, the
analyzer finds the level, the operator takes the steps, and calm ends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.analyzer import ANALYZER, POLICY
from harness.kube import ApiClient, condition, live_pods, running_pods, wait_until
from harness.programs import EVICTS_SOON, Programs
from harness.world import pool_of_nodes, two_teams

from berth_controlplane.cluster import Cluster

NODE_CPU = 8
CONNECTIONS = {"name": "connections", "kind": "Virtual", "capacity": 100}
# metrics-server scrapes every 10 s, as often as the analyzer asks.
MEASURED_SECONDS = 90
STEP_SECONDS = 120  # between two that are taken or given back


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """A pool of one node of its own, and of connections that no node has."""
    with pool_of_nodes(cluster, programs_folder, 1, NODE_CPU, more_resources=(CONNECTIONS,)) as name:
        yield name


@pytest.fixture
def teams(kube: ApiClient, pool: str, programs: Programs) -> Iterator[tuple[str, str]]:
    """Two managed namespaces whose quotas of 4 cpu lend each other what they do not use."""
    programs.start_operator(*EVICTS_SOON)
    programs.start(ANALYZER, "--interval-seconds=10", "--leader-elect=false", "--act=true",
                   service_account=f"berth-system/{ANALYZER}")
    with two_teams(kube, pool, 4, 4) as names:
        yield names


def policy(pool: str, steps: list[str]) -> dict:
    """Gives up those steps from half of the cpu on, far below what throttles by itself."""
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "ScalingPolicy",
            "metadata": {"name": pool, "namespace": "berth-system"},
            "spec": {"targetRef": {"kind": "ResourcePool", "name": pool}, "mode": "Auto",
                     "thresholds": {"cpu": {"warningPercent": 50, "criticalPercent": 98,
                                            "emergencyPercent": 99}},
                     "degradation": [{"level": "Warning", "steps": steps}]}}


def given_up(kube: ApiClient, pool: str) -> list[str]:
    return kube.get(berth_kinds.POOL, pool)["status"].get("degradation", {}).get("steps", [])


def use_cpu(kube: ApiClient, name: str, namespace: str, cpu: str) -> None:
    kube.patch("v1/Pod", name, {"metadata": {"annotations": {objects.USAGE_CPU: cpu}}}, namespace)


def test_a_hot_pool_holds_admissions_and_takes_them_again_once_it_is_calm(kube, pool, teams):
    """T3: HoldAdmissions, while the use of a pod that nobody manages is above the level."""
    owner, _ = teams
    node, = kube.list("v1/Node", labelSelector=f"{berth_kinds.POOL_LABEL}={pool}")
    kube.create(objects.pod("hot", "default", requests={"cpu": "1"},
                            annotations={objects.USAGE_CPU: "5", objects.USAGE_MEMORY: "1Gi"},
                            nodeName=node["metadata"]["name"]))
    kube.create(policy(pool, ["HoldAdmissions"]))
    wait_until(lambda: given_up(kube, pool) == ["HoldAdmissions"], MEASURED_SECONDS,
               "the pool holds admissions")
    kube.create(objects.pod("waits", owner, requests={"cpu": "1"}))
    why = wait_until(lambda: berth_kinds.annotation(kube, "waits", owner, berth_kinds.EXPLAIN), 30,
                     "it is said why it waits")
    assert "admits nobody until then" in why and "to fall below 45 %" in why
    degraded = wait_until(lambda: condition(kube.get(berth_kinds.POOL, pool), "Degraded"), 10,
                          "the pool says so")
    assert degraded["message"] == "degradation is Warning: HoldAdmissions"
    level = kube.get(POLICY, pool, "berth-system")["status"]["level"]
    assert level == "Warning"

    use_cpu(kube, "hot", "default", "1")
    wait_until(lambda: not given_up(kube, pool), MEASURED_SECONDS + STEP_SECONDS, "the pool is calm")
    wait_until(lambda: berth_kinds.annotation(kube, "waits", owner, berth_kinds.ADMITTED), 30,
               "it is admitted")
    kube.delete(POLICY, pool, "berth-system")
    kube.delete("v1/Pod", "hot", "default")


def test_a_hot_pool_sheds_what_is_borrowed_and_not_what_is_its_quotas_own(kube, pool, teams):
    """T3, P2 b: ShedBorrowed tells the pod that is borrowed, and evicts it after its notice."""
    _, borrower = teams
    kube.create(objects.deployment("work", borrower, replicas=2, requests={"cpu": "4"},
                                   annotations={objects.USAGE_CPU: "3", objects.USAGE_MEMORY: "1Gi"}))
    wait_until(lambda: len(running_pods(kube, borrower)) == 2, 60, "the borrower has all 8 cpu")
    before = {pod["metadata"]["uid"] for pod in running_pods(kube, borrower)}
    kube.create(policy(pool, ["ShedBorrowed"]))
    told = wait_until(lambda: [pod for pod in live_pods(kube, borrower)
                               if berth_kinds.revocable_after(pod)], MEASURED_SECONDS,
                      "what is borrowed is told")
    assert len(told) == 1
    wait_until(lambda: len(before & {pod["metadata"]["uid"] for pod in running_pods(kube, borrower)})
               == 1, 60, "it is evicted")
    notes = [event.get("note", "") for event in kube.list("events.k8s.io/v1/Event", borrower)]
    assert any("is degraded (Warning: measured cpu is at" in note for note in notes), notes
    kube.delete(POLICY, pool, "berth-system")


def test_what_a_component_says_of_its_use_is_the_pools(kube, pool, teams):
    """Usage that is pushed: of what no node has."""
    usage = {"measuredAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "used": {"connections": 37}}
    kube.patch(berth_kinds.POOL, pool,
               {"metadata": {"annotations": {"berth.dev/usage": json.dumps(usage)}}})
    rows = wait_until(lambda: [row for row in kube.get(berth_kinds.POOL, pool)["status"]["resources"]
                               if row["name"].endswith("connections") and "used" in row], 30,
                      "it is taken")
    assert rows[0]["used"] == 37 or rows[0]["used"] == "37"
