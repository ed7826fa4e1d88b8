"""The API client for tests, with the words tests wait in.

    kube.create(objects.pod("a", namespace))
    wait_until(lambda: phase(kube, "a", namespace) == "Running", 30, "pod a runs")
"""

from __future__ import annotations

from berth_controlplane.api import (
    APPLY_PATCH,
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    ApiClient,
    Object,
)
from berth_controlplane.errors import ApiError
from berth_controlplane.waiting import WaitTimeout, wait_until

__all__ = [
    "APPLY_PATCH", "JSON_PATCH", "MERGE_PATCH", "STRATEGIC_PATCH", "WAIT_SECONDS", "ApiClient",
    "ApiError", "Object", "WaitTimeout", "condition", "live_pods", "phase", "running_pods",
    "wait_condition", "wait_gone", "wait_phase", "wait_until",
]

WAIT_SECONDS = 60


def phase(kube: ApiClient, name: str, namespace: str) -> str:
    """status.phase of a pod; empty if there is no such pod."""
    pod = kube.find("v1/Pod", name, namespace)
    return str(pod["status"].get("phase", "")) if pod else ""


def live_pods(kube: ApiClient, namespace: str) -> list[Object]:
    """The pods of a namespace that nobody has deleted."""
    return [pod for pod in kube.list("v1/Pod", namespace)
            if "deletionTimestamp" not in pod["metadata"]]


def running_pods(kube: ApiClient, namespace: str) -> list[Object]:
    """Those of them that run."""
    return [pod for pod in live_pods(kube, namespace) if pod["status"].get("phase") == "Running"]


def condition(item: Object, kind: str) -> Object | None:
    """A condition of an object's status by its type."""
    conditions: list[Object] = item.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), None)


def wait_phase(kube: ApiClient, name: str, namespace: str, wanted: str,
               timeout_seconds: float = WAIT_SECONDS) -> Object:
    """Wait until a pod is in a phase; returns the pod."""
    wait_until(lambda: phase(kube, name, namespace) == wanted, timeout_seconds, lambda: (
        f"pod {namespace}/{name} is {wanted}: {kube.find('v1/Pod', name, namespace)}"))
    return kube.get("v1/Pod", name, namespace)


def wait_condition(kube: ApiClient, kind: str, name: str, namespace: str | None, wanted: str,
                   status: str = "True", timeout_seconds: float = WAIT_SECONDS) -> Object:
    """Wait until an object has a condition with this status; returns the condition."""
    def found() -> Object | None:
        current = kube.find(kind, name, namespace)
        match = condition(current, wanted) if current else None
        return match if match and match["status"] == status else None

    return wait_until(found, timeout_seconds, lambda: (
        f"{kind} {namespace or ''}/{name} has {wanted}={status}: "
        f"{(kube.find(kind, name, namespace) or {}).get('status')}"))


def wait_gone(kube: ApiClient, kind: str, name: str, namespace: str | None = None,
              timeout_seconds: float = WAIT_SECONDS) -> None:
    """Wait until an object does not exist any more."""
    wait_until(lambda: kube.find(kind, name, namespace) is None, timeout_seconds,
               f"{kind} {namespace or ''}/{name} is gone")
