"""An upgrade while there is work: nothing that is stored is lost or changed, no pod is lost, and no call of
kube-scheduler fails.

No release of Berth is older than this one yet. The previous chart is therefore this one under a lower
version, installed with other values; what is tested is how an upgrade goes, not what an older one stored.
"""

from __future__ import annotations

import shutil
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

from berth_controlplane.nodes import NodeShape
from berth_controlplane.ports import HOST
from berth_controlplane.waiting import wait_until

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


def chart_of_a_lower_version(folder: Path) -> Path:
    """This chart as it might have been before."""
    copy = folder / "berth"
    shutil.copytree(CHART, copy)
    facts = yaml.safe_load((copy / "Chart.yaml").read_text(encoding="utf-8"))
    facts |= {"version": "0.0.9", "appVersion": "0.0.9"}
    (copy / "Chart.yaml").write_text(yaml.safe_dump(facts), encoding="utf-8")
    return copy


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
    """What must outlast an upgrade of each object."""
    return {(each["kind"], each["metadata"]["name"]): (each["metadata"]["uid"], each["spec"])
            for kind in ("ResourcePool", "Quota") for each in kube.list(f"{BERTH}/{kind}")}


class Load:
    """Pods that a team creates at a steady rate."""

    def __init__(self, kube) -> None:
        self._kube = kube
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
                    "name": f"load-{self.created}", "namespace": TEAM},
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
    older = chart_of_a_lower_version(tmp_path_factory.mktemp("chart"))
    release("install", "berth", older, "--create-namespace", *OLDER)
    kube = cluster.kube
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


def test_an_upgrade_from_a_lowered_version_with_1000_objects_under_load_fails_no_call(
        cluster, release, pods, tmp_path):
    kube = cluster.kube
    before = stored(kube)
    assert len(before) == OBJECTS
    secrets = pods.secret(CLIENT, tmp_path / "client")
    with relay_to([pods.port(f"{EXTENDER}-old-{number}", 8443) for number in (1, 2)]) as relay:
        connect_scheduler(cluster, f"https://{HOST}:{relay.port}", secrets)
        with callers(pods, relay, secrets) as asking, Load(kube) as load:
            wait_until(lambda: bound(kube) > PODS_PER_SECOND, WAIT_SECONDS, "pods run")
            release("upgrade", "berth", CHART, "--reset-values")
            pods.start(OPERATOR, "-new")
            cluster.stop(f"{OPERATOR}-old")
            replace_extender(cluster, pods, relay, "-old-1", "-new-1")
            replace_extender(cluster, pods, relay, "-old-2", "-new-2")
            seen = bound(kube)
            wait_until(lambda: bound(kube) > seen + PODS_PER_SECOND, WAIT_SECONDS,
                       "pods go on to be admitted and bound")
        wait_until(lambda: bound(kube) == load.created, WAIT_SECONDS,
                   lambda: f"{bound(kube)} of {load.created} pods are bound")
    assert load.failures == []
    for caller in asking:
        assert caller.failures == []
        assert caller.answered > CALLS_MIN
    assert stored(kube) == before
    assert kube.get("apps/v1/Deployment", OPERATOR, NAMESPACE)["spec"]["replicas"] == 2


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
