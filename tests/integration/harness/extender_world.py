"""What the tests of the extender share: a pool of nodes with operator and extender beside it, a managed
and an unmanaged namespace, and questions about pods and metrics. Test files import the fixtures."""

from __future__ import annotations

import json
import re
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from berth_controlplane.berth import EXTENDER, OPERATOR, BerthOptions
from berth_controlplane.berth import down as berth_down
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster
from berth_controlplane.nodes import NodeShape

from . import berth_objects as berth_kinds
from . import objects
from .kube import ApiClient, wait_until

NODES = 3
NODE_CPU = 8
FIRST = "extender-first"
LAST = "extender-last"
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Operator and extender, asked for all four verbs, and a pool of nodes that only the pods of one
    test file select."""
    berth_up(cluster, BerthOptions(programs_folder, programs=(OPERATOR, EXTENDER)), print)
    let_it_bind(cluster)
    name = f"pool-{uuid.uuid4().hex[:6]}"
    cluster.add_nodes(NODES, NodeShape(name, {"cpu": str(NODE_CPU), "memory": "32Gi",
                                              "pods": "110"}, {berth_kinds.POOL_LABEL: name}))
    cluster.kube.create(berth_kinds.pool(name))
    for priority_class, value in ((FIRST, 10), (LAST, -10)):
        cluster.kube.apply({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                            "metadata": {"name": priority_class}, "value": value})
    yield name
    cluster.kube.delete(berth_kinds.POOL, name)
    for node in cluster.kube.list("v1/Node", labelSelector=f"{berth_kinds.POOL_LABEL}={name}"):
        cluster.kube.delete("v1/Node", node["metadata"]["name"])
    berth_down(cluster)


def let_it_bind(cluster: Cluster) -> None:
    """As the chart's scheduler.ignorable=false: the verb for kube-scheduler, the right for the extender."""
    for document in (
            {"kind": "ClusterRole", "rules": [
                {"apiGroups": [""], "resources": ["pods/binding"], "verbs": ["create"]}]},
            {"kind": "ClusterRoleBinding",
             "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "extender-binds"},
             "subjects": [{"kind": "ServiceAccount", "name": EXTENDER,
                           "namespace": "berth-system"}]}):
        cluster.kube.apply({"apiVersion": f"{RBAC}/v1", "metadata": {"name": "extender-binds"},
                            **document})
    config = scheduler_config_of(cluster)
    config["extenders"][0]["bindVerb"] = "bind"
    cluster.configure_scheduler(config)


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name, larger than the pool."""
    kube.create(berth_kinds.quota(managed_namespace, [managed_namespace], pool,
                                  10 * NODES * NODE_CPU))
    yield managed_namespace
    clear(kube, managed_namespace)
    kube.delete(berth_kinds.QUOTA, managed_namespace)


@pytest.fixture
def web(kube: ApiClient, namespace: str, pool: str) -> Iterator[str]:
    """A namespace that Berth does not manage."""
    yield namespace
    clear(kube, namespace)


def clear(kube: ApiClient, namespace: str) -> None:
    for pod in kube.list("v1/Pod", namespace):
        kube.delete("v1/Pod", pod["metadata"]["name"], namespace, gracePeriodSeconds=0)
    wait_until(lambda: not kube.list("v1/Pod", namespace), 60, f"no pods in {namespace}")


def create(kube: ApiClient, namespace: str, pool: str, name: str, cpu: str = "100m",
           **fields: object) -> str:
    kube.create(objects.pod(name, namespace, requests={"cpu": cpu},
                            nodeSelector={berth_kinds.POOL_LABEL: pool}, **fields))
    return name


def create_many(kube: ApiClient, namespace: str, pool: str, count: int) -> list[str]:
    names = [f"pod-{number:03}" for number in range(count)]
    kube.create_many(objects.pod(name, namespace, requests={"cpu": "50m"},
                                 nodeSelector={berth_kinds.POOL_LABEL: pool}) for name in names)
    return names


def node_of(kube: ApiClient, namespace: str, name: str) -> str:
    return str(kube.get("v1/Pod", name, namespace)["spec"].get("nodeName", ""))


def wait_bound(kube: ApiClient, namespace: str, name: str, seconds: float = 60) -> str:
    return wait_until(lambda: node_of(kube, namespace, name), seconds,
                      lambda: f"{name} is bound: {kube.get('v1/Pod', name, namespace)['status']}")


def wait_all_bound(kube: ApiClient, namespace: str, count: int, seconds: float = 120) -> None:
    def bound() -> int:
        return sum(1 for pod in kube.list("v1/Pod", namespace) if pod["spec"].get("nodeName"))

    wait_until(lambda: bound() == count, seconds, lambda: f"{count} pods are bound: {bound()}")


def metric(cluster: Cluster, name: str, component: str = EXTENDER, **labels: str) -> float:
    """The sum of all series of a metric with these labels."""
    probe = urlsplit(cluster.record(component).probe_url)
    text = urllib.request.urlopen(f"http://{probe.netloc}/metrics", timeout=10).read().decode()
    total = 0.0
    for line in text.splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if match and all(f'{key}="{value}"' in (match[1] or "") for key, value in labels.items()):
            total += float(match[2])
    return total


def calls(cluster: Cluster, verb: str, outcome: str, component: str = EXTENDER) -> float:
    return metric(cluster, "berth_extender_request_duration_seconds_count", component, verb=verb,
                  outcome=outcome)


def scheduler_config_of(cluster: Cluster) -> dict:
    """The configuration that kube-scheduler runs with."""
    path = next(word.partition("=")[2] for word in cluster.record("scheduler").command
                if word.startswith("--config="))
    return json.loads(Path(path).read_text(encoding="utf-8"))


def flag(cluster: Cluster, name: str) -> str:
    """The value of a flag that the extender was started with."""
    return next(word.partition("=")[2] for word in cluster.record(EXTENDER).command
                if word.startswith(f"{name}="))
