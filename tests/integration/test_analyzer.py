"""berth-analyzer on a real cluster: real metrics.k8s.io values in, advice out, and its patches taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from harness import objects
from harness.analyzer import (ADVICE_SECONDS, ANALYZER, POLICY, RECOMMENDATION, policy,
                              rights_to_act)
from harness.kube import ApiClient, Object, condition, wait_until
from harness.programs import Programs, metric

from berth_controlplane.berth import BerthOptions
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster


@pytest.fixture
def analyzer(cluster: Cluster, programs_folder: Path, programs: Programs,
             tmp_path: Path) -> Iterator[str]:
    """The analyzer with the rights of its service account; gives the address of its metrics."""
    berth_up(cluster, BerthOptions(programs_folder, programs=()), print)
    for right in rights_to_act():
        cluster.kube.apply(right)
    record = programs.start(ANALYZER, "--interval-seconds=10", "--leader-elect=false", "--act=true",
                            f"--history-file={tmp_path / 'history'}",
                            service_account=f"berth-system/{ANALYZER}")
    yield record.probe_url.replace("/readyz", "/metrics")


def test_a_busy_deployment_is_recommended_to_scale_out_and_the_patch_is_taken(
        analyzer: str, kube: ApiClient, namespace: str) -> None:
    kube.create(objects.measured_deployment("web", namespace, cpu_used="950m"))
    kube.create(policy("web", namespace, ["Replicas"]))
    found = wait_until(lambda: standing(kube, namespace, "ScaleOut"), ADVICE_SECONDS,
                       "it is recommended to scale out")
    assert found["spec"]["targetRef"] == {"kind": "Deployment", "name": "web"}
    assert found["spec"]["action"]["subresource"] == "Scale"
    assert found["metadata"]["ownerReferences"][0]["kind"] == "ScalingPolicy"
    patch = json.loads(found["spec"]["action"]["patch"])
    assert patch["spec"]["replicas"] > 2
    scaled = kube.patch("apps/v1/Deployment", "web", patch, namespace, "scale")
    assert scaled["spec"]["replicas"] == patch["spec"]["replicas"]
    wait_until(lambda: is_applied(kube, namespace, found["metadata"]["name"]), 60,
               "it is seen that the patch was applied")
    assert metric(analyzer, "berth_analyzer_series") >= 4
    assert metric(analyzer, 'berth_analyzer_samples_total{outcome="added"}') > 0


def test_in_mode_auto_a_busy_deployment_is_scaled_within_its_bounds_and_told_of(
        analyzer: str, kube: ApiClient, namespace: str) -> None:
    kube.create(objects.measured_deployment("web", namespace, cpu_used="950m"))
    kube.create(policy("web", namespace, ["Replicas"], mode="Auto", maxReplicas=3))
    wait_until(lambda: kube.get("apps/v1/Deployment", "web", namespace)["spec"]["replicas"] == 3,
               ADVICE_SECONDS, "it is scaled out")
    found = next(one for one in kube.list(RECOMMENDATION, namespace)
                 if one["spec"]["kind"] == "ScaleOut")
    assert json.loads(found["status"]["carriedOut"]["undoPatch"]) == {"spec": {"replicas": 2}}
    wait_until(lambda: is_applied(kube, namespace, found["metadata"]["name"]), 60,
               "it is seen that it was carried out")
    wait_until(lambda: any(event["reason"] == "ScaledOut" and event["regarding"].get("name") == "web"
                           for event in kube.list("events.k8s.io/v1/Event", namespace)), 30,
               "an event tells of it")
    assert "lastAppliedAt" in kube.get(POLICY, "web", namespace)["status"]
    counted = metric(analyzer, 'berth_analyzer_actions_total{kind="ScaleOut",outcome="ok"}')
    assert counted == 1


def test_in_mode_auto_running_pods_are_resized_in_place_and_the_template_is_not_touched(
        analyzer: str, kube: ApiClient, namespace: str) -> None:
    web = objects.measured_deployment("web", namespace, cpu_used="100m", memory_used="500Mi")
    limits = {"memory": "512Mi"}
    web["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] = limits
    kube.create(web)
    wait_until(lambda: running(kube, namespace) == 2, 60, "both pods run")
    for pod in kube.list("v1/Pod", namespace):
        say_killed(kube, pod)
    kube.create(policy("web", namespace, ["Resize"], mode="Auto"))
    wait_until(lambda: requested(kube, namespace) == ["resized"] * 2, ADVICE_SECONDS,
               "both pods ask for more memory")
    template = kube.get("apps/v1/Deployment", "web", namespace)["spec"]["template"]
    assert template["spec"]["containers"][0]["resources"]["requests"]["memory"] == "512Mi"
    found = standing(kube, namespace, "Resize")
    assert found and "carriedOut" in found["status"]
    assert metric(analyzer, 'berth_analyzer_actions_total{kind="Resize",outcome="ok"}') == 2


def running(kube: ApiClient, namespace: str) -> int:
    """How many pods of the namespace run."""
    return sum(pod["status"].get("phase") == "Running" for pod in kube.list("v1/Pod", namespace))


def say_killed(kube: ApiClient, pod: Object) -> None:
    """As a kubelet says that the pod's container was killed for its memory just now."""
    statuses = pod["status"]["containerStatuses"]
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    statuses[0]["lastState"] = {"terminated": {"reason": "OOMKilled", "exitCode": 137,
                                               "startedAt": now, "finishedAt": now}}
    kube.patch("v1/Pod", pod["metadata"]["name"], {"status": {"containerStatuses": statuses}},
               pod["metadata"]["namespace"], "status")


