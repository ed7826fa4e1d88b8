"""Rules of an AllocationPolicy on a real control plane: required, forbidden, chosen by expression."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, wait_phase, wait_until
from harness.programs import LEADS_AT_ONCE
from harness.world import berth_programs, node_shape, pool_object, quota_of_its_own

from berth_controlplane.cluster import Cluster

POLICY = "berth.dev/v1alpha1/AllocationPolicy"
REGION = "example.com/region"
SPOT = "karpenter.sh/capacity-type"
IN_EUROPE = {"requireNodeLabels": [{"key": REGION, "values": ["eu"]}]}


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """A pool of two nodes in region us, two in eu, and two in eu that are spot nodes."""
    name = f"rules-{uuid.uuid4().hex[:6]}"
    with berth_programs(cluster, programs_folder):
        for part, labels in {"us": {REGION: "us"}, "eu": {REGION: "eu"},
                             "spot": {REGION: "eu", SPOT: "spot"}}.items():
            cluster.add_nodes(2, node_shape(f"{name}-{part}", name, 8, labels))
        with pool_object(cluster.kube, name):
            yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str, programs) -> Iterator[str]:
    """A managed namespace with a quota of its own name, and an operator."""
    with quota_of_its_own(kube, managed_namespace, pool, 48) as name:
        programs.start_operator(*LEADS_AT_ONCE)
        yield name


@pytest.fixture
def rule(kube: ApiClient, pool: str) -> Iterator[object]:
    """Makes a policy of one rule for the pool and waits until the operator has read it."""
    def make(effect: dict, match: dict | None = None, ready: str = "True") -> None:
        kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "AllocationPolicy",
                    "metadata": {"name": pool},
                    "spec": {"poolRefs": [{"name": pool}],
                             "rules": [{"name": "the-rule", "match": match or {},
                                        "effect": effect}]}})
        wait_until(lambda: (condition(kube.get(POLICY, pool), "Ready") or {}).get("status")
                   == ready, 30, f"the policy's Ready is {ready}")

    yield make
    kube.delete(POLICY, pool)


def labels_under(kube: ApiClient, name: str, namespace: str) -> dict[str, str]:
    """The labels of the node that the pod runs on."""
    wait_phase(kube, name, namespace, "Running")
    node = kube.get("v1/Pod", name, namespace)["spec"]["nodeName"]
    return kube.get("v1/Node", node)["metadata"]["labels"]


def demands(pod: dict) -> list[tuple[str, str]]:
    """Key and operator of each expression in the pod's required node affinity, but for the pool's."""
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    return [(expression["key"], expression["operator"])
            for term in required.get("nodeSelectorTerms", [])
            for expression in term.get("matchExpressions", [])
            if expression["key"] != berth_kinds.POOL_LABEL]


def create_pods(kube: ApiClient, namespace: str, names: list[str], **fields) -> None:
    for name in names:
        kube.create(objects.pod(name, namespace, requests={"cpu": "2"}, **fields))


def test_required_and_forbidden_labels_hold_and_are_in_the_affinity(kube, team, rule):
    rule({**IN_EUROPE, "spot": "Forbid"})
    names = [f"p{number}" for number in range(4)]
    create_pods(kube, team, names)
    for name in names:
        labels = labels_under(kube, name, team)
        assert labels[REGION] == "eu" and SPOT not in labels
        pod = kube.get("v1/Pod", name, team)
        assert {(REGION, "In"), (SPOT, "NotIn")} <= set(demands(pod))
        record = json.loads(pod["metadata"]["annotations"][berth_kinds.ADMITTED])
        assert record["rules"] == ["the-rule"]


def test_a_rule_is_for_the_pods_that_its_expression_holds_for(kube, team, rule):
    rule({"forbidNodeLabels": [{"key": REGION, "values": ["eu"]}]},
         {"expression": "has(pod.labels.tier) && pod.labels.tier in ['web', 'api']"})
    create_pods(kube, team, ["web"], labels={"tier": "web"})
    create_pods(kube, team, ["batch"], labels={"tier": "batch"})
    assert labels_under(kube, "web", team)[REGION] == "us"
    wait_phase(kube, "batch", team, "Running")
    assert demands(kube.get("v1/Pod", "batch", team)) == []


def test_work_that_rules_leave_no_node_waits_and_names_the_rule(kube, team, rule):
    rule({"requireNodeLabels": [{"key": REGION, "values": ["moon"]}]})
    create_pods(kube, team, ["nowhere"])
    wait_until(lambda: "rule the-rule" in berth_kinds.annotation(
        kube, "nowhere", team, berth_kinds.EXPLAIN), 30, "the pod names the rule")
    assert berth_kinds.annotation(kube, "nowhere", team,
                                  berth_kinds.EXPLAIN).startswith("ForbiddenByRule")


def test_a_broken_expression_is_a_condition_and_its_demands_count(kube, team, pool, rule):
    rule(IN_EUROPE, {"expression": "pod.nme == 'x'"}, ready="False")
    ready = condition(kube.get(POLICY, pool), "Ready")
    assert ready["reason"] == "InvalidRule"
    assert ready["message"].startswith(
        "rule the-rule: match.expression: column 5: unknown field pod.nme")
    create_pods(kube, team, ["careful"])
    assert labels_under(kube, "careful", team)[REGION] == "eu"
