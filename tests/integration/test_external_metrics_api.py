"""External metrics on a real cluster: the aggregator takes them, rights hold, and an autoscaler follows."""

from __future__ import annotations

import http.client
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from harness import objects
from harness.kube import ApiClient, ApiError, Object, condition, wait_condition, wait_until
from harness.programs import Programs

from berth_controlplane.berth import BerthOptions
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster
from berth_controlplane.metrics import publish_api_service
from berth_controlplane.ports import HOST, pick_ports
from berth_controlplane.tools import ensure_helm

ANALYZER = "berth-analyzer"
API_SERVICE = "apiregistration.k8s.io/v1/APIService"
AUTOSCALER = "autoscaling/v2/HorizontalPodAutoscaler"
DEPLOYMENT = "apps/v1/Deployment"
GROUP_VERSION = "/apis/external.metrics.k8s.io/v1beta1"
# The chart's Service leads to pods; this one leads to the process here.
SERVICE = "external-metrics-here"
NAMESPACE = "berth-system"
# metrics-server scrapes every 10 s, the analyzer asks as often; a trend wants eight samples.
FORECAST_SECONDS = 180
STALE_SECONDS = 120
CHART = Path(__file__).resolve().parents[2] / "helm" / "berth"
FOLLOWING = Path(__file__).with_name("follow_the_forecast.yaml")


@dataclass(frozen=True)
class Served:
    """Where the analyzer serves, and the cluster that it serves to."""

    port: int
    cluster: Cluster


def of_the_chart(authority: Path) -> list[Object]:
    """What the chart installs for external metrics, with a certificate that is ours to make."""
    done = subprocess.run(
        [ensure_helm(print), "template", "berth", CHART, "--namespace", NAMESPACE,
         "--set", "gate.mode=Policy,certificates.mode=Secret,networkPolicy.enabled=false",
         "--set", "analyzer.externalMetrics.enabled=true",
         "--set-file", f"analyzer.externalMetrics.caBundle={authority}",
         "--show-only", "templates/external-metrics.yaml"],
        check=True, capture_output=True, text=True)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.fixture(scope="module")
def served(cluster: Cluster, programs_folder: Path) -> Iterator[Served]:
    """The analyzer, with the rights of the chart, behind the aggregator."""
    kube = cluster.kube
    berth_up(cluster, BerthOptions(programs_folder, programs=()), print)
    shown = cluster.server_certificate("external-metrics", (f"DNS:{SERVICE}.{NAMESPACE}.svc",),
                                       authority="external-metrics-ca")
    authority = cluster.folder / "pki" / "external-metrics-ca.crt"
    port = pick_ports(1)[0]
    documents = of_the_chart(authority)
    for document in documents:
        if document["kind"] == "APIService":
            document["spec"]["service"]["name"] = SERVICE
            publish_api_service(kube, document, port)
        else:
            kube.apply(document)
    programs = Programs(cluster, programs_folder)
    try:
        programs.start(ANALYZER, "--interval-seconds=10", "--leader-elect=false",
                       f"--external-metrics-bind-address={HOST}:{port}",
                       f"--external-metrics-tls-cert-file={shown.certificate}",
                       f"--external-metrics-tls-private-key-file={shown.key}",
                       service_account=f"{NAMESPACE}/{ANALYZER}")
        yield Served(port, cluster)
    finally:
        for document in reversed(documents):
            metadata = document["metadata"]
            kube.delete(f"{document['apiVersion']}/{document['kind']}", metadata["name"],
                        metadata.get("namespace"))
        kube.delete("v1/Service", SERVICE, NAMESPACE)
        programs.stop_all()


def test_the_aggregator_finds_the_api_available_and_lists_its_metrics(served: Served,
                                                                      kube: ApiClient) -> None:
    wait_condition(kube, API_SERVICE, "v1beta1.external.metrics.k8s.io", None, "Available")
    listed = wait_until(lambda: found(kube, GROUP_VERSION), 30, "the version is served")
    assert {resource["name"] for resource in listed["resources"]} == {
        "berth-forecast-replicas", "berth-forecast-cpu", "berth-forecast-memory"}
    groups = kube.request("GET", "/apis")["groups"]
    assert "external.metrics.k8s.io" in {group["name"] for group in groups}


def test_who_comes_without_the_front_proxys_certificate_is_not_shaken_hands_with(
        served: Served) -> None:
    masters = {"X-Remote-User": "system:kube-aggregator", "X-Remote-Group": "system:masters"}
    with pytest.raises((ssl.SSLError, ConnectionError)):
        straight(served.port, GROUP_VERSION, masters)


