"""The gate as a webhook, on the real API server: what it puts on whom, that nothing waits for it while it is
away, and that an uninstallation takes it along."""

from __future__ import annotations

import re
import urllib.request

import pytest
from chart_under_test import CHART, NAMESPACE
from local_pods import LocalPods

from berth_controlplane.ports import HOST
from berth_controlplane.waiting import wait_until

WAIT_SECONDS = 60
EXTENDER = "berth-scheduler-extender"
CONFIGURATION = "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration"
HEALTH_PORT = 8081
TEAM = "team-a"
GATE = {"name": "berth.dev/admission"}


def pod(namespace, name, spec=None, **metadata):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace} | metadata,
            "spec": {"containers": [{"name": "main", "image": "registry.invalid/x"}]} | (spec or {})}


def gates_of(kube, *described, **metadata):
    """The gates that the API server would store on such a pod."""
    wanted = pod(*described, **metadata)
    stored = kube.request("POST", kube.path("v1/Pod", wanted["metadata"]["namespace"]), wanted,
                          query={"dryRun": "All"})
    return stored["spec"].get("schedulingGates", [])


@pytest.fixture(scope="module")
def pods(cluster, programs_folder, tmp_path_factory):
    return LocalPods(cluster, programs_folder, tmp_path_factory.mktemp("pods"))


@pytest.fixture(scope="module")
def kube(cluster, release, pods):
    """A client of a cluster in which the extender's process puts the gate on pods."""
    client = cluster.kube
    release("install", "berth", CHART, "--create-namespace", "--set", "gate.mode=Webhook",
            "--set", "uninstall.hook=false")
    pods.start("berth-operator")
    wait_until(lambda: len(client.get("v1/Secret", "berth-scheduler-client-tls", NAMESPACE)
                           .get("data", {})) == 3, WAIT_SECONDS, "the certificates are made")
    pods.start(EXTENDER)
    pods.answer_gate()
    for name, labels in ((TEAM, {"berth.dev/managed": "true"}), ("elsewhere", {})):
        client.apply({"apiVersion": "v1", "kind": "Namespace",
                      "metadata": {"name": name, "labels": labels}})
        wait_until(lambda: client.find("v1/ServiceAccount", "default", name), WAIT_SECONDS,
                   f"pods can be created in {name}")
    wait_until(lambda: GATE in gates_of(client, TEAM, "probe"), WAIT_SECONDS, "the gate acts")
    return client


def test_managed_pods_are_gated_once_beside_the_gates_of_others(kube):
    other = {"name": "example.com/warm-up"}
    assert gates_of(kube, TEAM, "plain") == [GATE]
    assert gates_of(kube, TEAM, "gated", {"schedulingGates": [GATE]}) == [GATE]
    assert gates_of(kube, TEAM, "warming", {"schedulingGates": [other]}) == [other, GATE]
    assert gates_of(kube, "elsewhere", "asking", labels={"berth.dev/managed": "true"}) == [GATE]


def reviews(port):
    """How often the webhook was asked about a pod."""
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=WAIT_SECONDS) as answer:
        text = answer.read().decode()
    return sum(float(number) for number in
               re.findall(r"^berth_gate_reviews_total{.*} (\S+)$", text, re.MULTILINE))


def test_a_pod_that_asks_for_the_gate_in_a_managed_namespace_is_asked_about_once(kube, pods):
    port = pods.port(EXTENDER, HEALTH_PORT)
    before = reviews(port)
    assert gates_of(kube, TEAM, "both", labels={"berth.dev/managed": "true"}) == [GATE]
    assert reviews(port) == before + 1


def test_unmanaged_pods_and_the_exempt_namespaces_are_not_touched(kube):
    assert gates_of(kube, "elsewhere", "plain") == []
    assert gates_of(kube, "kube-system", "asking", labels={"berth.dev/managed": "true"}) == []


def test_without_the_extender_pods_are_created_all_the_same(kube, cluster):
    cluster.stop(EXTENDER)
    assert gates_of(kube, TEAM, "ungated") == []
    assert gates_of(kube, "elsewhere", "plain") == []


def test_an_uninstallation_takes_the_webhook_along(kube, release):
    release("uninstall", "berth")
    wait_until(lambda: not kube.find(CONFIGURATION, "berth-gate"), WAIT_SECONDS,
               "the webhook is gone")
    assert gates_of(kube, TEAM, "free") == []
