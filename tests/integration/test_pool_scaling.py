"""Pools in mode Auto on a real cluster: the analyzer scales what is there of their providers."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from harness import objects
from harness.kube import ApiClient, Object, condition, wait_condition, wait_until
from harness.programs import Programs

from berth_controlplane.berth import BerthOptions
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster
from berth_controlplane.nodes import NodeShape
from berth_controlplane.tools import ensure_helm

ANALYZER = "berth-analyzer"
NAMESPACE = "berth-system"
NODE_POOL = "karpenter.sh/v1/NodePool"
MACHINES = "cluster.x-k8s.io/v1beta2/MachineDeployment"
POOL = "berth.dev/v1alpha1/ResourcePool"
POLICY = "berth.dev/v1alpha1/ScalingPolicy"
RECOMMENDATION = "berth.dev/v1alpha1/ScalingRecommendation"
CHART = Path(__file__).resolve().parents[2] / "helm" / "berth"
DEFINITIONS = (Path(__file__).with_name("cluster_api.yaml"),
               Path(__file__).with_name("karpenter.yaml"))
EXAMPLE = Path(__file__).with_name("grow_a_pool.yaml")
AUTOSCALED = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"
# metrics-server scrapes every 10 s, the analyzer asks as often; it wants half of ten samples.
ADVICE_SECONDS = 150
CORES = 4


@pytest.fixture
def analyzer(cluster: Cluster, programs_folder: Path, programs: Programs) -> Iterator[None]:
    """The analyzer, acting, with the rights that the chart gives it for both providers."""
    kube = cluster.kube
    berth_up(cluster, BerthOptions(programs_folder, programs=()), print)
    definitions = [definition for file in DEFINITIONS
                   for definition in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    for definition in definitions:
        kube.apply(definition)
        wait_condition(kube, "apiextensions.k8s.io/v1/CustomResourceDefinition",
                       definition["metadata"]["name"], None, "Established")
    for right in rights_of_the_chart():
        kube.apply(right)
    programs.start(ANALYZER, "--interval-seconds=10", "--leader-elect=false", "--act=true",
                   service_account=f"{NAMESPACE}/{ANALYZER}")
    yield
    programs.stop_all()
    for definition in definitions:
        kube.delete("apiextensions.k8s.io/v1/CustomResourceDefinition",
                    definition["metadata"]["name"])


def rights_of_the_chart() -> list[Object]:
    """The ClusterRole of an analyzer that acts on pools, under a name of its own."""
    done = subprocess.run(
        [ensure_helm(print), "template", "berth", CHART, "--namespace", NAMESPACE,
         "--set", "gate.mode=Policy,analyzer.act=true,analyzer.poolProviders.clusterAPI=true",
         "--set", "analyzer.poolProviders.karpenter=true",
         "--show-only", "templates/rbac-analyzer.yaml"],
        check=True, capture_output=True, text=True)
    documents = [one for one in yaml.safe_load_all(done.stdout)
                 if one and one["kind"] in ("ClusterRole", "ClusterRoleBinding")]
    for document in documents:
        document["metadata"]["name"] = "test-pool-scaling"
        if document["kind"] == "ClusterRoleBinding":
            document["roleRef"]["name"] = "test-pool-scaling"
    return documents


@pytest.fixture
def busy_pool(cluster: Cluster, kube: ApiClient, namespace: str) -> Iterator[str]:
    """Two nodes of a pool that is grown by machines, nearly all of whose cpu is used; its name."""
    name = f"grown-{uuid.uuid4().hex[:6]}"
    shape = NodeShape(prefix=name, labels={"berth.dev/pool": name},
                      capacity={"cpu": str(CORES), "memory": "64Gi", "pods": "110"})
    nodes = cluster.add_nodes(2, shape)
    for node in nodes:
        kube.create(objects.pod(f"busy-{node}", namespace, requests={"cpu": "1", "memory": "1Gi"},
                                annotations={objects.USAGE_CPU: f"{CORES * 950}m",
                                             objects.USAGE_MEMORY: "1Gi"}, nodeName=node))
    yield name
    for node in kube.list("v1/Node", labelSelector=f"berth.dev/pool={name}"):
        kube.delete("v1/Node", node["metadata"]["name"])
    kube.delete(POOL, name)


def machines(namespace: str, **annotations: str) -> Object:
    """A MachineDeployment of two machines."""
    return {"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineDeployment",
            "metadata": {"name": "workers", "namespace": namespace, "annotations": annotations},
            "spec": {"clusterName": "here", "replicas": 2}}


def say_ready(kube: ApiClient, namespace: str, count: int) -> None:
    """As Cluster API's controller: so many machines are there, and all are ready."""
    found = kube.get(MACHINES, "workers", namespace)
    kube.patch(MACHINES, "workers", {"status": {
        "observedGeneration": found["metadata"]["generation"], "replicas": count,
        "readyReplicas": count}}, namespace, "status")


