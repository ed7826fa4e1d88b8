"""The mode Auto on a real cluster over a day: replicas come before a peak that the history knows, and
nothing is changed while nobody measures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import objects
from harness.analyzer import (ADVICE_SECONDS, ANALYZER, POLICY, RECOMMENDATION, policy,
                              rights_to_act)
from harness.history import write_history
from harness.kube import ApiClient, Object, condition, wait_until
from harness.programs import Programs

from berth_controlplane.berth import BerthOptions
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster

DAY_SECONDS = 86400
NIGHT_MILLICORES = 400
DAY_MILLICORES = 6000
# Steps are of five minutes, and the next hour is looked at.
PEAK_IN_SECONDS = 25 * 60
# The analyzer asks every 10 s, and a measurement is stale after three of them.
STALE_SECONDS = 90


@pytest.fixture
def rights(cluster: Cluster, programs_folder: Path) -> Iterator[None]:
    """Berth's definitions, and what an analyzer that acts may do."""
    berth_up(cluster, BerthOptions(programs_folder, programs=()), print)
    for right in rights_to_act():
        cluster.kube.apply(right)
    yield


def start_analyzer(programs: Programs, *flags: str) -> None:
    programs.start(ANALYZER, "--interval-seconds=10", "--leader-elect=false", "--act=true", *flags,
                   service_account=f"berth-system/{ANALYZER}")


def replicas(kube: ApiClient, namespace: str) -> int:
    return kube.get("apps/v1/Deployment", "web", namespace)["spec"]["replicas"]


def test_replicas_come_before_the_peak_of_the_day_while_use_is_still_low(
        rights, kube: ApiClient, namespace: str, programs: Programs, programs_folder: Path,
        tmp_path: Path) -> None:
    """Four days were alike: eight hours of work begin at the same time of each, and again soon."""
    peak = int(time.time()) + PEAK_IN_SECONDS

    def use_at(at: int) -> float:
        return DAY_MILLICORES if (at - peak) % DAY_SECONDS < DAY_SECONDS / 3 else NIGHT_MILLICORES

    history = tmp_path / "history"
    write_history(programs_folder, history, f"workload/{namespace}/Deployment/web/cpu", 4, use_at)
    kube.create(objects.measured_deployment("web", namespace, cpu_used=f"{NIGHT_MILLICORES // 2}m"))
    kube.create(policy("web", namespace, ["Replicas"], mode="Auto", minReplicas=2, maxReplicas=12))
    start_analyzer(programs, f"--history-file={history}")
    wait_until(lambda: replicas(kube, namespace) > 2, ADVICE_SECONDS,
               "replicas are added before the peak")
    assert time.time() < peak
    scaled, = [one for one in kube.list(RECOMMENDATION, namespace)
               if one["spec"]["kind"] == "ScaleOut"]
    assert scaled["spec"]["evidence"]["model"] != "None"
    assert scaled["status"]["carriedOut"]["undoPatch"] == '{"spec":{"replicas":2}}'


def test_while_metrics_server_is_down_a_busy_deployment_is_unknown_and_not_scaled(
        rights, kube: ApiClient, namespace: str, programs: Programs, cluster: Cluster) -> None:
    """I14: what is not measured is neither idle nor busy."""
    kube.create(objects.measured_deployment("web", namespace, cpu_used="500m"))
    kube.create(policy("web", namespace, ["Replicas"], mode="Auto", minReplicas=1, maxReplicas=12))
    start_analyzer(programs)
    wait_until(lambda: ready(kube, namespace)["status"] == "True", ADVICE_SECONDS, "it is measured")
    cluster.stop("metrics-server")
    try:
        unknown = wait_until(lambda: [one for one in [ready(kube, namespace)]
                                      if one["status"] == "Unknown"], STALE_SECONDS,
                             "it is not known any more")
        assert unknown[0]["reason"] in ("MetricsStale", "MetricsMissing")
        time.sleep(30)  # three more looks
        assert replicas(kube, namespace) == 2
        assert not kube.list(RECOMMENDATION, namespace)
    finally:
        cluster.start("metrics-server")
    wait_until(lambda: ready(kube, namespace)["status"] == "True", ADVICE_SECONDS,
               "it is measured again")


def ready(kube: ApiClient, namespace: str) -> Object:
    return condition(kube.get(POLICY, "web", namespace), "Ready") or {"status": "", "reason": ""}
