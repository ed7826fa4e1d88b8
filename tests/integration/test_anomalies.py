"""Unusual use on a real cluster: what is measured leaves what the history knows, and is told once."""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects, objects, world
from harness.kube import ApiClient, Object, wait_until
from harness.programs import Programs, metric

from berth_controlplane.cluster import Cluster

ANALYZER = "berth-analyzer"
CORES = 4
STEP_SECONDS = 300
DAY_STEPS = 24 * 3600 // STEP_SECONDS
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
        kube: ApiClient, programs: Programs, busy_pool: str, tmp_path: Path) -> None:
    uid = kube.get(berth_objects.POOL, busy_pool)["metadata"]["uid"]
    history = tmp_path / "history"
    history.write_bytes(quiet_history(f"pool/{uid}/cpu", time.time()))
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


def quiet_history(series: str, now: float) -> bytes:
    """A history file (snapshot.hpp) with two days of one series that did not move, until `now`."""
    last = int(now) // STEP_SECONDS - 1
    days: dict[int, list[int]] = {}
    for step in range(last - 2 * DAY_STEPS + 1, last + 1):
        days.setdefault(step // DAY_STEPS, []).append(step)
    name = series.encode()
    body = b"BERTHIST" + struct.pack("<IQII", 2, 1000 * STEP_SECONDS, 0, 1)
    body += struct.pack("<H", len(name)) + name + struct.pack("<H", len(days))
    for steps in days.values():
        chunk = packed_day(steps)
        body += struct.pack("<I", len(chunk)) + chunk
    body += struct.pack("<I", 0)
    return body + struct.pack("<Q", fnv1a(body))


def packed_day(steps: list[int]) -> bytes:
    """Steps that follow each other and are all the same (packed_aggregates.cpp)."""
    mean = round((math.log2(USUAL_MILLICORES) + 20) * 24) + 1
    bits = f"{steps[0]:032b}{30:08b}{mean:012b}{0:024b}" + "1" * (len(steps) - 1)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def fnv1a(data: bytes) -> int:
    """The checksum at the end of a history file."""
    checksum = 14695981039346656037
    for byte in data:
        checksum = (checksum ^ byte) * 1099511628211 % 2**64
    return checksum
