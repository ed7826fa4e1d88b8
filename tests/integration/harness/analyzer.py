"""The analyzer with its rights to act, and the policies that it goes by."""

from __future__ import annotations

from .kube import Object

ANALYZER = "berth-analyzer"
POLICY = "berth.dev/v1alpha1/ScalingPolicy"
RECOMMENDATION = "berth.dev/v1alpha1/ScalingRecommendation"
# metrics-server scrapes every 10 s, the analyzer asks as often; it wants half of ten samples.
ADVICE_SECONDS = 150


def rights_to_act() -> list[Object]:
    """What the chart adds with analyzer.act, which is not the default."""
    group = "rbac.authorization.k8s.io"
    metadata = {"name": "test-analyzer-acts"}
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": [
            {"apiGroups": ["apps"], "resources": ["deployments/scale", "statefulsets/scale"],
             "verbs": ["patch"]},
            {"apiGroups": [""], "resources": ["pods/resize"], "verbs": ["patch"]},
            {"apiGroups": ["events.k8s.io"], "resources": ["events"],
             "verbs": ["create", "patch"]}]},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": metadata,
         "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": metadata["name"]},
         "subjects": [{"kind": "ServiceAccount", "name": ANALYZER, "namespace": "berth-system"}]}]


def policy(name: str, namespace: str, actions: list[str], **more: object) -> Object:
    """A ScalingPolicy for the Deployment of that name; `more` are further fields of its spec."""
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "ScalingPolicy",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"targetRef": {"kind": "Deployment", "name": name}, "actions": actions, **more}}
