"""One trace from a pod's creation to its binding, from two programs that know nothing of each other, and log
levels that change while a program runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.extender_world import let_it_bind, metric, wait_bound
from harness.kube import ApiClient, wait_until
from harness.trace_collector import Span, TraceCollector
from harness.world import node_shape, pool_object, quota_of_its_own

from berth_controlplane.berth import EXTENDER, OPERATOR, BerthOptions
from berth_controlplane.berth import down as berth_down
from berth_controlplane.berth import up as berth_up
from berth_controlplane.cluster import Cluster

ROOT_SPAN = "pod from created to bound"
# Each program makes wall time of its own steady clock, to the millisecond.
CLOCK_ERROR_SECONDS = 0.005


@pytest.fixture(scope="module")
def collector() -> Iterator[TraceCollector]:
    with TraceCollector() as listening:
        yield listening


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path, collector: TraceCollector) -> Iterator[str]:
    """A pool of two nodes; operator and extender, which binds, send their spans to the collector."""
    flags = [f"--otlp-endpoint={collector.url}"]
    berth_up(cluster, BerthOptions(programs_folder, programs=(OPERATOR, EXTENDER),
                                   extra_flags={OPERATOR: flags, EXTENDER: flags}), print)
    let_it_bind(cluster)
    name = f"pool-{uuid.uuid4().hex[:6]}"
    cluster.add_nodes(2, node_shape(name, name, 8))
    with pool_object(cluster.kube, name):
        yield name
    berth_down(cluster)


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name: 4 cpu."""
    with quota_of_its_own(kube, managed_namespace, pool, 4) as name:
        yield name


def trace_of(kube: ApiClient, name: str, namespace: str) -> str:
    return str(kube.get("v1/Pod", name, namespace)["metadata"]["uid"]).replace("-", "")


def whole_trace(collector: TraceCollector, trace: str) -> dict[str, Span]:
    """The spans of a trace by their names, once its end and the binding have come."""
    def names() -> set[str]:
        return {span.name for span in collector.trace(trace)}

    wait_until(lambda: {ROOT_SPAN, "extender bind"} <= names(), 30,
               lambda: f"the trace is whole: {names()}")
    return {span.name: span for span in collector.trace(trace)}


def test_a_pods_spans_of_both_programs_are_one_trace_in_their_order(kube, collector, pool, team):
    kube.create(objects.pod("traced", team, requests={"cpu": "1"}))
    node = wait_bound(kube, team, "traced")
    spans = whole_trace(collector, trace_of(kube, "traced", team))

    way = ["gated", "considered", "admitted", "extender filter", "extender bind"]
    assert set(way) <= spans.keys()
    root = spans[ROOT_SPAN]
    assert root.parent == ""
    assert root.attributes["berth.result"] == "bound"
    assert root.attributes["k8s.node.name"] == node
    for name, span in spans.items():
        extends = name.startswith("extender")
        assert span.service == ("berth-scheduler-extender" if extends else "berth-operator")
        assert span.attributes["k8s.pod.name"] == "traced"
        assert name == ROOT_SPAN or span.parent == root.id
        assert span.start <= span.end
        assert root.start <= span.start
    for earlier, later in zip(way, way[1:], strict=False):
        assert spans[earlier].start <= spans[later].start + CLOCK_ERROR_SECONDS, (earlier, later)
    assert spans["extender bind"].start <= root.end + CLOCK_ERROR_SECONDS
    assert spans["considered"].attributes["berth.quota"] == team
    assert int(spans["considered"].attributes["berth.cycle"]) > 0
    assert spans["admitted"].attributes["berth.result"] == "done"
    assert spans["extender bind"].attributes["berth.result"] == "ok"


def test_what_a_pod_waited_for_is_in_its_trace(kube, collector, pool, team):
    for name in ("first", "second"):
        kube.create(objects.pod(name, team, requests={"cpu": "4"}))
        wait_until(lambda name=name: name == "second" or not berth_kinds.is_gated(kube, name, team),
                   30, "the first is admitted")
    wait_until(lambda: berth_kinds.annotation(kube, "second", team, berth_kinds.EXPLAIN), 30,
               "the second waits")
    kube.delete("v1/Pod", "first", team, gracePeriodSeconds=0)
    wait_bound(kube, team, "second")
    waited = whole_trace(collector, trace_of(kube, "second", team))["waited"]
    assert waited.attributes["berth.reason"] == "InsufficientQuota"
    assert waited.end - waited.start >= 2


def test_no_span_is_lost_on_the_way_of_a_few_pods(cluster, kube, pool, team):
    for program in (OPERATOR, EXTENDER):
        assert metric(cluster, "berth_trace_spans_total", program, outcome="sent") > 0
        for outcome in ("dropped", "failed"):
            assert metric(cluster, "berth_trace_spans_total", program, outcome=outcome) == 0


def test_a_log_level_that_changes_in_its_file_holds_without_a_restart(programs, pool, tmp_path):
    level = tmp_path / "level"
    level.write_text("info")
    record = programs.start_operator(f"--log-level-file={level}", name="standby")
    log = Path(record.log)
    assert '"level":"debug"' not in log.read_text(encoding="utf-8")
    level.write_text("debug\n")
    wait_until(lambda: '"before":"info","after":"debug"' in log.read_text(encoding="utf-8"), 30,
               "the level has changed")
