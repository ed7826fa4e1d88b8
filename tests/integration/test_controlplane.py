"""The control plane itself keeps its promises: what every other integration test stands on."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import objects
from harness.kube import (
    ApiClient,
    ApiError,
    WaitTimeout,
    condition,
    phase,
    wait_condition,
    wait_gone,
    wait_phase,
    wait_until,
)
from harness.programs import Programs

from berth_controlplane import binaries, components, heartbeats, kwok, versions
from berth_controlplane.berth import ANALYZER, EXTENDER, OPERATOR, PROGRAMS, BerthOptions
from berth_controlplane.berth import down as berth_down
from berth_controlplane.berth import up as berth_up
from berth_controlplane.bringup import ClusterOptions, bring_up
from berth_controlplane.cluster import Cluster
from berth_controlplane.errors import ComponentFailed
from berth_controlplane.locations import CONTROLPLANE, cluster_link
from berth_controlplane.locks import file_lock
from berth_controlplane.nodes import NodeShape
from berth_controlplane.ports import is_free, pick_ports
from berth_controlplane.processes import ProcessRecord, live_start_ticks, probe

COMMAND = str(CONTROLPLANE / "controlplane")
STAND_IN = Path(__file__).parent / "harness" / "stand_in_program.py"
METRICS = "metrics.k8s.io/v1beta1/PodMetrics"
TIED_CALLER = """
import sys, time
from berth_controlplane.processes import ProcessRecord
record = ProcessRecord("child", ["sleep", "60"], sys.argv[1], "", [])
record.start(tied_to_caller=True)
print(record.pid, flush=True)
time.sleep(60)
"""


def controlplane(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    return subprocess.run([sys.executable, COMMAND, *arguments], capture_output=True, text=True,
                          timeout=120, check=False)


@pytest.fixture
def second() -> Iterator[Cluster]:
    """A second, smaller cluster beside the session's."""
    raised = bring_up(ClusterOptions(f"second-{os.getpid()}", nodes=1, with_metrics=False,
                                     tied_to_caller=True))
    yield raised
    if raised.folder.exists():
        raised.down()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Cluster]:
    """A cluster whose components may be broken: each test leaves it as it was."""
    raised = bring_up(ClusterOptions(
        f"sandbox-{os.getpid()}", nodes=2, with_metrics=False, tied_to_caller=True,
        extra_flags={"controller-manager": ["--node-monitor-grace-period=15s"]}))
    yield raised
    raised.down()


# Life of a cluster --------------------------------------------------------------------------------


def test_two_clusters_live_side_by_side_and_down_leaves_no_process_and_no_port(
        cluster: Cluster, kube: ApiClient, second: Cluster) -> None:
    other = second.kube
    other.create(objects.pod("only-here", "default"))
    wait_phase(other, "only-here", "default", "Running")
    assert kube.find("v1/Pod", "only-here", "default") is None

    records = list(second.state.processes.values())
    assert len(records) == 6
    second.down()
    assert [record.name for record in records if live_start_ticks(record.pid) > 0] == []
    assert [port for record in records for port in record.ports if not is_free(port)] == []
    assert not second.folder.exists()
    assert kube.raw_request("GET", "/readyz")[0] == 200, "the first cluster is still there"


def test_the_command_brings_up_finds_from_another_shell_and_takes_down(tmp_path: Path) -> None:
    name = f"command-{os.getpid()}"
    folder = tmp_path / "elsewhere"
    up = controlplane("up", "--name", name, "--nodes", "1", "--no-metrics", "--no-scheduler",
                      "--dir", str(folder))
    try:
        assert up.returncode == 0, up.stderr
        assert up.stdout.strip() == f"export KUBECONFIG={folder}/kubeconfigs/admin.yaml"
        assert controlplane("env", "--name", name).stdout == up.stdout
        again = controlplane("up", "--name", name)
        assert again.returncode == 1
        assert "is already up" in again.stderr
        added = controlplane("nodes", "add", "--name", name, "--count", "2", "--prefix", "gpu",
                             "--capacity", "cpu=8,memory=32Gi,pods=20,nvidia.com/gpu=4",
                             "--label", "pool=gpu", "--zones", "2")
        assert added.returncode == 0, added.stderr
        listed = controlplane("kubectl", "--name", name, "--", "get", "nodes", "-l", "pool=gpu",
                              "-o", r"jsonpath={.items[*].status.allocatable.nvidia\.com/gpu}")
        assert listed.stdout == "4 4", listed.stderr
        assert "etcd                 running" in controlplane("status").stdout
    finally:
        down = controlplane("down", "--name", name)
    assert down.returncode == 0, down.stderr
    assert not folder.exists()
    assert not cluster_link(name).is_symlink()
    assert controlplane("env", "--name", name).returncode == 1