def grow(kube: ApiClient, name: str, namespace: str, nodes_max: int) -> None:
    """The pool and the policy of the documentation, for these nodes and machines."""
    pool, policy = yaml.safe_load_all(EXAMPLE.read_text(encoding="utf-8"))
    pool["metadata"]["name"] = name
    pool["spec"]["nodeSelector"]["matchLabels"]["berth.dev/pool"] = name
    pool["spec"]["elastic"] |= {"minNodes": 1, "maxNodes": nodes_max, "cooldownSeconds": 0}
    pool["spec"]["elastic"]["providerRef"]["namespace"] = namespace
    policy["metadata"] = {"name": name, "namespace": namespace}
    policy["spec"]["targetRef"]["name"] = name
    policy["spec"]["cooldownSeconds"] = 0
    kube.create(pool)
    kube.create(policy)


def asked(kube: ApiClient, namespace: str) -> int:
    """How many machines are asked for."""
    return kube.get(MACHINES, "workers", namespace)["spec"]["replicas"]


def applied(kube: ApiClient, namespace: str) -> tuple[str, str] | None:
    """What the newest recommendation that was carried out says of that."""
    for found in kube.list(RECOMMENDATION, namespace):
        said = condition(found, "Applied")
        if "carriedOut" in found.get("status", {}) and said:
            return said["status"], said["reason"]
    return None


def test_a_busy_pool_gets_machines_within_its_bounds_and_waits_for_their_nodes(
        analyzer: None, cluster: Cluster, kube: ApiClient, namespace: str, busy_pool: str) -> None:
    kube.create(machines(namespace))
    say_ready(kube, namespace, 2)
    grow(kube, busy_pool, namespace, nodes_max=3)
    wait_until(lambda: asked(kube, namespace) == 3, ADVICE_SECONDS, "a machine is asked for")
    found, = [one for one in kube.list(RECOMMENDATION, namespace)
              if "carriedOut" in one.get("status", {})]
    carried = found["status"]["carriedOut"]
    assert carried["nodes"] == {"from": 2, "to": 3}
    assert json.loads(carried["undoPatch"]) == {"spec": {"replicas": 2}}
    assert applied(kube, namespace) == ("False", "NodesPending")
    wait_until(lambda: any(event["reason"] == "PoolGrown"
                           and event["regarding"].get("name") == busy_pool
                           for event in kube.list("events.k8s.io/v1/Event")), 30,
               "an event tells of it")
    assert "lastAppliedAt" in kube.get(POLICY, busy_pool, namespace)["status"]
    cluster.add_nodes(1, NodeShape(prefix=busy_pool, labels={"berth.dev/pool": busy_pool},
                                   capacity={"cpu": str(CORES), "memory": "64Gi", "pods": "110"}))
    say_ready(kube, namespace, 3)
    wait_until(lambda: applied(kube, namespace) in (("True", "Applied"),
                                                    ("False", "BoundsReached")), 60,
               "it is seen that the node has come")
    assert asked(kube, namespace) == 3


def test_machines_that_another_autoscaler_owns_are_left_to_it(
        analyzer: None, kube: ApiClient, namespace: str, busy_pool: str) -> None:
    kube.create(machines(namespace, **{AUTOSCALED: "5"}))
    say_ready(kube, namespace, 2)
    grow(kube, busy_pool, namespace, nodes_max=5)
    wait_until(lambda: any(one["spec"]["kind"] == "GrowPool"
                           and (condition(one, "Applied") or {}).get("reason")
                           == "ScaledByAutoscaler"
                           for one in kube.list(RECOMMENDATION, namespace)), ADVICE_SECONDS,
               "the recommendation says who scales the machines")
    said = condition(kube.get(POLICY, busy_pool, namespace), "Acting")
    assert said and said["reason"] == "ScaledByAutoscaler"
    assert asked(kube, namespace) == 2


def test_a_busy_pool_of_karpenter_has_its_limits_raised(
        analyzer: None, kube: ApiClient, namespace: str, busy_pool: str) -> None:
    kube.create({"apiVersion": "karpenter.sh/v1", "kind": "NodePool",
                 "metadata": {"name": busy_pool},
                 "spec": {"limits": {"cpu": 2 * CORES, "memory": "9000Gi"}}})
    kube.patch(NODE_POOL, busy_pool, {"status": {"resources": {
        "cpu": str(2 * CORES), "memory": "128Gi", "nodes": "2"}}}, subresource="status")
    grow(kube, busy_pool, namespace, nodes_max=3)
    kube.patch(POOL, busy_pool, {"spec": {"elastic": {
        "provider": "Karpenter",
        "providerRef": {"name": busy_pool, "kind": "NodePool", "namespace": None}}}})
    limits = wait_until(
        lambda: (found := kube.get(NODE_POOL, busy_pool)["spec"]["limits"])["cpu"] != 2 * CORES
        and found, ADVICE_SECONDS, "the limit is raised")
    assert limits == {"cpu": str(3 * CORES), "memory": "9000Gi"}
    assert applied(kube, namespace) == ("False", "NodesPending")
    kube.delete(NODE_POOL, busy_pool)
