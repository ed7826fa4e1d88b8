"""What most tests stand on: a pool with nodes of its own, and teams with quotas in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from berth_controlplane.berth import EXTENDER, BerthOptions
from berth_controlplane.berth import down as berth_down
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster
from berth_controlplane.nodes import NodeShape

from . import berth_objects as berth_kinds
from .kube import ApiClient, Object

# Each test starts its own operator, with its own flags.
WITHOUT_OPERATOR = (EXTENDER,)


@contextmanager
def pool_of_nodes(cluster: Cluster, programs_folder: Path, nodes: int, cpu: int,
                  programs: tuple[str, ...] = WITHOUT_OPERATOR,
                  more_resources: tuple[Object, ...] = ()) -> Iterator[str]:
    """Some of Berth's programs, and a pool of new nodes that nobody else has; its name."""
    name = f"pool-{uuid.uuid4().hex[:6]}"
    with berth_programs(cluster, programs_folder, programs):
        cluster.add_nodes(nodes, node_shape(name, name, cpu))
        with pool_object(cluster.kube, name, more_resources):
            yield name


@contextmanager
def berth_programs(cluster: Cluster, programs_folder: Path,
                   programs: tuple[str, ...] = WITHOUT_OPERATOR) -> Iterator[None]:
    """Berth's definitions and policies, and some of its programs."""
    berth_up(cluster, BerthOptions(programs_folder, programs=programs), print)
    yield
    berth_down(cluster)


@contextmanager
def pool_object(kube: ApiClient, name: str, more_resources: tuple[Object, ...] = ()) -> Iterator[None]:
    """The ResourcePool of the nodes that are labelled with its name."""
    described = berth_kinds.pool(name)
    described["spec"]["resources"] += more_resources
    kube.create(described)
    yield
    kube.delete(berth_kinds.POOL, name)


def node_shape(name: str, pool: str, cpu: int, labels: dict[str, str] | None = None) -> NodeShape:
    """Nodes of a pool."""
    return NodeShape(name, {"cpu": str(cpu), "memory": "32Gi", "pods": "110"},
                     {berth_kinds.POOL_LABEL: pool, **(labels or {})})


@contextmanager
def quota_of_its_own(kube: ApiClient, namespace: str, pool: str, cpu: int,
                     more_resources: tuple[Object, ...] = ()) -> Iterator[str]:
    """A quota of the namespace's name, for it alone; that name."""
    quota = berth_kinds.quota(namespace, [namespace], pool, cpu)
    quota["spec"]["pools"][0]["resources"] += more_resources
    kube.create(quota)
    yield namespace
    kube.delete(berth_kinds.QUOTA, namespace)


@contextmanager
def two_teams(kube: ApiClient, pool: str, owner_cpu: int, guest_cpu: int) -> Iterator[tuple[str, str]]:
    """Two managed namespaces whose quotas lend each other what they do not use."""
    mark = uuid.uuid4().hex[:6]
    root, owner, guest = f"root-{mark}", f"owner-{mark}", f"guest-{mark}"
    kube.create(berth_kinds.quota(root, [], pool, 0))
    for name, cpu in ((owner, owner_cpu), (guest, guest_cpu)):
        kube.create({"apiVersion": "v1", "kind": "Namespace",
                     "metadata": {"name": name, "labels": {"berth.dev/managed": "true"}}})
        kube.create(berth_kinds.quota(name, [name], pool, cpu, parent=root))
    yield owner, guest
    for name in (owner, guest):
        kube.delete(berth_kinds.QUOTA, name)
        kube.delete("v1/Namespace", name)
    kube.delete(berth_kinds.QUOTA, root)
