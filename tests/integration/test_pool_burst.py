"""The burst of a pool on a real control plane: forced by command, told of, and over by the clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, ApiError, condition, wait_until
from harness.programs import LEADS_AT_ONCE
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster

EVENT = "events.k8s.io/v1/Event"


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """A pool of one node of 10 cpu that may burst for a minute."""
    with pool_of_nodes(cluster, programs_folder, 1, 10) as name:
        cluster.kube.patch(berth_kinds.POOL, name, {"spec": {"burst": {"maxDurationSeconds": 60}}})
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str, programs) -> Iterator[str]:
    """A managed namespace with a quota of more than the pool has, and an operator."""
    with quota_of_its_own(kube, managed_namespace, pool, 100) as name:
        programs.start_operator(*LEADS_AT_ONCE)
        yield name


def burst_of(kube: ApiClient, pool: str) -> str:
    """What the condition BurstActive says."""
    return (condition(kube.get(berth_kinds.POOL, pool), "BurstActive") or {}).get("reason", "")


def is_admitted(kube: ApiClient, name: str, team: str) -> bool:
    return bool(berth_kinds.annotation(kube, name, team, berth_kinds.ADMITTED))


def test_a_forced_burst_lets_more_in_and_ends_by_itself(ask, kube, pool, team):
    kube.create(objects.pod("usual", team, requests={"cpu": "9"}))
    wait_until(lambda: is_admitted(kube, "usual", team), 30, "what fits is admitted")
    kube.create(objects.pod("more", team, requests={"cpu": "2"}))
    wait_until(lambda: berth_kinds.annotation(kube, "more", team, berth_kinds.EXPLAIN), 30,
               "it is said why it waits")

    tried = ask("burst", pool, "--for", "20s", "--dry-run=server")
    assert tried.returncode == 0, tried.stderr
    assert "dry run" in tried.stdout and burst_of(kube, pool) == "NotBursting"
    done = ask("burst", pool, "--for", "20s", "--factor", "1.2", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["after"]["factorPercent"] == 120
    wait_until(lambda: burst_of(kube, pool) == "Bursting", 15, "the burst is told of")
    assert kube.get(berth_kinds.POOL, pool)["status"]["burstActive"] is True
    wait_until(lambda: is_admitted(kube, "more", team), 15, "the burst lets it in")

    wait_until(lambda: burst_of(kube, pool) == "NotBursting", 40, "the burst is over")
    kube.create(objects.pod("late", team, requests={"cpu": "1"}))
    wait_until(lambda: berth_kinds.annotation(kube, "late", team, berth_kinds.EXPLAIN), 30,
               "nothing is added after the burst")
    assert not is_admitted(kube, "late", team)
    assert is_admitted(kube, "more", team), "what the burst let in stays"
    reasons = {event["reason"] for event in kube.list(EVENT, "default")
               if event["regarding"].get("name") == pool}
    assert {"Bursting", "NotBursting"} <= reasons


def test_a_burst_is_adjusted_within_its_bound_and_ended_at_once(ask, kube, pool, team):
    assert ask("burst", pool, "--for", "30s").returncode == 0
    wait_until(lambda: burst_of(kube, pool) == "Bursting", 15, "the burst is told of")
    too_long = ask("burst", pool, "--for", "2m")
    assert too_long.returncode != 0 and "maxDurationSeconds is 60" in too_long.stderr
    assert ask("burst", pool, "--factor", "1.5").returncode == 0
    period = kube.get(berth_kinds.POOL, pool)["spec"]["burst"]["period"]
    assert (period["factorPercent"], period["cause"]) == (150, "Forced")
    assert ask("burst", pool, "--end").returncode == 0
    wait_until(lambda: burst_of(kube, pool) == "NotBursting", 15, "the burst is over")


def test_a_burst_that_ends_before_it_starts_is_refused(kube, pool):
    wrong = {"startsAt": "2026-11-21T12:00:00Z", "endsAt": "2026-11-21T11:00:00Z"}
    with pytest.raises(ApiError, match="must not end before it starts"):
        kube.patch(berth_kinds.POOL, pool, {"spec": {"burst": {"period": wrong}}})
