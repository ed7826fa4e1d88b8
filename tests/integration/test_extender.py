"""berth-scheduler-extender between a real kube-scheduler and a real API server: it places and binds;
slow, dead, restarted in mid-cycle, doubled, with its certificates changed, it loses no pod."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, wait_condition, wait_until
from harness.relay import relay_to

from berth_controlplane.berth import EXTENDER, OPERATOR, BerthOptions
from berth_controlplane.berth import down as berth_down
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster
from berth_controlplane.nodes import NodeShape
from berth_controlplane.ports import HOST, pick_ports

NODES = 3
NODE_CPU = 8
HTTP_TIMEOUT_SECONDS = 1  # manifests/scheduler-config.yaml
SERVICE_ACCOUNT = "berth-system/berth-scheduler-extender"
GATE_BINDINGS = ("berth-gate-namespaces", "berth-gate-pods")
TLS_CHECK_SECONDS = 10
FIRST = "extender-first"


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Operator and extender, and a pool of nodes that only the pods of this file select."""
    berth_up(cluster, BerthOptions(programs_folder, programs=(OPERATOR, EXTENDER)), print)
    name = f"pool-{uuid.uuid4().hex[:6]}"
    cluster.add_nodes(NODES, NodeShape(name, {"cpu": str(NODE_CPU), "memory": "32Gi",
                                              "pods": "110"}, {berth_kinds.POOL_LABEL: name}))
    cluster.kube.create(berth_kinds.pool(name))
    cluster.kube.apply({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                        "metadata": {"name": FIRST}, "value": 10})
    yield name
    cluster.kube.delete("berth.dev/v1alpha1/ResourcePool", name)
    for node in cluster.kube.list("v1/Node", labelSelector=f"{berth_kinds.POOL_LABEL}={name}"):
        cluster.kube.delete("v1/Node", node["metadata"]["name"])
    berth_down(cluster)


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name, larger than the pool."""
    kube.create(berth_kinds.quota(managed_namespace, [managed_namespace], pool,
                                  10 * NODES * NODE_CPU))
    yield managed_namespace
    clear(kube, managed_namespace)
    kube.delete("berth.dev/v1alpha1/Quota", managed_namespace)


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


# Placing and binding ------------------------------------------------------------------------------


def test_a_managed_pod_goes_to_a_planned_node_and_is_bound_by_the_extender(cluster, kube, pool,
                                                                           team):
    before = calls(cluster, "bind", "ok")
    create(kube, team, pool, "p", "2")
    node = wait_bound(kube, team, "p")
    record = json.loads(berth_kinds.annotation(kube, "p", team, berth_kinds.ADMITTED))
    assert node in record["nodes"]
    assert calls(cluster, "bind", "ok") == before + 1


def test_unmanaged_pods_are_bound_through_the_extender_too(cluster, kube, pool, web):
    before = calls(cluster, "bind", "ok")
    create(kube, web, pool, "w")
    wait_bound(kube, web, "w")
    assert calls(cluster, "bind", "ok") == before + 1


def test_a_managed_pod_whose_gate_failed_open_waits_and_says_why(cluster, kube, pool, team):
    """The operator is away, and so is the policy that puts the gate."""
    policies = [kube.get("admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding", name)
                for name in GATE_BINDINGS]
    cluster.stop(OPERATOR)
    try:
        for name in GATE_BINDINGS:
            kube.delete("admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding", name)
        wait_until(lambda: not gated(kube, team), 30, "pods get no gate any more")
        create(kube, team, pool, "open")
        why = wait_condition(kube, "v1/Pod", "open", team, "PodScheduled", "False")
        assert why["reason"] == "Unschedulable" and "NotAdmitted" in why["message"]
        assert node_of(kube, team, "open") == ""
    finally:
        for policy in policies:
            del policy["metadata"]["resourceVersion"], policy["metadata"]["uid"]
            kube.create(policy)
        cluster.start(OPERATOR)
    # Back again, the operator admits it; that write wakes it up in the scheduler.
    assert wait_bound(kube, team, "open")


def gated(kube: ApiClient, namespace: str) -> bool:
    pod = kube.request("POST", kube.path("v1/Pod", namespace), objects.pod("probe", namespace),
                       query={"dryRun": "All"})
    return bool(pod["spec"].get("schedulingGates"))


def test_unmanaged_pods_keep_off_the_place_of_an_admitted_pod(cluster, kube, pool, team, web):
    """They come first in the scheduler's queue; without the extender one of them would take it."""
    cluster.pause("scheduler")
    try:
        create(kube, team, pool, "large", str(NODE_CPU - 1))
        wait_until(lambda: not berth_kinds.is_gated(kube, "large", team), 60, "it is admitted")
        place = json.loads(berth_kinds.annotation(kube, "large", team, berth_kinds.ADMITTED))
        for number in range(NODES):
            create(kube, web, pool, f"w-{number}", str(NODE_CPU // 2), priorityClassName=FIRST)
    finally:
        cluster.resume("scheduler")
    assert wait_bound(kube, team, "large") == place["nodes"][0]
    assert all(wait_bound(kube, web, f"w-{number}") != place["nodes"][0]
               for number in range(NODES))


# Failures -----------------------------------------------------------------------------------------


def test_unmanaged_pods_are_scheduled_while_the_extender_is_dead(cluster, kube, pool, web):
    cluster.kill(EXTENDER)
    try:
        started = time.monotonic()
        create(kube, web, pool, "w")
        wait_bound(kube, web, "w", 30)
        assert time.monotonic() - started < 10
    finally:
        cluster.start(EXTENDER)


def test_unmanaged_pods_are_scheduled_while_the_extender_hangs(cluster, kube, pool, web):
    """Each call costs its time-out: filter, prioritize, bind."""
    cluster.pause(EXTENDER)
    try:
        started = time.monotonic()
        create(kube, web, pool, "w")
        wait_bound(kube, web, "w", 30)
        assert time.monotonic() - started < 3 * HTTP_TIMEOUT_SECONDS + 10
    finally:
        cluster.resume(EXTENDER)


def test_managed_pods_wait_at_the_gate_whoever_is_down_and_none_is_lost(cluster, kube, pool, team):
    cluster.kill(EXTENDER)
    cluster.kill(OPERATOR)
    names = create_many(kube, team, pool, 5)
    time.sleep(2)
    assert all(berth_kinds.is_gated(kube, name, team) for name in names)
    cluster.start(EXTENDER)
    cluster.start(OPERATOR)
    wait_all_bound(kube, team, len(names))


@pytest.mark.parametrize("ending", ["kill", "restart"])
def test_pods_under_way_survive_the_end_of_the_extender(cluster, kube, pool, team, web, ending):
    """Some are filtered, some are being bound when it goes; each ends on one node."""
    stop = threading.Event()

    def end_it_again_and_again() -> None:
        for _ in range(3):
            stop.wait(0.7)
            if ending == "kill":
                cluster.kill(EXTENDER)
                cluster.start(EXTENDER)
            else:
                cluster.restart(EXTENDER)

    chaos = threading.Thread(target=end_it_again_and_again)
    chaos.start()
    names = create_many(kube, team, pool, 40)
    create_many(kube, web, pool, 40)
    chaos.join()
    wait_all_bound(kube, team, 40)
    wait_all_bound(kube, web, 40)
    for name in names:
        pod = kube.get("v1/Pod", name, team)
        assert condition(pod, "PodScheduled")["status"] == "True"


def test_it_ends_with_0_and_answers_what_is_under_way(cluster, kube, pool, web):
    names = create_many(kube, web, pool, 20)
    record = cluster.record(EXTENDER)
    cluster.stop(EXTENDER)
    log = Path(record.log).read_text(encoding="utf-8")
    assert '"exit_code":0' in log.splitlines()[-1]
    cluster.start(EXTENDER)
    wait_all_bound(kube, web, len(names))


# Two replicas ---------------------------------------------------------------------------------------


def flag(cluster: Cluster, name: str) -> str:
    """The value of a flag that the extender was started with."""
    return next(word.partition("=")[2] for word in cluster.record(EXTENDER).command
                if word.startswith(f"{name}="))


def scheduler_config_of(cluster: Cluster) -> dict:
    path = next(word.partition("=")[2] for word in cluster.record("scheduler").command
                if word.startswith("--config="))
    return json.loads(Path(path).read_text(encoding="utf-8"))


@pytest.fixture
def second_replica(cluster: Cluster, pool: str, programs) -> Iterator[str]:
    """Another extender beside the first, and the scheduler asks them in turn through a relay."""
    port = pick_ports(1)[0]
    files = [f"{name}={flag(cluster, name)}" for name in
             ("--tls-cert-file", "--tls-private-key-file", "--client-ca-file")]
    programs.start(EXTENDER, f"--bind-address={HOST}:{port}", *files,
                   service_account=SERVICE_ACCOUNT, name="extender-2")
    first = int(flag(cluster, "--bind-address").rpartition(":")[2])
    config = scheduler_config_of(cluster)
    original = json.loads(json.dumps(config))
    with relay_to([first, port]) as relay:
        config["extenders"][0]["urlPrefix"] = f"https://{HOST}:{relay.port}"
        cluster.configure_scheduler(config)
        yield "extender-2"
    cluster.configure_scheduler(original)


def test_two_replicas_share_the_work_and_one_is_enough(cluster, kube, pool, team, web,
                                                       second_replica):
    names = create_many(kube, team, pool, 20)
    create_many(kube, web, pool, 20)
    cluster.kill(EXTENDER)
    try:
        wait_all_bound(kube, team, 20)
        wait_all_bound(kube, web, 20)
        assert calls(cluster, "bind", "ok", second_replica) > 0
    finally:
        cluster.start(EXTENDER)
    assert len({kube.get("v1/Pod", name, team)["metadata"]["uid"] for name in names}) == 20


# Certificates and callers ---------------------------------------------------------------------------


def tls_context(cluster: Cluster, client: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=cluster.layout.pki("extender-ca.crt"))
    if client:
        context.load_cert_chain(cluster.layout.pki(f"{client}.crt"),
                                cluster.layout.pki(f"{client}.key"))
    return context


def serial_shown(cluster: Cluster) -> str:
    """The serial number of the certificate that a new connection is shown."""
    host, _, port = flag(cluster, "--bind-address").rpartition(":")
    context = tls_context(cluster, "kube-scheduler-extender-client")
    with socket.create_connection((host, int(port)), 10) as plain, \
            context.wrap_socket(plain, server_hostname=host) as tls:
        return str(tls.getpeercert()["serialNumber"])


def test_f17_a_renewed_certificate_comes_into_use_under_load(cluster, kube, pool, web):
    before = serial_shown(cluster)
    renewed = cluster.server_certificate("renewed", (
        "DNS:berth-scheduler-extender.berth-system.svc", f"IP:{HOST}", "DNS:localhost"))
    reloads = metric(cluster, "berth_certificate_reloads_total", outcome="ok")
    shutil.copy(renewed.key, flag(cluster, "--tls-private-key-file"))  # half of the update
    names = create_many(kube, web, pool, 30)
    time.sleep(TLS_CHECK_SECONDS + 2)
    assert serial_shown(cluster) == before, "a pair that does not match keeps the old one"
    shutil.copy(renewed.certificate, flag(cluster, "--tls-cert-file"))
    wait_until(lambda: serial_shown(cluster) != before, 30, "the new certificate is shown")
    assert metric(cluster, "berth_certificate_reloads_total", outcome="ok") == reloads + 1
    wait_all_bound(kube, web, len(names))
    create(kube, web, pool, "after")
    errors = calls(cluster, "bind", "error")
    wait_bound(kube, web, "after")
    assert calls(cluster, "bind", "error") == errors


@pytest.mark.parametrize("client", [None, "stranger"])
def test_a_caller_without_a_certificate_of_the_ca_gets_no_answer(cluster, pool, client):
    if client:
        cluster.client_certificate(client, "kube-scheduler", authority="front-proxy-ca")
    host, _, port = flag(cluster, "--bind-address").rpartition(":")
    with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
        with socket.create_connection((host, int(port)), 10) as plain, \
                tls_context(cluster, client).wrap_socket(plain, server_hostname=host) as tls:
            tls.sendall(b"POST /filter HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            assert tls.recv(1) == b"", "an answer came"
            raise ConnectionError("closed")


def test_it_does_not_start_where_everybody_could_call_it(programs_folder):
    done = subprocess.run([programs_folder / EXTENDER, "--tls-cert-file=a",
                           "--tls-private-key-file=b"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("berth-scheduler-extender: --client-ca-file: ")
    assert done.stderr.count("\n") == 1


def test_readiness_means_filled_caches_and_metrics_tell(cluster, pool):
    probe = urlsplit(cluster.record(EXTENDER).probe_url)
    for path in ("/livez", "/readyz", "/readyz/caches"):
        assert urllib.request.urlopen(f"http://{probe.netloc}{path}", timeout=10).status == 200
    assert metric(cluster, "berth_extender_snapshot_timestamp_seconds") > time.time() - 3600
    assert metric(cluster, "berth_certificate_expiration_timestamp_seconds") > time.time()
