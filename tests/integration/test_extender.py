"""berth-scheduler-extender between a real kube-scheduler and a real API server: it places, preempts and
binds; slow, dead, restarted in mid-cycle, it loses no pod."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.extender_world import (  # noqa: F401  (fixtures are found by their names)
    FIRST,
    LAST,
    NODE_CPU,
    NODES,
    calls,
    create,
    create_many,
    node_of,
    pool,
    scheduler_config_of,
    team,
    wait_all_bound,
    wait_bound,
    web,
)
from harness.kube import ApiClient, wait_condition, wait_until

from berth_controlplane import gate
from berth_controlplane.berth import EXTENDER, OPERATOR

HTTP_TIMEOUT_SECONDS = 1  # manifests/scheduler-config.yaml


# Placing and binding ------------------------------------------------------------------------------


def test_a_managed_pod_goes_to_a_planned_node_and_is_bound_by_the_extender(cluster, kube, pool,
                                                                           team):
    before = calls(cluster, "bind", "ok")
    create(kube, team, pool, "p", "2")
    node = wait_bound(kube, team, "p")
    record = json.loads(berth_kinds.annotation(kube, "p", team, berth_kinds.ADMITTED))
    assert node in record["nodes"]
    assert calls(cluster, "bind", "ok") == before + 1


def test_unmanaged_pods_are_bound_through_the_extender_too(cluster, kube, pool, web):
    before = calls(cluster, "bind", "ok")
    create(kube, web, pool, "w")
    wait_bound(kube, web, "w")
    assert calls(cluster, "bind", "ok") == before + 1


def test_a_managed_pod_whose_gate_failed_open_waits_and_says_why(cluster, kube, pool, team):
    """The operator is away, and so is what puts the gate."""
    switches = gate.switches(kube)
    found = [kube.get(kind, name) for kind, name in switches]
    cluster.stop(OPERATOR)
    try:
        for kind, name in switches:
            kube.delete(kind, name)
        wait_until(lambda: not gated(kube, team), 30, "pods get no gate any more")
        create(kube, team, pool, "open")
        why = wait_condition(kube, "v1/Pod", "open", team, "PodScheduled", "False")
        assert why["reason"] == "Unschedulable" and "NotAdmitted" in why["message"]
        assert node_of(kube, team, "open") == ""
    finally:
        for switch in found:
            del switch["metadata"]["resourceVersion"], switch["metadata"]["uid"]
            kube.create(switch)
        wait_until(lambda: gated(kube, team), 30, "pods get their gate again")
        cluster.start(OPERATOR)
    # Back again, the operator admits it; that write wakes it up in the scheduler.
    assert wait_bound(kube, team, "open")


def gated(kube: ApiClient, namespace: str) -> bool:
    pod = kube.request("POST", kube.path("v1/Pod", namespace), objects.pod("probe", namespace),
                       query={"dryRun": "All"})
    return bool(pod["spec"].get("schedulingGates"))


def test_unmanaged_pods_keep_off_the_place_of_an_admitted_pod(cluster, kube, pool, team, web):
    """They come first in the scheduler's queue; without the extender one of them would take it."""
    cluster.pause("scheduler")
    try:
        create(kube, team, pool, "large", str(NODE_CPU - 1))
        wait_until(lambda: not berth_kinds.is_gated(kube, "large", team), 60, "it is admitted")
        place = json.loads(berth_kinds.annotation(kube, "large", team, berth_kinds.ADMITTED))
        for number in range(NODES):
            create(kube, web, pool, f"w-{number}", str(NODE_CPU // 2), priorityClassName=FIRST)
    finally:
        cluster.resume("scheduler")
    assert wait_bound(kube, team, "large") == place["nodes"][0]
    assert all(wait_bound(kube, web, f"w-{number}") != place["nodes"][0]
               for number in range(NODES))


def test_r4_a_preemption_spares_what_runs_inside_a_reservation(cluster, kube, pool, team, web):
    """The scheduler would take the node with the victim of lowest priority; that one is inside."""
    name = f"window-{team[-6:]}"
    kube.create(berth_kinds.window(name, pool, team, str(NODE_CPU),
                                   datetime.now(UTC) + timedelta(seconds=3), 600, [team]))
    try:
        wait_until(lambda: berth_kinds.is_true(kube, "Reservation", name, "Active"), 30, "it opens")
        create(kube, team, pool, "inside", str(NODE_CPU), priorityClassName=LAST,
               labels={"berth.dev/reservation": name})
        place = wait_bound(kube, team, "inside")
        for number in range(NODES - 1):
            create(kube, web, pool, f"w-{number}", str(NODE_CPU))
            wait_bound(kube, web, f"w-{number}")
        before = calls(cluster, "preempt", "ok")
        create(kube, web, pool, "urgent", str(NODE_CPU), priorityClassName=FIRST)
        assert wait_bound(kube, web, "urgent") != place
        assert calls(cluster, "preempt", "ok") > before
        inside = kube.get("v1/Pod", "inside", team)
        assert "deletionTimestamp" not in inside["metadata"]
    finally:
        kube.delete(berth_kinds.RESERVATION, name)


def test_in_the_shipped_configuration_the_scheduler_binds_by_itself(cluster, kube, pool, team, web):
    """The extender is ignorable there: it would be passed over if it refused."""
    with_bind = scheduler_config_of(cluster)
    shipped = json.loads(json.dumps(with_bind))
    del shipped["extenders"][0]["bindVerb"]
    cluster.configure_scheduler(shipped)
    try:
        before = calls(cluster, "bind", "ok")
        create(kube, team, pool, "p", "2")
        create(kube, web, pool, "w")
        node = wait_bound(kube, team, "p")
        assert node in json.loads(berth_kinds.annotation(kube, "p", team,
                                                         berth_kinds.ADMITTED))["nodes"]
        wait_bound(kube, web, "w")
        assert calls(cluster, "bind", "ok") == before
    finally:
        cluster.configure_scheduler(with_bind)


# Failures -----------------------------------------------------------------------------------------


def test_unmanaged_pods_are_scheduled_while_the_extender_is_dead(cluster, kube, pool, web):
    cluster.kill(EXTENDER)
    try:
        started = time.monotonic()
        create(kube, web, pool, "w")
        wait_bound(kube, web, "w", 30)
        assert time.monotonic() - started < 10
    finally:
        cluster.start(EXTENDER)


def test_unmanaged_pods_are_scheduled_while_the_extender_hangs(cluster, kube, pool, web):
    """Each call costs its time-out: filter, prioritize, bind."""
    cluster.pause(EXTENDER)
    try:
        started = time.monotonic()
        create(kube, web, pool, "w")
        wait_bound(kube, web, "w", 30)
        assert time.monotonic() - started < 3 * HTTP_TIMEOUT_SECONDS + 10
    finally:
        cluster.resume(EXTENDER)


def test_managed_pods_wait_at_the_gate_whoever_is_down_and_none_is_lost(cluster, kube, pool, team):
    cluster.kill(EXTENDER)
    cluster.kill(OPERATOR)
    names = create_many(kube, team, pool, 5)
    time.sleep(2)
    assert all(berth_kinds.is_gated(kube, name, team) for name in names)
    cluster.start(EXTENDER)
    cluster.start(OPERATOR)
    wait_all_bound(kube, team, len(names))


@pytest.mark.parametrize("ending", ["kill", "restart"])
def test_pods_under_way_survive_the_end_of_the_extender(cluster, kube, pool, team, web, ending):
    """Some are filtered, some are being bound when it goes; each ends on one node."""
    creating = threading.Thread(target=lambda: (create_many(kube, team, pool, 40),
                                                create_many(kube, web, pool, 40)))
    creating.start()
    for _ in range(3):  # here, since what a thread starts ends with the thread
        time.sleep(0.7)
        if ending == "kill":
            cluster.kill(EXTENDER)
            cluster.start(EXTENDER)
        else:
            cluster.restart(EXTENDER)
    creating.join()
    wait_all_bound(kube, team, 40)
    wait_all_bound(kube, web, 40)
    # PodScheduled is not asked: after an attempt that failed, kube-scheduler writes False even
    # on a pod that was bound meanwhile; a kubelet writes it True again, a simulated one does not.
    wait_until(lambda: all(pod["status"]["phase"] == "Running" for pod in
                           [*kube.list("v1/Pod", team), *kube.list("v1/Pod", web)]),
               60, "every pod runs")


def test_it_ends_with_0_and_answers_what_is_under_way(cluster, kube, pool, web):
    names = create_many(kube, web, pool, 20)
    record = cluster.record(EXTENDER)
    cluster.stop(EXTENDER)
    log = Path(record.log).read_text(encoding="utf-8")
    assert '"exit_code":0' in log.splitlines()[-1]
    cluster.start(EXTENDER)
    wait_all_bound(kube, web, len(names))