def requested(kube: ApiClient, namespace: str) -> list[str]:
    """Of each pod, whether it asks for what its template says."""
    memory = [pod["spec"]["containers"][0]["resources"]["requests"]["memory"]
              for pod in kube.list("v1/Pod", namespace)]
    return ["as made" if amount == "512Mi" else "resized" for amount in memory]


def test_what_an_autoscaler_scales_or_what_still_waits_gets_no_contradictory_advice(
        analyzer: str, kube: ApiClient, namespace: str) -> None:
    kube.create(objects.measured_deployment("alone", namespace, cpu_used="950m"))
    kube.create(objects.measured_deployment("scaled", namespace, cpu_used="950m"))
    kube.create(autoscaler("scaled", namespace))
    waiting = objects.measured_deployment("waiting", namespace, cpu_used="950m")
    waiting["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
    kube.create(waiting)
    for name in ("alone", "scaled", "waiting"):
        kube.create(policy(name, namespace, ["Replicas"]))
    wait_until(lambda: reason(kube, namespace, "scaled") == ("False", "ScaledByAutoscaler"), 60,
               "it is left to its autoscaler")
    wait_until(lambda: reason(kube, namespace, "waiting") == ("True", "PodsPending"), 60,
               "its pods are waited for")
    # Once the one like it is advised on, the others would have been as well.
    found = wait_until(lambda: standing(kube, namespace, "ScaleOut"), ADVICE_SECONDS,
                       "the one that nobody else scales is recommended to scale out")
    assert found["spec"]["targetRef"]["name"] == "alone"
    targets = {one["spec"]["targetRef"]["name"] for one in kube.list(RECOMMENDATION, namespace)}
    assert targets == {"alone"}


def reason(kube: ApiClient, namespace: str, name: str) -> tuple[str, str] | None:
    """Whether the policy says that replicas are advised on, and why."""
    found = condition(kube.get(POLICY, name, namespace), "ReplicasAdvised")
    return (found["status"], found["reason"]) if found else None


def autoscaler(name: str, namespace: str) -> Object:
    """A HorizontalPodAutoscaler that keeps the Deployment of that name at two replicas."""
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"minReplicas": 2, "maxReplicas": 2,
                     "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment",
                                        "name": name}}}


def standing(kube: ApiClient, namespace: str, kind: str) -> Object | None:
    """The recommendation of a kind that is valid, if there is one."""
    for found in kube.list(RECOMMENDATION, namespace):
        valid = condition(found, "Valid")
        if found["spec"]["kind"] == kind and valid and valid["status"] == "True":
            return found
    return None


def is_applied(kube: ApiClient, namespace: str, name: str) -> bool:
    """Whether the analyzer has seen that the recommendation was followed."""
    applied = condition(kube.get(RECOMMENDATION, name, namespace), "Applied")
    return applied is not None and applied["status"] == "True"
