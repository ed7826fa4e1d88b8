"""What Helm runs in the cluster: the last act of `helm uninstall`, and `helm test`. Each Job's command runs
with the account and the rights that the Job has at that moment, while Helm waits for it."""

from __future__ import annotations

import json

import pytest
from chart_under_test import CHART, NAMESPACE, rendered
from local_pods import JOBS_TAKE_THEIR_TIME, LocalPods

from berth_controlplane import gate
from berth_controlplane.api import ApiClient
from berth_controlplane.errors import ApiError
from berth_controlplane.waiting import wait_until

WAIT_SECONDS = 60
TEAM = "team-a"
GATE = {"name": "berth.dev/admission"}
OTHER_GATE = {"name": "example.com/warm-up"}
FINALIZER = "berth.dev/in-use"
RESERVATION = "berth.dev/v1alpha1/Reservation"
CERTIFICATES = "berth-scheduler-client-tls"


@pytest.fixture(scope="module")
def local_pods(cluster, programs_folder, tmp_path_factory) -> LocalPods:
    """What runs here in place of the cluster's nodes."""
    return LocalPods(cluster, programs_folder, tmp_path_factory.mktemp("pods"))


@pytest.fixture(scope="module")
def team(cluster) -> ApiClient:
    """A client of a cluster with a managed namespace."""
    kube = cluster.kube
    kube.apply({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": TEAM, "labels": {"berth.dev/managed": "true"}}})
    wait_until(lambda: kube.find("v1/ServiceAccount", "default", TEAM), WAIT_SECONDS,
               "pods can be created")
    return kube


def gates(kube, name):
    return kube.get("v1/Pod", name, TEAM)["spec"].get("schedulingGates", [])


def create_waiting(kube, name, *others):
    """A pod that waits at the gate, which the installed policy has put on it. Where a webhook would put
    it, nothing runs here that answers: the pod brings the gate itself."""
    own = [] if gate.is_policy(kube) else [GATE]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": TEAM},
           "spec": {"containers": [{"name": "main", "image": "registry.invalid/x"}],
                    "schedulingGates": [*others, *own]}}

    def created():
        kube.create(pod)
        if GATE in gates(kube, name):
            return True
        kube.delete("v1/Pod", name, TEAM, gracePeriodSeconds=0)
        wait_until(lambda: not kube.find("v1/Pod", name, TEAM), WAIT_SECONDS, f"{name} is gone")
        return False

    wait_until(created, WAIT_SECONDS, "the gate is put on managed pods")


def reserve(kube, name):
    kube.create({"apiVersion": "berth.dev/v1alpha1", "kind": "Reservation",
                 "metadata": {"name": name, "finalizers": [FINALIZER]},
                 "spec": {"poolRef": {"name": "cpu"}, "quotaRef": {"name": TEAM},
                          "kind": "TimeWindow", "resources": [{"name": "cpu", "amount": 1}],
                          "window": {"start": "2030-01-01T00:00:00Z", "durationSeconds": 3600},
                          "allowed": {"namespaces": [TEAM]}}})


def install(release, *words):
    release("install", "berth", CHART, "--create-namespace", *JOBS_TAKE_THEIR_TIME, *words)


def uninstall(release, local_pods):
    """What the Job of the uninstallation did, while Helm waited for it. The guard goes on to act for
    a second after its policy is deleted, which is why the Job may fail at first."""
    with local_pods.job_runs("berth-uninstall", attempts=4) as job:
        release("uninstall", "berth")
        return job.result()


def leftovers(kube):
    """What must be gone with the Job: its account and its rights."""
    found = [kube.find(f"rbac.authorization.k8s.io/v1/{kind}", "berth-uninstall")
             for kind in ("ClusterRole", "ClusterRoleBinding")]
    return [each for each in (*found, kube.find("v1/ServiceAccount", "berth-uninstall", NAMESPACE),
                              kube.find("batch/v1/Job", "berth-uninstall", NAMESPACE)) if each]


def test_uninstalling_says_who_waits_and_lets_nothing_hang(release, local_pods, team):
    install(release)
    create_waiting(team, "patient")
    reserve(team, "ending")
    reserve(team, "kept")
    team.delete(RESERVATION, "ending")
    assert team.find(RESERVATION, "ending"), "its finalizer holds it"
    done = uninstall(release, local_pods)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TEAM}/patient" in done.stdout
    assert gates(team, "patient") == [GATE]
    assert not team.find(RESERVATION, "ending")
    assert "finalizers" not in team.get(RESERVATION, "kept")["metadata"]
    wait_until(lambda: leftovers(team) == [], WAIT_SECONDS, "the Job's rights are gone")


def test_uninstalling_lets_waiting_pods_go_if_it_is_told_to(release, local_pods, team):
    install(release, "--set", "uninstall.releaseGatedPods=true")
    create_waiting(team, "freed")
    create_waiting(team, "warming", OTHER_GATE)
    done = uninstall(release, local_pods)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: team.get("v1/Pod", "freed", TEAM)["spec"].get("nodeName"), WAIT_SECONDS,
               "the freed pod is scheduled")
    assert gates(team, "warming") == [OTHER_GATE]
    assert "patient" in done.stdout, "it waits since an earlier installation"
    wait_until(lambda: leftovers(team) == [], WAIT_SECONDS, "the Job's rights are gone")


def test_the_job_may_not_touch_pods_unless_it_is_told_to(helm):
    def verbs(*words):
        role, = [document for document in rendered(helm, *words)
                 if (document["kind"], document["metadata"]["name"])
                 == ("ClusterRole", "berth-uninstall")]
        return role["rules"][0]["verbs"]

    assert verbs() == ["list"]
    assert verbs("--set", "uninstall.releaseGatedPods=true") == ["list", "patch"]
    assert not [document for document in rendered(helm, "--set", "uninstall.hook=false")
                if document["metadata"]["name"] == "berth-uninstall"]


def test_helm_test_tells_whether_berth_works(cluster, release, local_pods, team):
    install(release)
    local_pods.start("berth-operator")
    wait_until(lambda: len(team.get("v1/Secret", CERTIFICATES, NAMESPACE).get("data", {})) == 3,
               WAIT_SECONDS, "the certificates are made")
    local_pods.start("berth-scheduler-extender")
    with local_pods.job_runs("berth-test") as job:
        release("test", "berth")
        done = job.result()
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["API", "works"], ["operator", "works"], ["extender", "works"]]
    cluster.stop("berth-operator")
    cluster.stop("berth-scheduler-extender")
    with local_pods.job_runs("berth-test") as job:
        release("test", "berth")
        done = job.result()
    assert done.returncode == 1
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["API", "works"], ["operator", "fails"], ["extender", "fails"]]


def test_the_jobs_pass_the_restricted_profile(helm, team):
    team.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": "restricted", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})
    wait_until(lambda: team.find("v1/ServiceAccount", "default", "restricted"), WAIT_SECONDS,
               "pods can be created in restricted")
    jobs = [document["spec"]["template"] for document in rendered(helm)
            if document["kind"] == "Job"]
    assert len(jobs) == 2
    for template in jobs:
        spec = template["spec"] | {"serviceAccountName": "default"}
        try:
            team.request("POST", team.path("v1/Pod", "restricted"),
                         {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "try"},
                          "spec": spec}, query={"dryRun": "All"})
        except ApiError as error:
            pytest.fail(f"{json.dumps(spec)}: {error}")
