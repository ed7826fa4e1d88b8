"""metrics-server: real metrics.k8s.io values, scraped from kwok's simulated kubelets."""

from __future__ import annotations

from .api import ApiClient
from .binaries import Binaries
from .components import Layout
from .ports import HOST
from .processes import ProcessRecord

# Fast enough for tests on few nodes, and no burden on many. The resolution must be larger than the
# request time-out, or metrics-server exits.
RESOLUTION_SECONDS = 10
RESOLUTION_MANY_NODES_SECONDS = 60
REQUEST_TIMEOUT_SECONDS = 5
NAMESPACE = "kube-system"


def record(layout: Layout, binaries: Binaries) -> ProcessRecord:
    """metrics-server's command line."""
    port = layout.ports["metrics-server"]
    kubeconfig = layout.kubeconfig("metrics-server")
    many = layout.heartbeats == "none"
    resolution = RESOLUTION_MANY_NODES_SECONDS if many else RESOLUTION_SECONDS
    command = [
        str(binaries.metrics_server),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}", f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={HOST}", f"--secure-port={port}",
        f"--tls-cert-file={layout.pki('metrics-server.crt')}",
        f"--tls-private-key-file={layout.pki('metrics-server.key')}",
        f"--cert-dir={layout.path('metrics-server')}",
        "--kubelet-insecure-tls", "--kubelet-use-node-status-port",
        f"--metric-resolution={resolution}s",
        f"--kubelet-request-timeout={REQUEST_TIMEOUT_SECONDS}s",
    ]
    # /readyz waits for the first scrape; being alive is enough to go on with.
    return layout.record("metrics-server", command, f"https://{HOST}:{port}/livez", [port])


def install(kube: ApiClient, layout: Layout) -> None:
    """Register metrics.k8s.io with the aggregator."""
    publish_api_service(kube, {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "group": "metrics.k8s.io", "version": "v1beta1",
            "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"namespace": NAMESPACE, "name": "metrics-server"},
        },
    }, layout.ports["metrics-server"])


def publish_api_service(kube: ApiClient, api_service: dict[str, object], port: int) -> None:
    """Apply an APIService whose server is a local process that listens on `port`.

    An APIService names a Service and nothing else, and Endpoints refuse loopback addresses: so the
    Service is of type ExternalName and points to localhost, with the port in both objects.
    """
    spec = api_service["spec"]
    assert isinstance(spec, dict)
    service = spec["service"]
    kube.apply({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service["name"], "namespace": service["namespace"]},
        "spec": {
            "type": "ExternalName", "externalName": "localhost",
            "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
        },
    })
    kube.apply({**api_service, "spec": {**spec, "service": {**service, "port": port}}})
