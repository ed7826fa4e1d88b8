"""The operator on a real control plane: admission, gangs, reservations, restarts, kill -9."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, wait_phase, wait_until
from harness.programs import LEADS_AT_ONCE, failpoints
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster
from berth_controlplane.errors import ComponentFailed

NODES = 3
NODE_CPU = 8


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Berth without its operator, which each test starts, and a pool of nodes of its own."""
    with pool_of_nodes(cluster, programs_folder, NODES, NODE_CPU) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name: 6 cpu."""
    with quota_of_its_own(kube, managed_namespace, pool, 6) as name:
        yield name


def create_pod(kube: ApiClient, name: str, namespace: str, cpu: str, **fields) -> None:
    kube.create(objects.pod(name, namespace, requests={"cpu": cpu}, **fields))


def gang(name: str, namespace: str, members: int, cpu: str, **labels: str) -> dict:
    return objects.job(name, namespace, parallelism=members, requests={"cpu": cpu}, labels={
        "berth.dev/workload": name, "berth.dev/workload-size": str(members), **labels},
        annotations={objects.RUN_SECONDS: "600"})


def members_of(kube: ApiClient, name: str, namespace: str) -> list[dict]:
    return kube.list("v1/Pod", namespace, labelSelector=f"berth.dev/workload={name}")


def ungated(pods: list[dict]) -> int:
    return sum(1 for pod in pods if not pod["spec"].get("schedulingGates"))


def test_a_pod_goes_from_gate_to_node_within_its_quota(kube, team, pool, operator):
    create_pod(kube, "first", team, "4")
    wait_phase(kube, "first", team, "Running")
    create_pod(kube, "second", team, "4")  # of equal age the uid would decide
    record = json.loads(berth_kinds.annotation(kube, "first", team, berth_kinds.ADMITTED))
    assert record["quota"] == team
    assert record["pool"] == pool
    assert kube.get("v1/Pod", "first", team)["spec"]["nodeName"].startswith(pool)
    wait_until(lambda: berth_kinds.annotation(kube, "second", team, berth_kinds.EXPLAIN)
               .startswith("InsufficientQuota: "), 20, "the second pod says why it waits")
    assert berth_kinds.is_gated(kube, "second", team)
    kube.delete("v1/Pod", "first", team)
    wait_phase(kube, "second", team, "Running")


def test_a_gang_starts_whole_or_not_at_all(kube, team, operator):
    kube.create(gang("large", team, members=4, cpu="2"))
    wait_until(lambda: len(members_of(kube, "large", team)) == 4, 20, "the Job made its pods")
    wait_until(lambda: berth_kinds.annotation(
        kube, min(pod["metadata"]["name"] for pod in members_of(kube, "large", team)), team,
        berth_kinds.EXPLAIN) or any("berth.dev/explain" in pod["metadata"].get("annotations", {})
                                    for pod in members_of(kube, "large", team)),
        20, "the gang says why it waits")
    assert ungated(members_of(kube, "large", team)) == 0
    kube.patch(berth_kinds.QUOTA, team,
               [{"op": "replace", "path": "/spec/pools/0/resources/0/nominal", "value": 8}],
               content_type="application/json-patch+json")
    wait_until(lambda: ungated(members_of(kube, "large", team)) == 4, 20, "all gates are removed")
    decisions = {json.loads(pod["metadata"]["annotations"][berth_kinds.ADMITTED])["decision"]
                 for pod in members_of(kube, "large", team)}
    assert len(decisions) == 1


def test_statuses_are_true_and_then_nothing_is_written(kube, team, pool, operator):
    create_pod(kube, "one", team, "2")
    wait_phase(kube, "one", team, "Running")

    wait_until(lambda: berth_kinds.cpu_used(kube, team) == "2", 20, "the quota's status shows 2 cpu used")
    assert berth_kinds.is_true(kube, "Quota", team, "Ready")
    wait_until(lambda: berth_kinds.is_true(kube, "ResourcePool", pool, "Ready"), 20, "pool Ready")
    # Pods of earlier tests may still be leaving; once that is over, nothing may be written.
    wait_until(lambda: unchanged_for(5, kube, team, pool), 60, "nothing is written for 5 seconds")


def unchanged_for(seconds: float, kube: ApiClient, team: str, pool: str) -> bool:
    versions = resource_versions(kube, team, pool)
    time.sleep(seconds)
    return resource_versions(kube, team, pool) == versions


def resource_versions(kube: ApiClient, team: str, pool: str) -> list[str]:
    return [kube.get(berth_kinds.QUOTA, team)["metadata"]["resourceVersion"],
            kube.get(berth_kinds.POOL, pool)["metadata"]["resourceVersion"],
            kube.get("v1/Pod", "one", team)["metadata"]["resourceVersion"]]


def test_a_window_opens_on_time_and_only_its_holders_get_in(kube, team, pool, operator):
    start = datetime.now(UTC) + timedelta(seconds=8)
    name = f"window-{team[-6:]}"
    kube.create(berth_kinds.window(name, pool, team, "6", start, 600, [team]))
    wait_until(lambda: berth_kinds.is_true(kube, "Reservation", name, "Accepted"), 20, "accepted")
    kube.create(objects.pod("holder", team, requests={"cpu": "2"},
                            labels={"berth.dev/reservation": name}))
    wait_until(lambda: berth_kinds.is_true(kube, "Reservation", name, "Active"), 30, "the window opens")
    assert datetime.now(UTC) >= start.replace(microsecond=0)
    wait_phase(kube, "holder", team, "Running")
    found = kube.get(berth_kinds.RESERVATION, name)
    assert condition(found, "Honored")["status"] == "True"
    record = json.loads(berth_kinds.annotation(kube, "holder", team, berth_kinds.ADMITTED))
    assert record["reservation"] == name
    kube.delete(berth_kinds.RESERVATION, name)


def test_kill_9_between_any_two_writes_loses_nothing_and_admits_nothing_twice(
        kube, team, pool, programs, programs_folder, cluster):
    """F20, G2: at every failpoint the operator dies, and the next one finishes."""
    names = failpoints(programs_folder, "Admission")
    for index, name in enumerate(names):
        check_one_failpoint(kube, team, pool, programs, cluster, f"f{index}", name)


def check_one_failpoint(kube, team, pool, programs, cluster, prefix, failpoint) -> None:
    job_name = f"{prefix}-gang"
    reservation = f"{prefix}-{team[-6:]}"
    timeout = "2" if "Rollback" in failpoint else "300"
    doomed = None
    with contextlib.suppress(ComponentFailed):  # a status may be due, and be its end, at once
        doomed = programs.start_operator(*LEADS_AT_ONCE, f"--gang-timeout-seconds={timeout}",
                                         name=f"doomed-{prefix}",
                                         environment={"BERTH_FAILPOINT": failpoint})
    if "Rollback" in failpoint:
        cluster.stop("scheduler")  # so that the gang cannot be bound
    holds = "Finalizers" in failpoint  # a reservation is kept from deletion while it has holders
    kube.create(berth_kinds.window(reservation, pool, team, "6" if holds else "1",
                                   datetime.now(UTC) + timedelta(seconds=2 if holds else 2592000),
                                   600, [team]))
    kube.create(gang(job_name, team, members=3, cpu="2",
                     **({"berth.dev/reservation": reservation} if holds else {})))
    # A record is passed on to members that the Job makes anew, which takes it a while.
    wait_until(lambda: not (doomed and doomed.running), 90 if "Record" in failpoint else 30,
               f"the operator dies at {failpoint}")
    programs.stop_all()
    if "Rollback" in failpoint:
        cluster.start("scheduler")
    programs.start_operator(*LEADS_AT_ONCE, name=f"heir-{prefix}")
    # The gang is whole in the end, whichever pods are its members by then; one that was rolled back
    # waits with back-off first.
    seconds = 180 if "Rollback" in failpoint else 60
    wait_until(lambda: [pod["status"].get("phase") for pod in members_of(kube, job_name, team)
                        if "deletionTimestamp" not in pod["metadata"]] == ["Running"] * 3, seconds,
               lambda: f"the gang runs after {failpoint}: "
                       f"{[pod['status'].get('phase') for pod in members_of(kube, job_name, team)]}")
    wait_until(lambda: berth_kinds.is_true(kube, "Reservation", reservation, "Accepted"), 20,
               "the reservation is accepted")
    # One decision admitted the whole gang, and it is charged once. Where the scheduler was faster than
    # the heir the gang ran before the rest of it was rolled back: another one admits what is missing.
    records = [json.loads(pod["metadata"]["annotations"][berth_kinds.ADMITTED])
               for pod in members_of(kube, job_name, team)
               if "deletionTimestamp" not in pod["metadata"]]
    decisions = {record["decision"] for record in records}
    assert len(decisions) == 1 or ("Rollback" in failpoint and len(decisions) == 2), decisions
    assert {record["quota"] for record in records} == {team}
    wait_until(lambda: berth_kinds.cpu_used(kube, team) == "6", 20,
               lambda: f"the gang is charged once after {failpoint}: {berth_kinds.cpu_used(kube, team)} cpu")
    kube.delete("batch/v1/Job", job_name, team, propagationPolicy="Background")
    kube.delete(berth_kinds.RESERVATION, reservation)
    wait_until(lambda: not members_of(kube, job_name, team), 30, "the gang is gone")
    wait_until(lambda: not kube.find(berth_kinds.RESERVATION, reservation), 30,
               f"the reservation is gone after {failpoint}")
    programs.stop_all()


def test_a_standby_takes_over_when_the_leader_is_killed(kube, team, programs):
    flags = ("--status-interval-milliseconds=200",)
    first = programs.start_operator(*flags, name="first")
    create_pod(kube, "before", team, "1")
    wait_phase(kube, "before", team, "Running", 40)
    programs.start_operator(*flags, name="second")
    first.kill()
    create_pod(kube, "after", team, "1")
    wait_phase(kube, "after", team, "Running", 60)  # the lease runs out after 15 s


def test_a_leader_that_stops_gives_the_lease_back(kube, team, programs, cluster):
    programs.start_operator(name="leaving")
    wait_until(lambda: holder(kube) != "", 30, "the lease is held")
    cluster.stop("leaving")
    assert holder(kube) == ""


def holder(kube: ApiClient) -> str:
    found = kube.find("coordination.k8s.io/v1/Lease", "berth-operator", "berth-system") or {}
    return str(found.get("spec", {}).get("holderIdentity") or "")


def test_a_paused_leader_that_wakes_up_late_writes_nothing_wrong(kube, team, programs, cluster):
    """F10: a leader that was frozen past its lease must not act on its old view."""
    programs.start_operator(name="frozen")
    wait_until(lambda: holder(kube) != "", 30, "the lease is held")
    cluster.pause("frozen")
    programs.start_operator(name="fresh")
    for index in range(8):
        create_pod(kube, f"p{index}", team, "1")
    wait_until(lambda: admitted(kube, team) == 6, 60, "the fresh leader filled the quota")
    cluster.resume("frozen")
    time.sleep(3)
    assert admitted(kube, team) == 6


def admitted(kube: ApiClient, namespace: str) -> int:
    return sum(1 for pod in kube.list("v1/Pod", namespace)
               if not pod["spec"].get("schedulingGates"))


