"""Builders of the Kubernetes objects that tests create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kube import Object

IMAGE = "registry.invalid/simulated"  # never pulled: nodes are simulated
RUN_SECONDS = "kwok.berth.dev/run-seconds"
EXIT_CODE = "kwok.berth.dev/exit-code"
USAGE_CPU = "kwok.x-k8s.io/usage-cpu"
USAGE_MEMORY = "kwok.x-k8s.io/usage-memory"


def pod_spec(requests: Mapping[str, str] | None = None, **fields: Any) -> Object:
    """Spec of a pod with one container; fields are further fields of the spec."""
    resources: Object = {"requests": dict(requests or {"cpu": "100m", "memory": "64Mi"})}
    # Extended resources must be asked for as limits too.
    extended = {name: amount for name, amount in resources["requests"].items() if "/" in name}
    if extended:
        resources["limits"] = extended
    return {
        "containers": [{"name": "main", "image": IMAGE, "resources": resources}],
        "terminationGracePeriodSeconds": 0,
        **fields,
    }


def pod(name: str, namespace: str, *, requests: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None,
        **fields: Any) -> Object:
    """A pod that runs until it is deleted, or for RUN_SECONDS if that annotation is given."""
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels or {}),
                     "annotations": dict(annotations or {})},
        "spec": pod_spec(requests, **fields),
    }


def job(name: str, namespace: str, *, parallelism: int = 1, completions: int | None = None,
        requests: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None, **fields: Any) -> Object:
    """A Job; labels and annotations go to its pods."""
    return {
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "parallelism": parallelism,
            "completions": parallelism if completions is None else completions,
            "template": {
                "metadata": {"labels": dict(labels or {}), "annotations": dict(annotations or {})},
                "spec": pod_spec(requests, restartPolicy="Never", **fields),
            },
        },
    }


def deployment(name: str, namespace: str, *, replicas: int = 1,
               requests: Mapping[str, str] | None = None,
               annotations: Mapping[str, str] | None = None) -> Object:
    """A Deployment; annotations go to its pods."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": dict(annotations or {})},
                "spec": pod_spec(requests),
            },
        },
    }


def measured_deployment(name: str, namespace: str, cpu_used: str,
                        memory_used: str = "100Mi") -> Object:
    """Two replicas that ask for 1 cpu and 512Mi each, and are measured to use so much."""
    return deployment(name, namespace, replicas=2, requests={"cpu": "1", "memory": "512Mi"},
                      annotations={USAGE_CPU: cpu_used, USAGE_MEMORY: memory_used})


def service_account(name: str, namespace: str) -> Object:
    """A service account without any rights of its own."""
    return {"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace}}
