"""Simulated kubelets: kwok's configuration, its command line and what it needs in the cluster.

Usage of CPU and memory comes from ResourceUsage and ClusterResourceUsage objects in the API, so a
test changes it with kubectl while everything runs; the one installed here reads it from annotations
of the pod (kwok.x-k8s.io/usage-cpu, kwok.x-k8s.io/usage-memory).
"""

from __future__ import annotations

from pathlib import Path

import yaml

from .api import ApiClient
from .binaries import Binaries
from .components import Layout
from .errors import ApiError, ControlPlaneError
from .locations import STAGES
from .ports import HOST
from .processes import ProcessRecord
from .waiting import wait_until

USAGE_KINDS = ("ResourceUsage", "ClusterResourceUsage")
USAGE_GROUP = "kwok.x-k8s.io/v1alpha1"

PLAY_PARALLELISM = 16
CRD_TIMEOUT_SECONDS = 30


def record(layout: Layout, binaries: Binaries) -> ProcessRecord:
    """Write kwok's configuration and give its command line."""
    port = layout.ports["kwok"]
    command = [
        str(binaries.kwok),
        f"--kubeconfig={layout.kubeconfig('kwok')}",
        f"--config={write_configuration(Path(layout.path('kwok.yaml')), binaries)}",
        "--manage-all-nodes=true",
        f"--node-ip={HOST}", "--node-name=localhost", f"--node-port={port}",
        f"--server-address={HOST}:{port}",
        # With a certificate it serves the kubelets' metrics by HTTPS, as metrics-server expects.
        f"--tls-cert-file={layout.pki('kwok-server.crt')}",
        f"--tls-private-key-file={layout.pki('kwok-server.key')}",
        "--node-lease-duration-seconds=0",  # see heartbeats.py
        f"--enable-crds={','.join(USAGE_KINDS)}",
        "--cidr=10.64.0.0/10",  # of pods; its own default has 254 addresses
        "--v=ERROR",  # it logs a line for every patch, and warns of every node without pods
    ]
    return layout.record("kwok", command, f"https://{HOST}:{port}/healthz", [port])


def write_configuration(path: Path, binaries: Binaries) -> Path:
    """One file with kwok's options, our stages and the metrics of the kubelets' endpoint.

    kwok fills in no defaults where the file holds options (v0.8.0): all that matter are here. With
    no worker for podsOnNodeSync, pods that kwok hears of before their node are never looked at.
    """
    options = {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "options": {
            "podPlayStageParallelism": PLAY_PARALLELISM,
            "nodePlayStageParallelism": PLAY_PARALLELISM,
            "podsOnNodeSyncParallelism": PLAY_PARALLELISM,
            "enablePodsOnNodeSyncListPager": True,
            "nodeLeaseParallelism": 1,  # unused, but it must not be 0
        },
    }
    parts = [yaml.safe_dump(options)]
    parts += [(STAGES / name).read_text(encoding="utf-8") for name in ("node.yaml", "pod.yaml")]
    parts.append(binaries.kwok_manifest("metrics-resource.yaml").read_text(encoding="utf-8"))
    path.write_text("\n---\n".join(parts), encoding="utf-8")
    return path


def install(kube: ApiClient, binaries: Binaries) -> None:
    """Put the usage kinds and usage by annotation into the cluster, before kwok starts."""
    for plural in ("resourceusages", "clusterresourceusages"):
        manifest = binaries.kwok_manifest(f"kwok.x-k8s.io_{plural}.yaml")
        kube.apply(yaml.safe_load(manifest.read_text(encoding="utf-8")))
    usage = yaml.safe_load(binaries.kwok_manifest("usage-from-annotation.yaml")
                           .read_text(encoding="utf-8"))
    wait_until(lambda: all(served(kube, kind) for kind in USAGE_KINDS), CRD_TIMEOUT_SECONDS,
               "the API server serves kwok's usage kinds")
    kube.apply(usage)


def served(kube: ApiClient, kind: str) -> bool:
    """Whether the API server answers a list of this kind by now."""
    try:
        kube.list(f"{USAGE_GROUP}/{kind}")
    except (ApiError, ControlPlaneError):
        return False
    return True