def test_a_component_that_cannot_start_fails_with_its_log_and_leaves_nothing_running() -> None:
    name = f"broken-{os.getpid()}"
    started = time.monotonic()
    done = controlplane("up", "--name", name, "--flag", "apiserver=--no-such-flag")
    try:
        assert done.returncode == 1
        assert time.monotonic() - started < 20
        assert "controlplane: apiserver: ended while starting" in done.stderr
        assert "unknown flag: --no-such-flag" in done.stderr
        records = Cluster.find(name).state.processes.values()
        assert [record.name for record in records if record.running] == []
    finally:
        controlplane("down", "--name", name)


def test_a_process_that_is_never_ready_fails_within_its_time_and_is_ended(
        sandbox: Cluster, tmp_path: Path) -> None:
    port = pick_ports(1)[0]
    record = ProcessRecord("deaf", ["sh", "-c", "echo I hear nothing; exec sleep 60"],
                           str(tmp_path / "deaf.log"), f"http://127.0.0.1:{port}/readyz", [port],
                           ready_timeout_seconds=1)
    with pytest.raises(ComponentFailed, match="deaf: not ready within 1 s") as failure:
        sandbox.add(record)
    assert failure.value.log_tail == "I hear nothing"
    assert not record.running
    sandbox.remove("deaf")


def test_what_is_waited_for_in_vain_is_told_with_the_log_of_who_owes_it(
        cluster: Cluster) -> None:
    with pytest.raises(ComponentFailed, match="kwok: not within 0 s: pigs fly\nlast lines of"), \
            cluster.blaming("kwok"):
        wait_until(lambda: False, 0, "pigs fly")


def test_a_lock_that_is_never_let_go_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    waited = []
    with file_lock(path, 1), pytest.raises(WaitTimeout, match="some.lock is free"), \
            file_lock(path, 0.1, lambda: waited.append(True)):
        pass
    assert waited
    with file_lock(path, 1):
        pass


def test_a_killed_paused_or_restarted_component_comes_back(sandbox: Cluster) -> None:
    kube = sandbox.kube
    sandbox.kill("scheduler")
    sandbox.kill("kwok")
    kube.create(objects.pod("patient", "default"))
    sandbox.restart("apiserver")
    sandbox.restart("etcd")
    assert phase(sandbox.kube, "patient", "default") == "Pending", "etcd kept its data"
    sandbox.start("scheduler")
    sandbox.start("kwok")
    wait_phase(sandbox.kube, "patient", "default", "Running")


def test_a_paused_component_answers_again_when_resumed(sandbox: Cluster) -> None:
    port = sandbox.layout.ports["apiserver"]
    sandbox.pause("apiserver")
    assert not probe(f"https://127.0.0.1:{port}/readyz")
    assert not is_free(port)
    sandbox.resume("apiserver")
    wait_until(lambda: probe(f"https://127.0.0.1:{port}/readyz"), 20, "the API server answers")


