"""An upgrade from an older chart and the way back while there is work: nothing that is stored is lost or
changed, no pod is lost, and no call of kube-scheduler fails.

No release of Berth is older than this one yet. The previous chart is this project's own of an earlier
day (previous/), with the definitions, policies and roles of then; the programs are today's.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from chart_under_test import CHART, NAMESPACE
from harness.relay import Relay, relay_to
from harness.steady_caller import SteadyCaller
from local_pods import LocalPods

from berth_controlplane import gate
from berth_controlplane.nodes import NodeShape
from berth_controlplane.ports import HOST
from berth_controlplane.waiting import wait_until

PREVIOUS = Path(__file__).parent / "previous" / "berth-0.0.9.tgz"
OBJECTS = 1000
POOLS = 50
PODS_PER_SECOND = 5
MORE_NODES = 6
WAIT_SECONDS = 120
# Until the Service's endpoints have left out a pod that was told to end.
ENDPOINT_DELAY_SECONDS = 1
CALLS_MIN = 100
TEAM = "team-a"
OPERATOR = "berth-operator"
EXTENDER = "berth-scheduler-extender"
CLIENT = "berth-scheduler-client-tls"
BERTH = "berth.dev/v1alpha1"
OLDER = ("--set", "scheduler.weight=3", "--set", "networkPolicy.enabled=false",
         "--set", "operator.replicas=1")


def stored_objects():
    """A thousand of Berth's objects: one pool and quota that are worked with, and many more."""
    def described(kind, name, spec):
        return {"apiVersion": BERTH, "kind": kind, "metadata": {"name": name}, "spec": spec}

    def share(pool, cpu):
        return [{"poolRef": {"name": pool}, "resources": [{"name": "cpu", "nominal": cpu}]}]

    yield described("ResourcePool", "all", {
        "nodeSelector": {"matchLabels": {"kubernetes.io/os": "linux"}},
        "resources": [{"name": "cpu"}], "strategy": "BestFit"})
    yield described("Quota", TEAM, {"subjects": {"namespaces": [TEAM]}, "pools": share("all", 90)})
    for number in range(1, POOLS):
        yield described("ResourcePool", f"pool-{number}", {
            "nodeSelector": {"matchLabels": {"pool": f"pool-{number}"}},
            "resources": [{"name": "cpu"}], "strategy": "BestFit"})
    for number in range(1, OBJECTS - POOLS):
        yield described("Quota", f"quota-{number}", {
            "subjects": {"namespaces": [f"nobody-{number}"]},
            "pools": share(f"pool-{number % (POOLS - 1) + 1}", 1)})


def stored(kube):
    """What must outlast an upgrade of each object. What a definition fills in is its own affair."""
    described = {(each["kind"], each["metadata"]["name"]): each["spec"]
                 for each in stored_objects()}
    return {key: (each["metadata"]["uid"], told(described[key], each["spec"]))
            for kind in ("ResourcePool", "Quota") for each in kube.list(f"{BERTH}/{kind}")
            for key in [(each["kind"], each["metadata"]["name"])]}


def told(described, found):
    """Of what was found, what was described."""
    if isinstance(described, dict):
        return {key: told(value, found[key]) for key, value in described.items()}
    if isinstance(described, list):
        assert len(found) == len(described)
        return [told(*pair) for pair in zip(described, found, strict=True)]
    return found


class Load:
    """Pods that a team creates at a steady rate."""

    def __init__(self, kube, name: str) -> None:
        self._kube = kube
        self._name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.created = 0
        self.failures: list[str] = []

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        container = {"name": "main", "image": "registry.invalid/x",
                     "resources": {"requests": {"cpu": "50m"}}}
        while not self._stop.wait(1 / PODS_PER_SECOND):
            try:
                self._kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": {
                    "name": f"load{self._name}-{self.created}", "namespace": TEAM},
                    "spec": {"containers": [container]}})
                self.created += 1
            except Exception as problem:  # noqa: BLE001  (whatever it is, the test must tell)
                self.failures.append(repr(problem))


def bound(kube):
    return sum(1 for pod in kube.list("v1/Pod", TEAM) if pod["spec"].get("nodeName"))


@contextmanager
def callers(pods: LocalPods, relay: Relay, secrets: Path) -> Iterator[list[SteadyCaller]]:
    """As kube-scheduler: one that keeps its connection, and one that connects for each call."""
    context = ssl.create_default_context(cafile=str(secrets / "ca.crt"))
    context.check_hostname = False  # the certificate names the Service, which is a relay here
    context.load_cert_chain(secrets / "tls.crt", secrets / "tls.key")
    address = (HOST, relay.port)
    with SteadyCaller(address, context, keep_alive=True) as keeping, \
            SteadyCaller(address, context, keep_alive=False) as connecting:
        yield [keeping, connecting]


def replace_extender(cluster, pods: LocalPods, relay: Relay, old: str, new: str) -> None:
    """As a Deployment does with two replicas: one more, and when it is ready one less."""
    pods.start(EXTENDER, new)
    relay.take_in(pods.port(EXTENDER + new, 8443))
    leaves = threading.Timer(ENDPOINT_DELAY_SECONDS, relay.leave_out,
                             [pods.port(EXTENDER + old, 8443)])
    leaves.start()
    cluster.stop(EXTENDER + old)
    leaves.join()


