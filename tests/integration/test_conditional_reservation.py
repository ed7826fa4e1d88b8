"""Conditional reservations on a real control plane: the pool's measured use opens and ends one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, running_pods, wait_phase, wait_until
from harness.programs import EVICTS_SOON
from harness.world import pool_of_nodes, two_teams

from berth_controlplane.cluster import Cluster

NODE_CPU = 8
HOLD_SECONDS = 4
ACTIVE_SECONDS = 60
LEAD_SECONDS = 5
DRAIN_SECONDS = 60  # the window opens so long after the notice


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Berth without its operator, which each test starts, and a pool of one node of its own."""
    with pool_of_nodes(cluster, programs_folder, 1, NODE_CPU) as name:
        yield name


@pytest.fixture
def teams(kube: ApiClient, pool: str) -> Iterator[tuple[str, str]]:
    """Two managed namespaces; the second one's quota is as large as the node."""
    with two_teams(kube, pool, 4, NODE_CPU) as (owner, guest):
        yield owner, guest
        kube.delete(berth_kinds.RESERVATION, f"peak-{owner}")


def on_high_use(name: str, pool_name: str, owner: str) -> dict:
    """Half of the node, while four fifths of it are used."""
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "Reservation", "metadata": {"name": name},
            "spec": {"poolRef": {"name": pool_name}, "quotaRef": {"name": owner},
                     "kind": "Conditional", "resources": [{"name": "cpu", "amount": "4"}],
                     "trigger": {"utilization": {"resource": "cpu"}, "value": 80,
                                 "forSeconds": HOLD_SECONDS, "activeSeconds": ACTIVE_SECONDS},
                     "leadTimeSeconds": LEAD_SECONDS, "allowed": {"namespaces": [owner]}}}


def measure(kube: ApiClient, pool: str, percent: int | None) -> None:
    berth_kinds.measure_cpu(kube, pool, percent, NODE_CPU)


def status(kube: ApiClient, name: str) -> dict:
    return dict(kube.get(berth_kinds.RESERVATION, name).get("status", {}))


def trigger(kube: ApiClient, name: str) -> dict:
    return dict(status(kube, name).get("trigger", {}))


def why_active(kube: ApiClient, name: str) -> str:
    return next((condition["reason"] for condition in status(kube, name).get("conditions", [])
                 if condition["type"] == "Active"), "")


def running(kube: ApiClient, namespace: str) -> list[str]:
    return [pod["metadata"]["name"] for pod in running_pods(kube, namespace)]


def told(kube: ApiClient, namespace: str) -> list[str]:
    return [pod["metadata"]["name"] for pod in kube.list("v1/Pod", namespace)
            if berth_kinds.revocable_after(pod)]


def occupy(kube: ApiClient, guest: str) -> None:
    for number in (1, 2):
        kube.create(objects.pod(f"guest-{number}", guest, requests={"cpu": "4"}))
    wait_until(lambda: len(running(kube, guest)) == 2, 30, "the guest fills the node")


def test_r2_r3_r4_a_busy_pool_opens_it_after_notice_and_it_ends(kube, teams, pool, programs):
    """R2, R3, R4, P6: measured, told, opened with its capacity, used, ended, given back."""
    owner, guest = teams
    name = f"peak-{owner}"
    programs.start_operator(*EVICTS_SOON)
    occupy(kube, guest)
    kube.create(on_high_use(name, pool, owner))
    wait_until(lambda: berth_kinds.is_true(kube, "Reservation", name, "Accepted"), 15, "accepted")
    try:
        measure(kube, pool, 50)
        wait_until(lambda: why_active(kube, name) == "TriggerNotMet", 10, "it does not hold")
        kube.create(objects.pod("holder", owner, requests={"cpu": "4"}))
        measure(kube, pool, 90)
        wait_until(lambda: "holdsSince" in trigger(kube, name), 10, "it holds")
        assert "opensAt" not in trigger(kube, name)
        time.sleep(HOLD_SECONDS + 1)
        assert "opensAt" not in trigger(kube, name)  # one measurement proves nothing
        measure(kube, pool, 90)
        wait_until(lambda: "opensAt" in trigger(kube, name), 10, "it is activated")
        assert why_active(kube, name) == "TriggerHolds"
        wait_until(lambda: len(told(kube, guest)) == 1, 10, "one guest is told")
        assert len(running(kube, guest)) == 2

        opens = datetime.fromisoformat(trigger(kube, name)["opensAt"])
        wait = (opens - datetime.now(UTC)).total_seconds()
        assert LEAD_SECONDS < wait <= LEAD_SECONDS + DRAIN_SECONDS + 2
        time.sleep(max(0.0, wait))
        wait_until(lambda: why_active(kube, name) == "WindowOpen", 5, "it opens")
        assert len(running(kube, guest)) == 1
        wait_until(lambda: berth_kinds.is_true(kube, "Reservation", name, "Honored"), 5, "honored")
        wait_phase(kube, "holder", owner, "Running", 15)
        record = json.loads(berth_kinds.annotation(kube, "holder", owner, berth_kinds.ADMITTED))
        assert record["reservation"] == name

        measure(kube, pool, 40)
        wait_until(lambda: "endsAt" in trigger(kube, name), 10, "its end is known")
        time.sleep(ACTIVE_SECONDS / 2)
        assert running(kube, owner) == ["holder"]
        wait_until(lambda: not running(kube, owner), ACTIVE_SECONDS, "the holder leaves at the end")
        wait_until(lambda: why_active(kube, name) == "TriggerNotMet", 10, "it is not active")
        assert "opensAt" not in trigger(kube, name)
    finally:
        measure(kube, pool, None)


def test_r2_another_operator_goes_on_with_a_trigger_that_holds(kube, teams, pool, programs):
    """R2: kill -9 between the two measurements that prove it; the next one activates."""
    owner, _ = teams
    name = f"peak-{owner}"
    first = programs.start_operator(*EVICTS_SOON, name="first")
    kube.create(on_high_use(name, pool, owner))
    try:
        measure(kube, pool, 90)
        wait_until(lambda: "holdsSince" in trigger(kube, name), 15, "it holds")
        since = trigger(kube, name)["holdsSince"]
        first.kill()
        time.sleep(HOLD_SECONDS)
        programs.start_operator(*EVICTS_SOON, name="second")
        measure(kube, pool, 90)
        wait_until(lambda: "opensAt" in trigger(kube, name), 15, "it is activated")
        assert trigger(kube, name)["holdsSince"] == since
        wait_until(lambda: why_active(kube, name) == "WindowOpen", 5, "there is room, so at once")
    finally:
        measure(kube, pool, None)
