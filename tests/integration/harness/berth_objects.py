"""Builders of Berth's custom resources, and what tests ask about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .kube import ApiClient, Object, condition

API_VERSION = "berth.dev/v1alpha1"
POOL = f"{API_VERSION}/ResourcePool"
QUOTA = f"{API_VERSION}/Quota"
RESERVATION = f"{API_VERSION}/Reservation"
GATE = "berth.dev/admission"
ADMITTED = "berth.dev/admitted"
EXPLAIN = "berth.dev/explain"
POOL_LABEL = "berth.dev/pool"
REVOCABLE_AFTER = "berth.dev/revocable-after"


def _object(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def pool(name: str) -> Object:
    """A pool of the nodes labelled with its name."""
    return _object("ResourcePool", name, {
        "nodeSelector": {"matchLabels": {POOL_LABEL: name}},
        "resources": [{"name": "cpu"}, {"name": "memory"}], "strategy": "BestFit"})


def quota(name: str, namespaces: list[str], pool_name: str, cpu: str | int,
          parent: str | None = None, **limits: Any) -> Object:
    """A quota over cpu of one pool; limits are borrowingLimit and lendingLimit."""
    spec: Object = {
        "subjects": {"namespaces": namespaces},
        "pools": [{"poolRef": {"name": pool_name},
                   "resources": [{"name": "cpu", "nominal": cpu, **limits}]}]}
    if parent:
        spec["parentRef"] = {"name": parent}
    if not namespaces:
        del spec["subjects"]
    return _object("Quota", name, spec)


def window(name: str, pool_name: str, quota_name: str, cpu: str, start: datetime, seconds: int,
           namespaces: list[str]) -> Object:
    """A reservation of one window."""
    return _object("Reservation", name, {
        "poolRef": {"name": pool_name}, "quotaRef": {"name": quota_name}, "kind": "TimeWindow",
        "resources": [{"name": "cpu", "amount": cpu}],
        "window": {"start": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                   "durationSeconds": seconds},
        "allowed": {"namespaces": namespaces}})


def is_gated(kube: ApiClient, name: str, namespace: str) -> bool:
    """Whether our gate is on the pod."""
    found = kube.get("v1/Pod", name, namespace)
    return any(gate["name"] == GATE for gate in found["spec"].get("schedulingGates", []))


def annotation(kube: ApiClient, name: str, namespace: str, key: str) -> str:
    """An annotation of a pod; empty if it is not there."""
    found = kube.find("v1/Pod", name, namespace) or {"metadata": {}}
    return str(found["metadata"].get("annotations", {}).get(key, ""))


def revocable_after(pod: Object) -> datetime | None:
    """Until when a pod may stay that was told to go; None: it was not."""
    end = pod["metadata"].get("annotations", {}).get(REVOCABLE_AFTER)
    return datetime.fromisoformat(end) if end else None


def is_true(kube: ApiClient, kind: str, name: str, wanted: str) -> bool:
    """Whether a cluster-scoped object of ours has a condition that is True."""
    found = kube.find(f"{API_VERSION}/{kind}", name)
    match = condition(found, wanted) if found else None
    return bool(match and match["status"] == "True")


def cpu_used(kube: ApiClient, name: str) -> str:
    """What a quota's status says is charged to it; empty if it says nothing yet."""
    status = kube.get(QUOTA, name).get("status", {})
    rows = [row for each in status.get("pools", []) for row in each["resources"]]
    return next((str(row.get("used")) for row in rows if row["name"] == "cpu"), "")


def measure_cpu(kube: ApiClient, pool_name: str, percent: int | None, cores: int) -> None:
    """What the analyzer would write of the pool's cpu, as of now; None: that it knows nothing."""
    status: Object = {"measuredAt": None, "resources": []}
    if percent is not None:
        status = {"measuredAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                  "resources": [{"name": "cpu", "used": f"{cores * 10 * percent}m",
                                 "measuredCapacity": str(cores)}]}
    kube.patch(POOL, pool_name, {"status": status}, subresource="status")