@pytest.fixture(scope="module")
def pods(cluster, release, programs_folder, tmp_path_factory) -> LocalPods:
    """The older installation at work: a standby for the operator, two extenders."""
    kube = cluster.kube
    if not gate.is_policy(kube):
        pytest.skip("old API servers refuse a definition of the older chart: its rules cost too much")
    release("install", "berth", PREVIOUS, "--create-namespace", *OLDER)
    kube.apply({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": TEAM, "labels": {"berth.dev/managed": "true"}}})
    kube.create_many(stored_objects())
    cluster.add_nodes(MORE_NODES, NodeShape("load"))
    local = LocalPods(cluster, programs_folder, tmp_path_factory.mktemp("pods"))
    local.start(OPERATOR, "-old")
    wait_until(lambda: len(kube.get("v1/Secret", CLIENT, NAMESPACE).get("data", {})) == 3,
               WAIT_SECONDS, "the certificates are made")
    local.start(EXTENDER, "-old-1")
    local.start(EXTENDER, "-old-2")
    return local


@pytest.fixture(scope="module")
def secrets(pods, tmp_path_factory) -> Path:
    """What kube-scheduler shows and trusts."""
    return pods.secret(CLIENT, tmp_path_factory.mktemp("client") / "tls")


@pytest.fixture(scope="module")
def relay(cluster, pods, secrets) -> Iterator[Relay]:
    """The extender's Service; the cluster's scheduler asks it."""
    with relay_to([pods.port(f"{EXTENDER}-old-{number}", 8443) for number in (1, 2)]) as service:
        connect_scheduler(cluster, f"https://{HOST}:{service.port}", secrets)
        yield service


class Change:
    """One release after another, while pods are created and the extender is asked."""

    def __init__(self, cluster, pods: LocalPods, relay: Relay, secrets: Path) -> None:
        self._cluster, self._pods, self._relay, self._secrets = cluster, pods, relay, secrets

    def under_load(self, change, old: str, new: str) -> None:
        """Calls `change`, then puts the pods of `new` in the place of those of `old`."""
        kube = self._cluster.kube
        already = bound(kube)
        before = stored(kube)
        assert len(before) == OBJECTS
        with callers(self._pods, self._relay, self._secrets) as asking, Load(kube, new) as load:
            wait_until(lambda: bound(kube) > already + PODS_PER_SECOND, WAIT_SECONDS, "pods run")
            change()
            self._pods.start(OPERATOR, new)
            self._cluster.stop(f"{OPERATOR}{old}")
            for number in (1, 2):
                replace_extender(self._cluster, self._pods, self._relay, f"{old}-{number}",
                                 f"{new}-{number}")
            seen = bound(kube)
            wait_until(lambda: bound(kube) > seen + PODS_PER_SECOND, WAIT_SECONDS,
                       "pods go on to be admitted and bound")
        wait_until(lambda: bound(kube) == already + load.created, WAIT_SECONDS,
                   lambda: f"{bound(kube) - already} of {load.created} pods are bound")
        assert load.failures == []
        for caller in asking:
            assert caller.failures == []
            assert caller.answered > CALLS_MIN
        assert stored(kube) == before


@pytest.fixture(scope="module")
def change(cluster, pods, relay, secrets) -> Change:
    return Change(cluster, pods, relay, secrets)


def replicas_of_operator(kube) -> int:
    return kube.get("apps/v1/Deployment", OPERATOR, NAMESPACE)["spec"]["replicas"]


def pools_schema(kube):
    """What the API server knows of a ResourcePool; it grew after the older chart."""
    definition = kube.get("apiextensions.k8s.io/v1/CustomResourceDefinition",
                          "resourcepools.berth.dev")
    return definition["spec"]["versions"][0]["schema"]


@pytest.fixture(scope="module")
def older_schema(cluster, pods):
    return pools_schema(cluster.kube)


def test_an_upgrade_from_an_older_chart_with_1000_objects_under_load_fails_no_call(
        cluster, release, older_schema, change):
    change.under_load(lambda: release("upgrade", "berth", CHART, "--reset-values"), "-old", "-new")
    assert replicas_of_operator(cluster.kube) == 2
    assert pools_schema(cluster.kube) != older_schema


def test_a_rollback_to_it_under_load_fails_no_call(cluster, release, older_schema, change):
    change.under_load(lambda: release("rollback", "berth", "1"), "-new", "-back")
    assert replicas_of_operator(cluster.kube) == 1
    assert pools_schema(cluster.kube) == older_schema


def connect_scheduler(cluster, url: str, secrets: Path) -> None:
    """The cluster's own scheduler with the installed configuration, asking the relay."""
    text = cluster.kube.get("v1/ConfigMap", "berth-scheduler-config", NAMESPACE)["data"]["config.yaml"]
    config = yaml.safe_load(text)
    extender, = config["extenders"]
    extender["urlPrefix"] = url
    extender["tlsConfig"] |= {"caFile": str(secrets / "ca.crt"),
                              "certFile": str(secrets / "tls.crt"),
                              "keyFile": str(secrets / "tls.key")}
    cluster.configure_scheduler(config)
