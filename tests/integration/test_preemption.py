"""Preemption on a real control plane: borrow and reclaim, disruption budgets, notice, kill -9."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, live_pods, running_pods, wait_phase, wait_until
from harness.programs import EVICTS_SOON, NOTICE_SECONDS, failpoints
from harness.world import pool_of_nodes, two_teams

from berth_controlplane.cluster import Cluster

NODE_CPU = 8
NOMINATED = "berth.dev/nominated"
REQUEST = "berth.dev/v1alpha1/AllocationRequest"


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Berth without its operator, which each test starts, and a pool of one node of its own."""
    with pool_of_nodes(cluster, programs_folder, 1, NODE_CPU) as name:
        yield name


@pytest.fixture
def teams(kube: ApiClient, pool: str) -> Iterator[tuple[str, str]]:
    """Two managed namespaces whose quotas of 4 cpu lend each other what they do not use."""
    with two_teams(kube, pool, 4, 4) as names:
        yield names


@pytest.fixture
def operator(programs) -> None:
    """One operator that leads at once and evicts soon."""
    programs.start_operator(*EVICTS_SOON)


def running(kube: ApiClient, namespace: str) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in running_pods(kube, namespace))


def noticed(kube: ApiClient, namespace: str) -> list[dict]:
    return [pod for pod in live_pods(kube, namespace) if berth_kinds.revocable_after(pod)]


def notes(kube: ApiClient, namespace: str, reason: str) -> str:
    return "\n".join(event.get("note", "") for event in kube.list("events.k8s.io/v1/Event", namespace)
                     if event["reason"] == reason)


def borrow(kube: ApiClient, borrower: str) -> None:
    """Two pods of 4 cpu: half of them is lent."""
    kube.create(objects.deployment("work", borrower, replicas=2, requests={"cpu": "4"}))
    wait_until(lambda: len(running(kube, borrower)) == 2, 60, "the borrower has all 8 cpu")


def create_budget(kube: ApiClient, namespace: str, app: str, min_available: int) -> None:
    kube.create({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                 "metadata": {"name": "keep", "namespace": namespace},
                 "spec": {"minAvailable": min_available, "selector": {"matchLabels": {"app": app}}}})
    wait_until(lambda: kube.get("policy/v1/PodDisruptionBudget", "keep", namespace)
               .get("status", {}).get("desiredHealthy") == min_available, 30, "the budget counts")


def test_what_was_lent_comes_back_after_notice_and_its_work_waits_again(kube, teams, operator):
    """P2, P3, P6: a Deployment's pod is evicted and comes back gated."""
    owner, borrower = teams
    borrow(kube, borrower)
    kube.create(objects.pod("owned", owner, requests={"cpu": "4"}))
    wait_until(lambda: len(noticed(kube, borrower)) == 1, 30, "one victim is told")
    seen = datetime.now(UTC)
    victim = noticed(kube, borrower)[0]
    revocable = berth_kinds.revocable_after(victim)
    assert (revocable - seen).total_seconds() > NOTICE_SECONDS - 2  # read some time after it was written
    record = json.loads(berth_kinds.annotation(kube, "owned", owner, NOMINATED))
    assert record["victims"] == [victim["metadata"]["uid"]]
    wait_phase(kube, "owned", owner, "Running", 60)
    assert datetime.now(UTC) >= revocable
    assert berth_kinds.annotation(kube, "owned", owner, NOMINATED) == ""
    wait_until(lambda: len(live_pods(kube, borrower)) == 2, 30, "the Deployment makes its pod again")
    assert len(running(kube, borrower)) == 1
    again = next(pod for pod in live_pods(kube, borrower) if pod["status"].get("phase") != "Running")
    assert berth_kinds.is_gated(kube, again["metadata"]["name"], borrower)
    wait_until(lambda: f"{owner}/owned" in notes(kube, borrower, "Evicted"), 30, "the victim's event")
    assert victim["metadata"]["name"] in notes(kube, owner, "Preempting")


def test_a_disruption_budget_ends_the_plan_and_evicts_nobody(kube, teams, operator):
    """P5, with the disruption controller of a real control plane."""
    owner, borrower = teams
    borrow(kube, borrower)
    create_budget(kube, borrower, "work", 2)
    before = running(kube, borrower)
    kube.create(objects.pod("owned", owner, requests={"cpu": "4"}))
    wait_until(lambda: len(noticed(kube, borrower)) == 1, 30, "one victim is told")
    wait_until(lambda: "was refused" in notes(kube, owner, "Preempting"), 40, "the refusal is told")
    # Each of the two is tried once, and left alone then.
    wait_until(lambda: not noticed(kube, borrower) and
               not berth_kinds.annotation(kube, "owned", owner, NOMINATED), 40, "the plan is over")
    assert running(kube, borrower) == before
    assert berth_kinds.is_gated(kube, "owned", owner)


def measure(kube: ApiClient, pool: str, percent: int | None) -> None:
    berth_kinds.measure_cpu(kube, pool, percent, NODE_CPU)


def degraded(kube: ApiClient, pool: str) -> dict:
    found = condition(kube.get(berth_kinds.POOL, pool), "Degraded")
    return found or {}


