"""Unusual use on a real cluster: what is measured leaves what the history knows, and is told once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects, objects, world
from harness.history import write_history
from harness.kube import ApiClient, Object, wait_until
from harness.programs import Programs, metric

from berth_controlplane.cluster import Cluster

ANALYZER = "berth-analyzer"
CORES = 4
STEP_SECONDS = 300
USUAL_MILLICORES = 500.0
# The step that has begun must end, and metrics-server scrapes every 10 s, as often as it is asked.
TOLD_SECONDS = STEP_SECONDS + 90


@pytest.fixture
def busy_pool(cluster: Cluster, programs_folder: Path, kube: ApiClient,
              namespace: str) -> Iterator[str]:
    """A pool of two nodes, nearly all of whose cpu is used; its name."""
    with world.pool_of_nodes(cluster, programs_folder, nodes=2, cpu=CORES, programs=()) as pool:
        for node in kube.list("v1/Node", labelSelector=f"{berth_objects.POOL_LABEL}={pool}"):
            name = node["metadata"]["name"]
            kube.create(objects.pod(f"busy-{name}", namespace, requests={"cpu": "1"},
                                    annotations={objects.USAGE_CPU: f"{CORES * 950}m",
                                                 objects.USAGE_MEMORY: "1Gi"}, nodeName=name))
        yield pool


def test_a_spike_above_two_quiet_days_is_one_event_on_the_pool(
        kube: ApiClient, programs: Programs, programs_folder: Path, busy_pool: str,
        tmp_path: Path) -> None:
    uid = kube.get(berth_objects.POOL, busy_pool)["metadata"]["uid"]
    history = tmp_path / "history"
    write_history(programs_folder, history, f"pool/{uid}/cpu", 2, lambda _: USUAL_MILLICORES)
    record = programs.start(ANALYZER, "--interval-seconds=10", "--leader-elect=false",
                            f"--history-file={history}",
                            service_account=f"berth-system/{ANALYZER}")
    metrics = record.probe_url.replace("/readyz", "/metrics")
    wait_until(lambda: metric(metrics, 'berth_analyzer_anomaly_series{state="watched"}') >= 1, 60,
               "the pool is watched")
    wait_until(lambda: told(kube, busy_pool), TOLD_SECONDS, "an event tells of the spike")
    time.sleep(30)  # three more readings of the same use
    event, = told(kube, busy_pool)
    assert event["reason"] == "UsageSpiked"
    assert event["note"].startswith("cpu was at ")
    assert "series" not in event
    assert metric(metrics, 'berth_analyzer_anomalies_total{kind="spike"}') == 1


def told(kube: ApiClient, pool: str) -> list[Object]:
    """Events about unusual use of the pool."""
    return [event for event in kube.list("events.k8s.io/v1/Event")
            if event["regarding"].get("name") == pool and event["reason"].startswith("Usage")]
