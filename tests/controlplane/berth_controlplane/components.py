"""Command lines of etcd and the Kubernetes components, one function each.

Every flag that is not obvious has its reason beside it; most were found by a component that did not
start, or started and lied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from . import versions
from .binaries import Binaries
from .ports import HOST, pick_ports
from .processes import ProcessRecord

# What Berth, its tests and its users' workloads need. Volumes, certificates and cloud controllers
# are left out: they only cost memory and watches here. Names must match exactly, or the controller
# manager exits (k8s.io/kubernetes/cmd/kube-controller-manager/names).
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "job-controller",
    "namespace-controller",
    "node-lifecycle-controller",
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "statefulset-controller",
    "taint-eviction-controller",
    "ttl-after-finished-controller",
    "validatingadmissionpolicy-status-controller",
)

# Longer than any run: with no heartbeats at all, nodes must not be declared dead.
NO_HEARTBEAT_GRACE = "24h"
# Three missed renewals of a 40 s lease that is renewed every 10 s.
LEASE_GRACE = "40s"

PORT_USERS = ("apiserver", "etcd-client", "etcd-peer", "scheduler", "controller-manager", "kwok",
              "heartbeats", "metrics-server")


@dataclass
class Layout:
    """Folders, ports and choices of one cluster: all that its command lines depend on."""

    name: str
    folder: str
    ports: dict[str, int] = field(default_factory=dict)
    heartbeats: str = "lease"
    extra_flags: dict[str, list[str]] = field(default_factory=dict)
    kubernetes: str = field(default_factory=versions.chosen)

    def pick_ports(self) -> None:
        """Choose a port for everyone who needs one."""
        self.ports = dict(zip(PORT_USERS, pick_ports(len(PORT_USERS)), strict=True))

    def pki(self, name: str) -> str:
        """Path of a certificate or key, such as ca.crt."""
        return str(Path(self.folder) / "pki" / name)

    def path(self, *parts: str) -> str:
        """Path inside the cluster's folder."""
        return str(Path(self.folder, *parts))

    def kubeconfig(self, user: str) -> str:
        """Path of a component's kubeconfig."""
        return self.path("kubeconfigs", f"{user}.yaml")

    @property
    def server(self) -> str:
        """URL of the API server."""
        return f"https://{HOST}:{self.ports['apiserver']}"

    def record(self, name: str, command: list[str], probe_url: str,
               ports: list[int]) -> ProcessRecord:
        """A process of this cluster; the user's extra flags come last and so win."""
        return ProcessRecord(name, [*command, *self.extra_flags.get(name, [])],
                             self.path("logs", f"{name}.log"), probe_url, ports)


def etcd(layout: Layout, binaries: Binaries) -> ProcessRecord:
    """etcd: durable enough for tests, that is not at all."""
    client, peer = layout.ports["etcd-client"], layout.ports["etcd-peer"]
    command = [
        str(binaries.kubernetes), "etcd",
        "--name=berth",
        f"--data-dir={layout.path('etcd')}",
        f"--listen-client-urls=http://{HOST}:{client}",
        f"--advertise-client-urls=http://{HOST}:{client}",
        f"--listen-peer-urls=http://{HOST}:{peer}",
        f"--initial-advertise-peer-urls=http://{HOST}:{peer}",
        f"--initial-cluster=berth=http://{HOST}:{peer}",
        "--unsafe-no-fsync=true",
        "--quota-backend-bytes=8589934592",  # the default of 2 GiB is near at 50,000 busy pods
        "--log-level=warn",
    ]
    return layout.record("etcd", command, f"http://{HOST}:{client}/health", [client, peer])


def apiserver(layout: Layout, binaries: Binaries) -> ProcessRecord:
    """kube-apiserver with real authentication, RBAC, admission and aggregation."""
    port = layout.ports["apiserver"]
    command = [
        str(binaries.kubernetes), "apiserver",
        f"--bind-address={HOST}", f"--secure-port={port}",
        # The endpoint reconciler refuses to publish a loopback address.
        f"--advertise-address={HOST}", "--endpoint-reconciler-type=none",
        f"--etcd-servers=http://{HOST}:{layout.ports['etcd-client']}",
        f"--tls-cert-file={layout.pki('apiserver.crt')}",
        f"--tls-private-key-file={layout.pki('apiserver.key')}",
        # The default is AlwaysAllow for anybody: no rule of ours would be tested.
        "--authorization-mode=Node,RBAC",
        f"--client-ca-file={layout.pki('ca.crt')}",
        f"--service-account-issuer=https://{HOST}:{port}",
        f"--service-account-signing-key-file={layout.pki('service-account.key')}",
        f"--service-account-key-file={layout.pki('service-account.pub')}",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--allow-privileged=true",
        # On SIGTERM it would wait up to a minute for watches that nobody ends.
        "--shutdown-watch-termination-grace-period=1s",
        # Aggregated API servers (metrics-server, Berth's external metrics) trust these names only.
        f"--requestheader-client-ca-file={layout.pki('front-proxy-ca.crt')}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={layout.pki('front-proxy-client.crt')}",
        f"--proxy-client-key-file={layout.pki('front-proxy-client.key')}",
    ]
    return layout.record("apiserver", command, f"https://{HOST}:{port}/readyz", [port])


def scheduler(layout: Layout, binaries: Binaries, config: Path) -> ProcessRecord:
    """kube-scheduler with a configuration file; see scheduler_config.py."""
    port = layout.ports["scheduler"]
    kubeconfig = layout.kubeconfig("scheduler")
    command = [
        str(binaries.kubernetes), "scheduler",
        f"--config={config}",
        f"--authentication-kubeconfig={kubeconfig}", f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={HOST}", f"--secure-port={port}",
        f"--cert-dir={layout.path('scheduler')}",
    ]
    return layout.record("scheduler", command, f"https://{HOST}:{port}/readyz", [port])


def controller_manager(layout: Layout, binaries: Binaries) -> ProcessRecord:
    """kube-controller-manager: without it no pod can be created (default service accounts)."""
    port = layout.ports["controller-manager"]
    kubeconfig = layout.kubeconfig("controller-manager")
    grace = LEASE_GRACE if layout.heartbeats == "lease" else NO_HEARTBEAT_GRACE
    command = [
        str(binaries.kubernetes), "controller-manager",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}", f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={HOST}", f"--secure-port={port}",
        f"--cert-dir={layout.path('controller-manager')}",
        "--leader-elect=false",  # one instance; a restart would wait 15 s for the old lease
        f"--controllers={','.join(CONTROLLERS)}",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={layout.pki('service-account.key')}",
        f"--root-ca-file={layout.pki('ca.crt')}",
        "--allocate-node-cidrs=false",
        f"--node-monitor-grace-period={grace}",
        # The default of 20 requests/s would make it the slowest part of every larger test.
        "--kube-api-qps=1000", "--kube-api-burst=2000",
        "--concurrent-job-syncs=20",
        "--horizontal-pod-autoscaler-sync-period=5s",
    ]
    return layout.record("controller-manager", command, f"https://{HOST}:{port}/healthz", [port])
