"""The kube-scheduler that the chart deploys: what it is given, and that the real one works with it."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
import yaml
from chart_under_test import CHART, NAMESPACE, deployments, rendered
from local_pods import LocalPods

from berth_controlplane.waiting import wait_until

DEPLOYED = ("--set", "scheduler.deploy=true")
SCHEDULER = "berth-scheduler"
EXTENDER = "berth-scheduler-extender"
TEAM = "team-a"
WAIT_SECONDS = 60


# What is rendered -----------------------------------------------------------------------------------


def configuration(documents):
    """The configuration file of the deployed scheduler."""
    config, = [document["data"]["config.yaml"] for document in documents
               if (document["kind"], document["metadata"]["name"]) == ("ConfigMap", SCHEDULER)]
    return yaml.safe_load(config)


def test_nothing_of_it_is_there_unless_it_is_asked_for(helm):
    names = {document["metadata"]["name"] for document in rendered(helm)}
    assert not [name for name in names if name.startswith(SCHEDULER)
                and name not in (EXTENDER, "berth-scheduler-config", "berth-scheduler-client-tls")
                and not name.startswith(EXTENDER)]


@pytest.mark.parametrize("version, tag", [
    ("v1.36.3", "v1.36.3"), ("v1.36.3-gke.1001000", "v1.36.3"), ("v1.36.0-eks-1a2b3c4", "v1.36.0"),
    ("v1.37.1+k3s1", "v1.37.1")])
def test_its_image_is_of_the_clusters_version(helm, version, tag):
    spec = deployments(rendered(helm, *DEPLOYED, "--kube-version", version))[SCHEDULER]
    container, = spec["template"]["spec"]["containers"]
    assert container["image"] == f"registry.k8s.io/kube-scheduler:{tag}"


def test_another_image_is_taken_as_it_is_named(helm):
    digest = "sha256:" + "0" * 64
    spec = deployments(rendered(helm, *DEPLOYED, "--set", "scheduler.image.repository=mirror/ks",
                                "--set", f"scheduler.image.digest={digest}"))[SCHEDULER]
    container, = spec["template"]["spec"]["containers"]
    assert container["image"] == f"mirror/ks@{digest}"


def test_both_schedulers_ask_the_extender_in_the_same_way(helm):
    documents = rendered(helm, *DEPLOYED, "--set", "scheduler.ignorable=false")
    of_the_cluster, = [yaml.safe_load(document["data"]["config.yaml"]) for document in documents
                       if document["metadata"]["name"] == "berth-scheduler-config"]
    own = configuration(documents)
    for config in (own, of_the_cluster):
        for file in ("caFile", "certFile", "keyFile"):
            path = config["extenders"][0]["tlsConfig"][file]
            config["extenders"][0]["tlsConfig"][file] = path.rpartition("/")[2]
    assert own["extenders"] == of_the_cluster["extenders"]
    assert own["percentageOfNodesToScore"] == of_the_cluster["percentageOfNodesToScore"]


def test_a_changed_configuration_replaces_the_pods(helm):
    def annotations(*words):
        spec = deployments(rendered(helm, *DEPLOYED, *words))[SCHEDULER]
        return spec["template"]["metadata"]["annotations"]

    assert annotations()["checksum/config"] != \
        annotations("--set", "scheduler.weight=5")["checksum/config"]
    assert annotations("--set", "scheduler.podAnnotations.note=x")["note"] == "x"


def test_it_takes_what_its_values_say(helm):
    documents = rendered(helm, *DEPLOYED, "--set-json", 'scheduler.nodeSelector={"role":"infra"}',
                         "--set", "scheduler.name=mine,scheduler.replicas=3",
                         "--set", "scheduler.extraArguments={--feature-gates=X=true}")
    spec = deployments(documents)[SCHEDULER]
    pod = spec["template"]["spec"]
    assert spec["replicas"] == 3
    assert pod["nodeSelector"] == {"role": "infra"}
    assert pod["priorityClassName"] == "system-cluster-critical"
    assert pod["containers"][0]["args"][-1] == "--feature-gates=X=true"
    profile, = configuration(documents)["profiles"]
    assert profile["schedulerName"] == "mine"
    assert profile["pluginConfig"] == [{
        "name": "NodeResourcesFit", "args": {"ignoredResourceGroups": ["pool.berth.dev"]}}]
    gate, = [document for document in documents if document["kind"] == "MutatingAdmissionPolicy"]
    assert "schedulerName: \"mine\"" in json.dumps(gate).replace('\\"', '"')
    budget, = [document for document in documents if document["kind"] == "PodDisruptionBudget"
               and document["metadata"]["name"] == SCHEDULER]
    assert budget["spec"]["selector"] == spec["selector"]


def test_a_scheduler_that_is_not_assigned_is_not_named_by_the_gate(helm):
    gate, = [document for document in rendered(helm, *DEPLOYED, "--set", "scheduler.assign=false")
             if document["kind"] == "MutatingAdmissionPolicy"]
    assert len(gate["spec"]["mutations"]) == 1


def test_the_name_of_the_clusters_own_scheduler_is_refused(helm):
    done = helm("template", "berth", CHART, "--namespace", NAMESPACE, "--set", "gate.mode=Policy",
                *DEPLOYED, "--set", "scheduler.name=default-scheduler")
    assert done.returncode != 0
    assert "/scheduler/name" in done.stderr


# What the real one does -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pods(cluster, release, programs_folder, tmp_path_factory) -> LocalPods:
    """Operator, extender and one scheduler, as the installed chart says."""
    release("install", "berth", CHART, "--create-namespace", *DEPLOYED)
    kube = cluster.kube
    local = LocalPods(cluster, programs_folder, tmp_path_factory.mktemp("pods"))
    local.start("berth-operator")
    wait_until(lambda: len(kube.get("v1/Secret", "berth-scheduler-client-tls", NAMESPACE)
                           .get("data", {})) == 3, WAIT_SECONDS, "the certificates are made")
    local.start(EXTENDER)
    local.answer_gate()
    local.start(SCHEDULER)
    make_a_team(kube)
    return local


def make_a_team(kube):
    for name, labels in ((TEAM, {"berth.dev/managed": "true"}), ("elsewhere", {})):
        kube.apply({"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "labels": labels}})
    kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool",
                "metadata": {"name": "all"}, "spec": {
                    "nodeSelector": {"matchLabels": {"kubernetes.io/os": "linux"}},
                    "resources": [{"name": "cpu"}], "strategy": "BestFit"}})
    kube.apply({"apiVersion": "berth.dev/v1alpha1", "kind": "Quota", "metadata": {"name": TEAM},
                "spec": {"subjects": {"namespaces": [TEAM]}, "pools": [
                    {"poolRef": {"name": "all"}, "resources": [{"name": "cpu", "nominal": 20}]}]}})
    for namespace in (TEAM, "elsewhere"):
        wait_until(lambda: kube.find("v1/ServiceAccount", "default", namespace), WAIT_SECONDS,
                   f"pods can be created in {namespace}")


def create(kube, namespace, name, **spec):
    container = {"name": "main", "image": "registry.invalid/x",
                 "resources": {"requests": {"cpu": "100m"}}}
    return kube.create({"apiVersion": "v1", "kind": "Pod",
                        "metadata": {"name": name, "namespace": namespace},
                        "spec": {"containers": [container]} | spec})


def wait_bound(kube, namespace, name):
    wait_until(lambda: kube.get("v1/Pod", name, namespace)["spec"].get("nodeName"), WAIT_SECONDS,
               lambda: f"{name} is bound: {kube.get('v1/Pod', name, namespace)}")


def binder(kube, namespace, name):
    """Which scheduler says that it bound the pod."""
    def said():
        return [event for event in kube.list("v1/Event", namespace)
                if event["reason"] == "Scheduled" and event["involvedObject"]["name"] == name]

    wait_until(said, WAIT_SECONDS, f"somebody says that {name} is bound")
    return said()[0]["reportingComponent"]


def filter_calls(pods):
    text = urllib.request.urlopen(f"http://127.0.0.1:{pods.port(EXTENDER, 8081)}/metrics",
                                  timeout=10).read().decode()
    line, = [line for line in text.splitlines() if line.startswith(
        "berth_extender_request_duration_seconds_count") and 'verb="filter"' in line
        and 'outcome="ok"' in line]
    return float(line.rpartition(" ")[2])


def test_a_managed_pod_is_bound_by_it_through_the_extender(cluster, pods):
    kube = cluster.kube
    before = filter_calls(pods)
    created = create(kube, TEAM, "plain")
    assert created["spec"]["schedulerName"] == "berth"
    assert created["spec"]["schedulingGates"] == [{"name": "berth.dev/admission"}]
    wait_bound(kube, TEAM, "plain")
    assert binder(kube, TEAM, "plain") == "berth"
    assert filter_calls(pods) > before


def test_a_pod_that_names_another_scheduler_keeps_it(cluster, pods):
    created = create(cluster.kube, TEAM, "particular", schedulerName="batch-scheduler")
    assert created["spec"]["schedulerName"] == "batch-scheduler"
    assert created["spec"]["schedulingGates"] == [{"name": "berth.dev/admission"}]


def test_an_unmanaged_pod_is_the_cluster_schedulers_unless_it_asks_for_berths(cluster, pods):
    kube = cluster.kube
    create(kube, "elsewhere", "plain")
    wait_bound(kube, "elsewhere", "plain")
    assert binder(kube, "elsewhere", "plain") == "default-scheduler"
    before = filter_calls(pods)
    create(kube, "elsewhere", "asking", schedulerName="berth")
    wait_bound(kube, "elsewhere", "asking")
    assert binder(kube, "elsewhere", "asking") == "berth"
    assert filter_calls(pods) > before


def test_its_pods_pass_the_restricted_profile(cluster, pods):
    kube = cluster.kube
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": "restricted", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})
    template = kube.get("apps/v1/Deployment", SCHEDULER, NAMESPACE)["spec"]["template"]
    spec = template["spec"] | {"serviceAccountName": "default", "priorityClassName": ""}
    wait_until(lambda: kube.find("v1/ServiceAccount", "default", "restricted"), WAIT_SECONDS,
               "pods can be created in restricted")
    kube.request("POST", kube.path("v1/Pod", "restricted"),
                 {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "try"}, "spec": spec},
                 query={"dryRun": "All"})


def test_a_second_replica_stands_by_and_takes_over(cluster, pods):
    kube = cluster.kube

    def holder():
        lease = kube.get("coordination.k8s.io/v1/Lease", SCHEDULER, NAMESPACE)
        return lease["spec"].get("holderIdentity")

    first = holder()
    pods.start(SCHEDULER, "-2")
    assert holder() == first
    cluster.stop(SCHEDULER)
    wait_until(lambda: holder() not in (first, "", None), WAIT_SECONDS, "the other one leads")
    create(kube, TEAM, "later")
    wait_bound(kube, TEAM, "later")
    assert binder(kube, TEAM, "later") == "berth"


def test_it_is_permitted_all_that_it_asks_for(cluster, pods):
    for name in (SCHEDULER, f"{SCHEDULER}-2"):
        record = cluster.state.processes.get(name)
        if record:
            assert "forbidden" not in Path(record.log).read_text(encoding="utf-8").lower()
