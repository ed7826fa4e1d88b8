"""berth-scheduler-extender as a server in a cluster: two replicas, one replaced under load, certificates
changed under load, callers it must not answer, probes and metrics."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness import berth_objects as berth_kinds
from harness.extender_world import (  # noqa: F401  (fixtures are found by their names)
    calls,
    create,
    create_many,
    flag,
    metric,
    pool,
    scheduler_config_of,
    team,
    wait_all_bound,
    web,
)
from harness.kube import wait_until
from harness.relay import Relay, relay_to
from harness.steady_caller import SteadyCaller

from berth_controlplane.berth import EXTENDER
from berth_controlplane.cluster import Cluster
from berth_controlplane.ports import HOST, pick_ports
from berth_controlplane.processes import probe

SERVICE_ACCOUNT = "berth-system/berth-scheduler-extender"
SECOND = "extender-2"
CLIENT = "kube-scheduler-extender-client"
TLS_CHECK_SECONDS = 10
ENDPOINT_DELAY_SECONDS = 1
CALLS_MIN = 100


# Two replicas ---------------------------------------------------------------------------------------


@dataclass
class Pair:
    """Two replicas behind a relay, which stands for their Service; the scheduler asks the relay."""

    relay: Relay
    first_port: int
    second_port: int


@pytest.fixture
def pair(cluster: Cluster, pool: str, programs) -> Iterator[Pair]:
    """Another extender beside the first."""
    port = pick_ports(1)[0]
    files = [f"{name}={flag(cluster, name)}" for name in
             ("--tls-cert-file", "--tls-private-key-file", "--client-ca-file")]
    programs.start(EXTENDER, f"--bind-address={HOST}:{port}", *files,
                   service_account=SERVICE_ACCOUNT, name=SECOND)
    config = scheduler_config_of(cluster)
    original = json.loads(json.dumps(config))
    with relay_to([address_of(cluster)[1], port]) as relay:
        config["extenders"][0]["urlPrefix"] = f"https://{HOST}:{relay.port}"
        cluster.configure_scheduler(config)
        yield Pair(relay, address_of(cluster)[1], port)
    cluster.configure_scheduler(original)


def address_of(cluster: Cluster) -> tuple[str, int]:
    """Where the first extender serves the scheduler."""
    host, _, port = flag(cluster, "--bind-address").rpartition(":")
    return host, int(port)


def test_two_replicas_share_the_work_and_one_is_enough(cluster, kube, pool, team, web, pair):
    create_many(kube, team, pool, 20)
    create_many(kube, web, pool, 20)
    cluster.kill(EXTENDER)
    try:
        wait_all_bound(kube, team, 20)
        wait_all_bound(kube, web, 20)
        assert calls(cluster, "bind", "ok", SECOND) > 0
    finally:
        cluster.start(EXTENDER)
    for pod in kube.list("v1/Pod", team):
        record = json.loads(pod["metadata"]["annotations"][berth_kinds.ADMITTED])
        assert pod["spec"]["nodeName"] in record["nodes"], "both keep to the one plan"


def test_i12_replacing_a_replica_under_load_fails_no_call(cluster, kube, pool, web, pair):
    """As in a rolling update: SIGTERM comes first, and the Service hears of it a little later."""
    hears_of_it = threading.Timer(ENDPOINT_DELAY_SECONDS, pair.relay.leave_out, [pair.first_port])
    with steady_callers(cluster, (HOST, pair.relay.port)) as callers:
        create_many(kube, web, pool, 30)
        hears_of_it.start()
        cluster.stop(EXTENDER)
        cluster.start(EXTENDER)
        pair.relay.take_in(pair.first_port)
        wait_all_bound(kube, web, 30)
        wait_until(lambda: calls(cluster, "filter", "ok") > CALLS_MIN, 30, "the new one is asked too")
    assert_all_answered(callers)


# Certificates and callers ---------------------------------------------------------------------------


def tls_context(cluster: Cluster, client: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=cluster.layout.pki("extender-ca.crt"))
    if client:
        context.load_cert_chain(cluster.layout.pki(f"{client}.crt"),
                                cluster.layout.pki(f"{client}.key"))
    return context


@contextmanager
def steady_callers(cluster: Cluster, address: tuple[str, int]) -> Iterator[list[SteadyCaller]]:
    """One caller that keeps its connection, and one that connects for each call."""
    context = tls_context(cluster, CLIENT)
    with SteadyCaller(address, context, keep_alive=True) as keeping, \
            SteadyCaller(address, context, keep_alive=False) as connecting:
        yield [keeping, connecting]


def assert_all_answered(callers: list[SteadyCaller]) -> None:
    for caller in callers:
        assert caller.failures == []
        assert caller.answered > CALLS_MIN


def serial_shown(cluster: Cluster) -> str:
    """The serial number of the certificate that a new connection is shown."""
    host, port = address_of(cluster)
    context = tls_context(cluster, CLIENT)
    with socket.create_connection((host, port), 10) as plain, \
            context.wrap_socket(plain, server_hostname=host) as tls:
        return str(tls.getpeercert()["serialNumber"])


def test_f17_a_renewed_certificate_comes_into_use_under_load_and_fails_no_call(cluster, kube, pool,
                                                                               web):
    before = serial_shown(cluster)
    renewed = cluster.server_certificate("renewed", (
        "DNS:berth-scheduler-extender.berth-system.svc", f"IP:{HOST}", "DNS:localhost"))
    reloads = metric(cluster, "berth_certificate_reloads_total", outcome="ok")
    failed_reloads = metric(cluster, "berth_certificate_reloads_total", outcome="error")
    with steady_callers(cluster, address_of(cluster)) as callers:
        shutil.copy(renewed.key, flag(cluster, "--tls-private-key-file"))  # half of the update
        create_many(kube, web, pool, 30)
        wait_until(lambda: metric(cluster, "berth_certificate_reloads_total",
                                  outcome="error") > failed_reloads,
                   TLS_CHECK_SECONDS + 5, "the half is noticed")
        assert serial_shown(cluster) == before, "a pair that does not match keeps the old one"
        shutil.copy(renewed.certificate, flag(cluster, "--tls-cert-file"))
        wait_until(lambda: serial_shown(cluster) != before, 30, "the new certificate is shown")
        create(kube, web, pool, "after")
        wait_all_bound(kube, web, 31)
    assert_all_answered(callers)
    assert metric(cluster, "berth_certificate_reloads_total", outcome="ok") == reloads + 1
    assert calls(cluster, "bind", "error") == 0


@pytest.mark.parametrize("client", [None, "stranger"])
def test_a_caller_without_a_certificate_of_the_ca_gets_no_answer(cluster, pool, client):
    if client:
        cluster.client_certificate(client, "kube-scheduler", authority="front-proxy-ca")
    host, port = address_of(cluster)
    with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
        with socket.create_connection((host, port), 10) as plain, \
                tls_context(cluster, client).wrap_socket(plain, server_hostname=host) as tls:
            tls.sendall(b"POST /filter HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            assert tls.recv(1) == b"", "an answer came"
            raise ConnectionError("closed")


def test_it_waits_for_certificates_that_are_being_made(cluster, programs_folder, tmp_path):
    made = cluster.server_certificate("late", (f"IP:{HOST}",))
    ca = tmp_path / "ca.crt"
    ca.write_bytes(Path(flag(cluster, "--client-ca-file")).read_bytes())
    port, health = pick_ports(2)
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    command = [programs_folder / EXTENDER, f"--kubeconfig={cluster.admin_kubeconfig}",
               f"--bind-address={HOST}:{port}", f"--health-bind-address={HOST}:{health}",
               f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
               f"--client-ca-file={ca}", "--tls-wait-seconds=60"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "waiting for certificates" in process.stderr.readline()
            certificate.write_bytes(Path(made.certificate).read_bytes())
            key.write_bytes(Path(made.key).read_bytes())
            wait_until(lambda: probe(f"http://{HOST}:{health}/readyz"), 30, "it serves")
        finally:
            process.kill()


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