def test_who_may_view_a_namespace_reads_its_forecasts_and_nobody_else_does(
        served: Served, kube: ApiClient, namespace: str) -> None:
    for name in ("viewer", "stranger"):
        kube.create({"apiVersion": "v1", "kind": "ServiceAccount",
                     "metadata": {"name": name, "namespace": namespace}})
    kube.create({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                 "metadata": {"name": "viewer", "namespace": namespace},
                 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                             "name": "view"},
                 "subjects": [{"kind": "ServiceAccount", "name": "viewer",
                               "namespace": namespace}]})
    viewer, stranger = (
        ApiClient.from_kubeconfig(served.cluster.service_account_kubeconfig(namespace, name))
        for name in ("viewer", "stranger"))
    path = values_path(namespace, "berth-forecast-cpu")
    # No policy is here: an empty list, on which no autoscaler scales.
    answer = wait_until(lambda: found(viewer, path), 60, "the viewer is let in")
    assert (answer["kind"], answer["items"]) == ("ExternalMetricValueList", [])
    for refused, where in ((stranger, path), (viewer, values_path("default", "berth-forecast-cpu"))):
        with pytest.raises(ApiError) as refusal:
            refused.request("GET", where)
        assert refusal.value.code == 403
    with pytest.raises(ApiError) as refusal:
        kube.request("GET", values_path(namespace, "queue-length"))
    assert refusal.value.code == 404


def test_an_autoscaler_follows_the_forecast_and_holds_when_there_is_none(
        served: Served, kube: ApiClient, namespace: str) -> None:
    kube.create(objects.measured_deployment("web", namespace, cpu_used="950m"))
    policy, autoscaler = (one | {"metadata": one["metadata"] | {"namespace": namespace}}
                          for one in yaml.safe_load_all(FOLLOWING.read_text(encoding="utf-8")))
    policy["spec"]["horizonsSeconds"] = [60]  # five minutes would have to be looked back on first
    policy["spec"]["maxReplicas"] = 4
    kube.create(policy)
    kube.create(autoscaler)
    path = values_path(namespace, "berth-forecast-replicas") + "?labelSelector=policy%3Dweb"
    item, = wait_until(lambda: (found(kube, path) or {}).get("items"), FORECAST_SECONDS,
                       "a forecast is served")
    assert int(item["value"]) >= 3
    assert item["metricLabels"] == {"policy": "web", "target-kind": "Deployment",
                                    "target-name": "web", "horizon-seconds": "60"}
    wait_until(lambda: replicas(kube, namespace) == 4, 120,
               lambda: f"it has four replicas: {kube.get(AUTOSCALER, 'web', namespace)['status']}")
    served.cluster.stop("metrics-server")
    try:
        wait_until(lambda: refusal_of(kube, path) == 503, STALE_SECONDS, "the forecast is unknown")
        wait_until(lambda: holds(kube, namespace), 60, "the autoscaler says that it cannot tell")
        assert replicas(kube, namespace) == 4
    finally:
        served.cluster.start("metrics-server")
    wait_until(lambda: found(kube, path), FORECAST_SECONDS, "the forecast is known again")


def values_path(namespace: str, metric: str) -> str:
    """Where the values of a metric are."""
    return f"{GROUP_VERSION}/namespaces/{namespace}/{metric}"


def found(kube: ApiClient, path: str) -> Object | None:
    """The answer, or None while it is refused."""
    try:
        return kube.request("GET", path)
    except ApiError:
        return None


def refusal_of(kube: ApiClient, path: str) -> int:
    """The code that a request is refused with; 0: it is not."""
    try:
        kube.request("GET", path)
    except ApiError as error:
        return error.code
    return 0


def replicas(kube: ApiClient, namespace: str) -> int:
    """How many the Deployment wants."""
    return int(kube.get(DEPLOYMENT, "web", namespace)["spec"]["replicas"])


def holds(kube: ApiClient, namespace: str) -> bool:
    """Whether the autoscaler says that it has no number to go by."""
    active = condition(kube.get(AUTOSCALER, "web", namespace), "ScalingActive")
    return active is not None and (active["status"], active["reason"]) == (
        "False", "FailedGetExternalMetric")


def straight(port: int, path: str, headers: dict[str, str]) -> int:
    """The status of a call past the aggregator, by somebody who shows no certificate."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(HOST, port, timeout=10, context=anybody)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()
