"""The chart on a cluster that allows system-* priorities only where a ResourceQuota speaks of them, as
providers configure it (https://kubernetes.io/docs/concepts/policy/resource-quotas/)."""

from __future__ import annotations

import os

import pytest
import yaml
from chart_under_test import CHART, NAMESPACE

from berth_controlplane.bringup import ClusterOptions, bring_up
from berth_controlplane.waiting import wait_until

WAIT_SECONDS = 60
LIMITED = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": [
    {"name": "ResourceQuota", "configuration": {
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "ResourceQuotaConfiguration",
        "limitedResources": [{"resource": "pods", "matchScopes": [
            {"scopeName": "PriorityClass", "operator": "In",
             "values": ["system-node-critical", "system-cluster-critical"]}]}]}}]}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    config = tmp_path_factory.mktemp("admission") / "config.yaml"
    config.write_text(yaml.safe_dump(LIMITED), encoding="utf-8")
    raised = bring_up(ClusterOptions(
        f"critical-{os.getpid()}", nodes=2, with_metrics=False, tied_to_caller=True,
        extra_flags={"apiserver": [f"--admission-control-config-file={config}"]}))
    yield raised
    raised.down()


def made(kube):
    """How many pods of each Deployment the API server has let in, and why it did not."""
    found = kube.list("apps/v1/Deployment", NAMESPACE)
    return {each["metadata"]["name"]: each["status"].get("replicas", 0) for each in found}


def failures(kube):
    return [condition["message"] for each in kube.list("apps/v1/ReplicaSet", NAMESPACE)
            for condition in each["status"].get("conditions", [])
            if condition["type"] == "ReplicaFailure"]


def test_without_the_quota_the_programs_get_no_pods(cluster, release):
    release("install", "berth", CHART, "--create-namespace", "--set", "criticalPodsQuota=false")
    wait_until(lambda: len(failures(cluster.kube)) == 2, WAIT_SECONDS,
               "operator and extender are refused")
    assert all("insufficient quota to match these scopes" in why
               for why in failures(cluster.kube))


def test_with_the_quota_they_do(cluster, release):
    release("uninstall", "berth")
    release("install", "berth", CHART)
    wait_until(lambda: made(cluster.kube) == {"berth-operator": 2, "berth-scheduler-extender": 2,
                                              "berth-analyzer": 1}, WAIT_SECONDS,
               lambda: f"all pods are let in: {made(cluster.kube)}, {failures(cluster.kube)}")