def test_measured_pressure_sheds_what_is_borrowed_after_notice(kube, pool, teams, operator):
    """T3, P4, P6: the borrowed pod is told and goes; its next one waits until the pressure ends."""
    _, borrower = teams
    borrow(kube, borrower)
    try:
        measure(kube, pool, 92)
        wait_until(lambda: len(noticed(kube, borrower)) == 1, 30, "one pod is told")
        victim = noticed(kube, borrower)[0]
        revocable = berth_kinds.revocable_after(victim)
        wait_until(lambda: degraded(kube, pool).get("reason") == "PoolUnderPressure", 10, "Degraded")
        assert "Critical" in degraded(kube, pool)["message"]
        wait_until(lambda: victim["metadata"]["name"] not in running(kube, borrower), 30, "it goes")
        assert datetime.now(UTC) >= revocable
        wait_until(lambda: "measured cpu is at 92 %" in notes(kube, borrower, "PoolUnderPressure"),
                   30, "its event has the number")
        wait_until(lambda: len(live_pods(kube, borrower)) == 2, 30, "the Deployment makes its pod again")
        again = next(pod for pod in live_pods(kube, borrower) if pod["status"].get("phase") != "Running")
        name = again["metadata"]["name"]
        wait_until(lambda: berth_kinds.annotation(kube, name, borrower, berth_kinds.EXPLAIN)
                   .startswith("PoolUnderPressure"), 30, "it waits for the pressure to end")
        time.sleep(NOTICE_SECONDS + 3)  # the measurement still stands, and has been answered
        assert len(running(kube, borrower)) == 1
        measure(kube, pool, 40)
        wait_until(lambda: degraded(kube, pool).get("status") == "False", 30, "all is well")
        wait_until(lambda: berth_kinds.annotation(kube, name, borrower, berth_kinds.EXPLAIN)
                   .startswith("BorrowingBackOff"), 30, "but it does not borrow at once")
    finally:
        measure(kube, pool, None)


def test_a_request_takes_back_what_is_lent_and_names_its_victims(kube, teams, operator):
    """P2, P3: an AllocationRequest is entitled to its quota's own like a pod."""
    owner, borrower = teams
    borrow(kube, borrower)
    kube.create({"apiVersion": "berth.dev/v1alpha1", "kind": "AllocationRequest",
                 "metadata": {"name": "cores", "namespace": owner},
                 "spec": {"resources": [{"name": "cpu", "amount": 2}], "count": 2}})

    def status() -> dict:
        return kube.get(REQUEST, "cores", owner).get("status", {})

    wait_until(lambda: len(noticed(kube, borrower)) == 1, 30, "one pod is told")
    victim = noticed(kube, borrower)[0]["metadata"]["name"]
    assert NOMINATED in kube.get(REQUEST, "cores", owner)["metadata"]["annotations"]
    wait_until(lambda: status().get("allocations"), 60, lambda: f"it is allocated: {status()}")
    assert status()["grantedCount"] == 2
    assert [named["name"] for named in status()["victims"]] == [victim]
    wait_until(lambda: NOMINATED not in kube.get(REQUEST, "cores", owner)["metadata"].get(
        "annotations", {}), 20, "the nomination is cleared")
    kube.delete(REQUEST, "cores", owner)


def test_kill_9_between_any_two_writes_of_a_preemption(kube, pool, programs, programs_folder):
    """F20: at every failpoint the operator dies, and the next one finishes.

    Each has teams of its own: who was reclaimed from may not borrow for a while, whoever leads (P4).
    """
    for name in failpoints(programs_folder, "Preemption"):
        with two_teams(kube, pool, 4, 4) as teams:
            check_one_failpoint(kube, teams, programs, name)


def check_one_failpoint(kube: ApiClient, teams: tuple[str, str], programs, failpoint: str) -> None:
    owner, borrower = teams
    programs.start_operator(*EVICTS_SOON, name=f"lender-{failpoint}")
    kube.create(objects.deployment("own", borrower, requests={"cpu": "4"}))
    wait_until(lambda: len(running(kube, borrower)) == 1, 60, "the borrower's own runs")
    own = running(kube, borrower)
    time.sleep(1.1)  # creation times have whole seconds: the newer one is the victim
    kube.create(objects.deployment("lent", borrower, requests={"cpu": "4"}))
    wait_until(lambda: len(running(kube, borrower)) == 2, 60, "what it borrows runs")
    programs.stop_all()

    is_refused = "NominationEnd" in failpoint  # only a plan that fails gets there
    if is_refused:
        create_budget(kube, borrower, "lent", 1)
    doomed = programs.start_operator(*EVICTS_SOON, name=f"doomed-{failpoint}",
                                     environment={"BERTH_FAILPOINT": failpoint})
    kube.create(objects.job("asks", owner, parallelism=2, requests={"cpu": "2"}, labels={
        "berth.dev/workload": "asks", "berth.dev/workload-size": "2"},
        annotations={objects.RUN_SECONDS: "600"}))
    wait_until(lambda: not doomed.running, 40, f"the operator dies at {failpoint}")
    programs.stop_all()
    if is_refused:
        kube.delete("policy/v1/PodDisruptionBudget", "keep", borrower)
    programs.start_operator(*EVICTS_SOON, name=f"heir-{failpoint}")
    wait_until(lambda: len(running(kube, owner)) == 2, 90,
               lambda: f"the gang runs after {failpoint}: {running(kube, owner)}")
    assert own == [name for name in running(kube, borrower) if name.startswith("own")]
    wait_until(lambda: not noticed(kube, borrower), 20, "no notice is left")
    assert not any(NOMINATED in pod["metadata"].get("annotations", {}) for pod in live_pods(kube, owner))
    kube.delete("batch/v1/Job", "asks", owner, propagationPolicy="Background")
    for name in ("own", "lent"):
        kube.delete("apps/v1/Deployment", name, borrower, propagationPolicy="Background")
    wait_until(lambda: not kube.list("v1/Pod", owner) and not kube.list("v1/Pod", borrower), 60,
               "all of it is gone")
    programs.stop_all()
