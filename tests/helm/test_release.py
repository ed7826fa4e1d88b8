"""The chart on a real control plane: install, upgrade, roll back, uninstall, install again."""

from __future__ import annotations

import pytest
from chart_under_test import CHART, NAMESPACE

from berth_controlplane.waiting import wait_until

WAIT_SECONDS = 60
POOL = {"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool", "metadata": {"name": "kept"},
        "spec": {"nodeSelector": {"matchLabels": {"pool": "kept"}}}}


def definitions(kube):
    return {found["metadata"]["name"] for found in
            kube.list("apiextensions.k8s.io/v1/CustomResourceDefinition")
            if found["spec"]["group"] == "berth.dev"}


def leftovers(kube):
    """What an uninstalled Berth must not leave: all that acts or grants."""
    kinds = ("admissionregistration.k8s.io/v1/MutatingAdmissionPolicy",
             "admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding",
             "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
             "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
             "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding",
             "rbac.authorization.k8s.io/v1/ClusterRole",
             "rbac.authorization.k8s.io/v1/ClusterRoleBinding")
    return sorted(f"{kind} {found['metadata']['name']}" for kind in kinds if kube.serves(kind)
                  for found in kube.list(kind) if found["metadata"]["name"].startswith("berth-"))


def replicas(kube, name):
    return kube.get("apps/v1/Deployment", name, NAMESPACE)["spec"]["replicas"]


@pytest.fixture(scope="module")
def installed(release):
    """The first release; its notes."""
    return release("install", "berth", CHART, "--create-namespace")


def test_everything_is_installed_and_the_notes_say_what_comes_next(cluster, installed):
    assert len(definitions(cluster.kube)) == 7
    for name in ("berth-operator", "berth-scheduler-extender", "berth-analyzer"):
        assert replicas(cluster.kube, name) >= 1
    assert "berth-scheduler-config" in installed
    assert "berth.dev/managed=true" in installed


def test_a_second_release_is_refused(helm, cluster, installed):
    done = helm("install", "another", CHART, "--namespace", "another", "--create-namespace",
                kubeconfig=str(cluster.admin_kubeconfig))
    assert done.returncode != 0
    assert "meta.helm.sh/release-name" in done.stderr


def test_upgrade_rollback_and_a_new_installation_keep_the_certificates(cluster, release, installed):
    kube = cluster.kube
    for name in ("berth-authority", "berth-scheduler-extender-tls", "berth-scheduler-client-tls"):
        kube.patch("v1/Secret", name, {"data": {"tls.crt": "aGVsbG8="}}, NAMESPACE)
    release("upgrade", "berth", CHART, "--set", "operator.replicas=3")
    release("rollback", "berth", "1")
    release("uninstall", "berth")
    release("install", "berth", CHART)
    for name in ("berth-authority", "berth-scheduler-extender-tls", "berth-scheduler-client-tls"):
        assert kube.get("v1/Secret", name, NAMESPACE)["data"] == {"tls.crt": "aGVsbG8="}


def test_an_upgrade_changes_what_it_says_and_can_be_rolled_back(cluster, release, installed):
    kube = cluster.kube
    kube.apply(POOL)
    release("upgrade", "berth", CHART, "--set", "operator.replicas=3", "--set",
            "networkPolicy.enabled=false")
    assert replicas(kube, "berth-operator") == 3
    assert kube.list("networking.k8s.io/v1/NetworkPolicy", NAMESPACE) == []
    assert kube.find("berth.dev/v1alpha1/ResourcePool", "kept")
    release("rollback", "berth", "1")
    assert replicas(kube, "berth-operator") == 2
    assert len(kube.list("networking.k8s.io/v1/NetworkPolicy", NAMESPACE)) == 2


def test_definitions_are_upgraded_with_the_chart(cluster, release, installed):
    kube = cluster.kube
    name = "resourcepools.berth.dev"
    kube.patch("apiextensions.k8s.io/v1/CustomResourceDefinition", name,
               {"spec": {"names": {"shortNames": ["stale"]}}})
    release("upgrade", "berth", CHART, "--force-conflicts")
    found = kube.get("apiextensions.k8s.io/v1/CustomResourceDefinition", name)
    assert found["spec"]["names"]["shortNames"] != ["stale"]


def test_uninstalling_leaves_the_definitions_their_objects_and_nothing_that_acts(
        cluster, release, installed):
    kube = cluster.kube
    kube.apply(POOL)
    release("uninstall", "berth")
    wait_until(lambda: leftovers(kube) == [], WAIT_SECONDS, "nothing of Berth acts any more")
    assert len(definitions(kube)) == 7
    assert kube.find("berth.dev/v1alpha1/ResourcePool", "kept")
    assert kube.find("scheduling.k8s.io/v1/PriorityClass", "berth-high"), "pods may name it"
    release("install", "berth", CHART)
    assert replicas(kube, "berth-operator") == 2
    assert kube.find("berth.dev/v1alpha1/ResourcePool", "kept")