def test_a_port_that_is_lost_to_another_process_is_replaced(
        monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        lost = [taken.getsockname()[1]]
        monkeypatch.setattr(components, "pick_ports", lambda count: [
            *pick_ports(count - len(lost)), *(lost.pop() for _ in list(lost))])
        said: list[str] = []
        raised = bring_up(ClusterOptions(
            f"contested-{os.getpid()}", nodes=0, with_scheduler=False, tied_to_caller=True),
            said.append)
        raised.down()
    assert "metrics-server lost its port to another process: once more" in said


def test_processes_tied_to_their_caller_die_with_it(tmp_path: Path) -> None:
    caller = subprocess.Popen(
        [sys.executable, "-c", TIED_CALLER, str(tmp_path / "log")], stdout=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": str(CONTROLPLANE)})
    assert caller.stdout is not None
    pid = int(caller.stdout.readline())
    assert live_start_ticks(pid) > 0
    caller.kill()
    caller.wait()
    caller.stdout.close()
    wait_until(lambda: live_start_ticks(pid) < 0, 10, f"process {pid} is gone")


# Simulated nodes and pods -------------------------------------------------------------------------


def test_the_pod_of_a_job_runs_for_its_time_and_the_job_completes(
        kube: ApiClient, namespace: str) -> None:
    kube.create(objects.job("work", namespace, parallelism=2, completions=3,
                            annotations={objects.RUN_SECONDS: "2"}))
    wait_until(lambda: kube.get("batch/v1/Job", "work", namespace)["status"].get("active") == 2,
               20, "two pods of the job are active")
    done = wait_condition(kube, "batch/v1/Job", "work", namespace, "Complete")
    assert done["reason"] == "CompletionsReached"
    for pod in kube.list("v1/Pod", namespace):
        ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
        assert ended["reason"] == "Completed"
        assert 1 <= seconds(ended["finishedAt"]) - seconds(ended["startedAt"]) <= 5


def test_a_pod_can_fail_start_late_and_stop_late(kube: ApiClient, namespace: str) -> None:
    kube.create(objects.pod("fails", namespace, annotations={
        objects.RUN_SECONDS: "0", objects.EXIT_CODE: "3"}))
    kube.create(objects.pod("late", namespace, terminationGracePeriodSeconds=30, annotations={
        "kwok.berth.dev/start-seconds": "3", "kwok.berth.dev/stop-seconds": "3"}))
    failed = wait_phase(kube, "fails", namespace, "Failed")
    assert failed["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 3
    late = kube.get("v1/Pod", "late", namespace)
    assert late["status"]["phase"] == "Pending"
    wait_phase(kube, "late", namespace, "Running")
    kube.delete("v1/Pod", "late", namespace)
    asked = time.monotonic()
    wait_gone(kube, "v1/Pod", "late", namespace)
    assert 1.5 < time.monotonic() - asked < 10


def test_a_resized_pod_reports_its_new_resources_as_actual(kube: ApiClient, namespace: str) -> None:
    kube.create(objects.pod("grows", namespace, requests={"cpu": "100m", "memory": "64Mi"}))
    wait_phase(kube, "grows", namespace, "Running")
    wanted = {"cpu": "300m", "memory": "128Mi"}
    kube.patch("v1/Pod", "grows", {"spec": {"containers": [
        {"name": "main", "image": objects.IMAGE, "resources": {"requests": wanted}}]}},
        namespace, subresource="resize")

    def actual() -> dict[str, dict[str, str]]:
        status = kube.get("v1/Pod", "grows", namespace)["status"]
        resources: dict[str, dict[str, str]] = status["containerStatuses"][0]["resources"]
        return resources

    wait_until(lambda: actual()["requests"] == wanted, 20, lambda: f"resized: {actual()}")


def test_a_node_fails_and_recovers_by_annotation(cluster: Cluster, kube: ApiClient) -> None:
    name = cluster.add_nodes(1, NodeShape(prefix="frail"))[0]
    mark_failed(kube, name, "not-ready")
    wait_condition(kube, "v1/Node", name, None, "Ready", "False")
    wait_until(lambda: "node.kubernetes.io/not-ready" in taints(kube, name), 20,
               lambda: f"{name} is tainted: {taints(kube, name)}")
    mark_failed(kube, name, None)
    wait_condition(kube, "v1/Node", name, None, "Ready", "True")
    wait_until(lambda: not taints(kube, name), 20, lambda: f"{name} is free: {taints(kube, name)}")
    kube.delete("v1/Node", name)


def test_a_node_whose_kubelet_falls_silent_becomes_unreachable(sandbox: Cluster) -> None:
    kube = sandbox.kube
    mark_failed(kube, "node-0", "silent")
    wait_condition(kube, "v1/Node", "node-0", None, "Ready", "Unknown", timeout_seconds=45)
    wait_until(lambda: "node.kubernetes.io/unreachable" in taints(kube, "node-0"), 20,
               lambda: f"node-0 is tainted: {taints(kube, 'node-0')}")
    mark_failed(kube, "node-0", None)
    wait_until(lambda: not taints(kube, "node-0"), 30,
               lambda: f"node-0 is free: {taints(kube, 'node-0')}")
    other = kube.get("v1/Node", "node-1")
    ready = condition(other, "Ready")
    assert ready is not None and ready["status"] == "True", "the other node's lease was renewed"


def test_leases_are_renewed_on_few_nodes_only() -> None:
    assert heartbeats.choose("auto", heartbeats.LEASE_NODES_MAX) == "lease"
    assert heartbeats.choose("auto", heartbeats.LEASE_NODES_MAX + 1) == "none"
    assert heartbeats.choose("lease", 5000) == "lease"


# Metrics and rights -------------------------------------------------------------------------------


def test_metrics_answer_what_annotations_and_usage_objects_ask(
        kube: ApiClient, namespace: str) -> None:
    kube.create(objects.pod("annotated", namespace, annotations={
        objects.USAGE_CPU: "1500m", objects.USAGE_MEMORY: "3Gi"}))
    kube.create({
        "apiVersion": kwok.USAGE_GROUP, "kind": "ResourceUsage",
        "metadata": {"name": "described", "namespace": namespace},
        "spec": {"usages": [{"usage": {"cpu": {"value": "250m"}, "memory": {"value": "1Gi"}}}]}})
    kube.create(objects.pod("described", namespace))

    def used(name: str) -> tuple[float, float] | None:
        try:
            metrics = kube.find(METRICS, name, namespace)
        except ApiError:  # 503 until metrics-server has scraped twice
            return None
        return usage_of(metrics) if metrics else None

    for name, cpu, gibibytes in (("annotated", 1.5, 3.0), ("described", 0.25, 1.0)):
        wait_until(lambda name=name, cpu=cpu, gibibytes=gibibytes: (  # type: ignore[misc]
            used(name) is not None and used(name) == pytest.approx((cpu, gibibytes), rel=0.05)),
            75, lambda name=name: f"metrics of {name}: {used(name)}", 0.5)  # type: ignore[misc]


def test_rbac_refuses_a_service_account_without_rights(
        cluster: Cluster, kube: ApiClient, namespace: str) -> None:
    kube.create(objects.service_account("nobody", namespace))
    nobody = ApiClient.from_kubeconfig(cluster.service_account_kubeconfig(namespace, "nobody"))
    me = nobody.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    assert me["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:nobody"
    for attempt in (lambda: nobody.list("v1/Pod", namespace),
                    lambda: nobody.create(objects.pod("x", namespace))):
        with pytest.raises(ApiError) as refusal:
            attempt()
        assert refusal.value.code == 403


def test_nobody_without_credentials_gets_in(cluster: Cluster) -> None:
    access = cluster.kube.access
    anonymous = ApiClient(type(access)(access.server, access.certificate_authority))
    assert anonymous.raw_request("GET", "/api/v1/nodes")[0] == 403


def test_a_watch_reports_what_happens(kube: ApiClient, namespace: str) -> None:
    version = kube.request("GET", kube.path("v1/Pod", namespace))["metadata"]["resourceVersion"]
    kube.create(objects.pod("seen", namespace))
    events = kube.watch("v1/Pod", namespace, 20, resourceVersion=version)
    assert next(event for event in events)["type"] == "ADDED"
    assert any(event["object"]["status"].get("phase") == "Running" for event in events)


# Programs and Berth -------------------------------------------------------------------------------


def test_a_program_is_started_with_the_rights_of_its_service_account(
        cluster: Cluster, kube: ApiClient, namespace: str, stand_ins: Path) -> None:
    kube.create(objects.service_account("runner", namespace))
    programs = Programs(cluster, stand_ins)
    record = programs.start(OPERATOR, service_account=f"{namespace}/runner")
    assert record.running
    programs.stop_all()
    assert not record.running
    assert OPERATOR not in cluster.state.processes


def test_a_report_of_a_sanitizer_fails_the_test_that_ran_the_program(
        cluster: Cluster, kube: ApiClient, namespace: str, stand_ins: Path) -> None:
    script = stand_ins / OPERATOR
    script.write_text(script.read_text().replace(
        "exec", "echo '==1==ERROR: AddressSanitizer: heap-use-after-free'\nexec"))
    kube.create(objects.service_account("runner", namespace))
    programs = Programs(cluster, stand_ins)
    programs.start(OPERATOR, service_account=f"{namespace}/runner", name="faulty")
    with pytest.raises(pytest.fail.Exception, match="heap-use-after-free"):
        programs.stop_all()
    assert "faulty" not in cluster.state.processes


def test_berth_is_installed_from_its_manifests_and_the_scheduler_asks_the_extender(
        sandbox: Cluster, stand_ins: Path) -> None:
    berth_up(sandbox, BerthOptions(stand_ins, operators=2))
    kube = sandbox.kube
    running = [name for name in sandbox.state.processes if sandbox.record(name).running]
    assert {*PROGRAMS, f"{OPERATOR}-2"} <= set(running)
    assert kube.list("apps/v1/Deployment") == []

    kube.create(objects.pod("unmanaged", "default"))
    wait_phase(kube, "unmanaged", "default", "Running")
    asked = Path(sandbox.record(EXTENDER).log).read_text(encoding="utf-8")
    assert "asked: filter by system:kube-scheduler" in asked

    kube.create(objects.pod("managed", "default", labels={"berth.dev/managed": "true"}))
    held = condition(kube.get("v1/Pod", "managed", "default"), "PodScheduled")
    assert held is not None and held["reason"] == "SchedulingGated"

    berth_down(sandbox)
    assert ANALYZER not in sandbox.state.processes
    kube.create(objects.pod("after", "default"))
    wait_phase(kube, "after", "default", "Running")


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """A folder with stand-ins for Berth's programs."""
    for name in PROGRAMS:
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return tmp_path


# Building -----------------------------------------------------------------------------------------


def test_the_binaries_are_built_once_and_stamped() -> None:
    said: list[str] = []
    built = binaries.ensure_binaries(said.append)
    assert said == [], "nothing is built twice"
    version = subprocess.run([built.kubernetes, "apiserver", "--version"], capture_output=True,
                             text=True, check=True).stdout
    assert version.strip() == f"Kubernetes {versions.chosen()}"


def test_versions_have_module_files_and_a_cache_of_their_own() -> None:
    listed = versions.available()
    assert controlplane("versions").stdout.split() == listed
    folders = {binaries.cache_folder(version) for version in listed}
    assert len(folders) == len(listed)


def test_a_version_without_module_files_is_refused_with_those_that_there_are() -> None:
    done = controlplane("up", "--name", f"unknown-{os.getpid()}", "--kubernetes", "v1.2.3")
    assert done.returncode == 1
    assert f"no module files for Kubernetes v1.2.3; there are: {versions.available()[0]}" in done.stderr


def seconds(timestamp: str) -> float:
    """An RFC 3339 time in UTC as seconds."""
    return time.mktime(time.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ"))


def mark_failed(kube: ApiClient, node: str, how: str | None) -> None:
    """Let a simulated node fail, or recover with None."""
    kube.patch("v1/Node", node,
               {"metadata": {"annotations": {heartbeats.FAILED_ANNOTATION: how}}})


def taints(kube: ApiClient, node: str) -> set[str]:
    """Keys of a node's taints."""
    return {taint["key"] for taint in kube.get("v1/Node", node)["spec"].get("taints", [])}


def usage_of(metrics: dict[str, object]) -> tuple[float, float]:
    """Cores and GiB of a PodMetrics; its amounts come in n, u, m and Ki, Mi, Gi."""
    scale = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}

    def number(amount: str) -> float:
        suffix = amount.lstrip("0123456789")
        return float(amount.removesuffix(suffix)) * scale.get(suffix, 1.0)

    containers = metrics["containers"]
    assert isinstance(containers, list)
    return (sum(number(each["usage"]["cpu"]) for each in containers),
            sum(number(each["usage"]["memory"]) for each in containers) / 2**30)
