"""Recurring windows on a real control plane: capacity is lent, taken back in time, and given up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, running_pods, wait_phase, wait_until
from harness.programs import EVICTS_SOON
from harness.world import pool_of_nodes, two_teams

from berth_controlplane.cluster import Cluster

NODE_CPU = 8
EVERY = timedelta(minutes=3)
WINDOW_SECONDS = 60
DRAIN = timedelta(seconds=60)  # what is lent goes so long before the start


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
        kube.delete(berth_kinds.RESERVATION, f"often-{owner}")


def recurring(name: str, pool_name: str, owner: str, starts: list[datetime]) -> dict:
    """Half of the node, for a minute from each of the starts of an hour."""
    minutes = ",".join(str(start.minute) for start in starts)
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "Reservation", "metadata": {"name": name},
            "spec": {"poolRef": {"name": pool_name}, "quotaRef": {"name": owner},
                     "kind": "TimeWindow", "resources": [{"name": "cpu", "amount": "4"}],
                     "window": {"schedule": f"{minutes} * * * *", "timeZone": "UTC",
                                "durationSeconds": WINDOW_SECONDS},
                     "leadTimeSeconds": 5, "allowed": {"namespaces": [owner]}}}


def work(namespace: str) -> dict:
    """Two pods of 4 cpu that come back when they are evicted."""
    return objects.deployment("work", namespace, replicas=2, requests={"cpu": "4"})


def told(pods: list[dict]) -> list[datetime]:
    """Until when each of those that stand on lent capacity may stay."""
    return [end for pod in pods if (end := berth_kinds.revocable_after(pod))]


def next_starts() -> list[datetime]:
    """The first full minute that leaves room to lend before it is taken back, and one after that."""
    earliest = datetime.now(UTC) + DRAIN + timedelta(seconds=30)
    first = earliest.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return [first, first + EVERY]


def sleep_until(instant: datetime) -> None:
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def status(kube: ApiClient, name: str) -> dict:
    return dict(kube.get(berth_kinds.RESERVATION, name).get("status", {}))


def check_one_window(kube: ApiClient, owner: str, guest: str, number: int, start: datetime) -> None:
    reservation = f"often-{owner}"
    wait_until(lambda: told(running_pods(kube, guest)) == [start - DRAIN], 30,
               lambda: f"half of the node is lent until {start - DRAIN}: {told(running_pods(kube, guest))}")
    sleep_until(start - DRAIN - timedelta(seconds=2))
    assert len(running_pods(kube, guest)) == 2  # not before
    sleep_until(start - timedelta(seconds=30))
    assert len(running_pods(kube, guest)) == 1  # the other one comes back, and waits
    sleep_until(start)
    wait_until(lambda: berth_kinds.is_true(kube, "Reservation", reservation, "Active"), 5, "it opens")
    holder = f"holder-{number}"
    kube.create(objects.pod(holder, owner, requests={"cpu": "4"}))
    wait_phase(kube, holder, owner, "Running", 15)  # whoever was lent the idle window went
    record = json.loads(berth_kinds.annotation(kube, holder, owner, berth_kinds.ADMITTED))
    assert record["reservation"] == reservation
    sleep_until(start + timedelta(seconds=WINDOW_SECONDS - 2))
    assert [pod["metadata"]["name"] for pod in running_pods(kube, owner)] == [holder]
    wait_until(lambda: not running_pods(kube, owner), 15, "the holder leaves at the end of the window")


def test_r3_r4_a_recurring_window_has_its_capacity_each_time(kube, teams, pool, programs):
    """R3, R4, P6: lent with notice, back in time, recalled by a holder, left at the end."""
    owner, guest = teams
    programs.start_operator(*EVICTS_SOON)
    reservation = f"often-{owner}"
    starts = next_starts()
    kube.create(recurring(reservation, pool, owner, starts))
    wait_until(lambda: berth_kinds.is_true(kube, "Reservation", reservation, "Accepted"), 20,
               "it is accepted")
    kube.create(work(guest))
    for number, start in enumerate(starts):
        check_one_window(kube, owner, guest, number, start)
    found = status(kube, reservation)
    assert found["windowsTotal"] == len(starts)
    assert found["windowsHonored"] == found["windowsTotal"]
