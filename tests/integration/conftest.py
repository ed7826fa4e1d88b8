"""Fixtures of the tests that run against a real control plane.

BERTH_TEST_CLUSTER=NAME  use this running cluster (controlplane up --name NAME) instead of a new one
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "controlplane"), str(TESTS / "integration")]

from harness.kube import WAIT_SECONDS, ApiClient, wait_until  # noqa: E402
from harness.programs import LEADS_AT_ONCE, Programs, fail_on_sanitizer_reports  # noqa: E402

from berth_controlplane.berth import BerthOptions  # noqa: E402  (the path must be set first)
from berth_controlplane.berth import down as berth_down  # noqa: E402
from berth_controlplane.berth import up as berth_up  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.cluster import CONTROL_PLANE, Cluster  # noqa: E402
from berth_controlplane.processes import log_tail  # noqa: E402

NODES = 4
PLUGIN_TIMEOUT_SECONDS = 60
NAME_CHARACTERS_MAX = 40


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One cluster with a few nodes for the whole session; its processes die with the session."""
    chosen = os.environ.get("BERTH_TEST_CLUSTER")
    if chosen:
        yield Cluster.find(chosen)
        return
    raised = bring_up(ClusterOptions(f"pytest-{os.getpid()}", nodes=NODES, tied_to_caller=True),
                      print)
    yield raised
    raised.down()


@pytest.fixture(scope="session")
def kube(cluster: Cluster) -> ApiClient:
    """An API client with all rights."""
    return cluster.kube


@pytest.fixture
def namespace(kube: ApiClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own, in which pods can be created at once."""
    with own_namespace(kube, request.node.name, {}) as name:
        yield name


@pytest.fixture
def managed_namespace(kube: ApiClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace whose pods Berth manages."""
    with own_namespace(kube, request.node.name, {"berth.dev/managed": "true"}) as name:
        yield name


@pytest.fixture
def programs(cluster: Cluster, programs_folder: Path) -> Iterator[Programs]:
    """Starts single programs of Berth against the cluster; all are stopped after the test."""
    runner = Programs(cluster, programs_folder)
    yield runner
    runner.stop_all()


@pytest.fixture
def operator(programs: Programs) -> None:
    """One operator that leads at once."""
    programs.start_operator(*LEADS_AT_ONCE)


@pytest.fixture
def die_at(programs):
    """Lets an operator die at a failpoint while something happens, and starts the next one."""
    def run(failpoint: str, happens, *flags: str) -> None:
        programs.stop_all()  # the heir of the failpoint before
        doomed = programs.start_operator(*LEADS_AT_ONCE, *flags, name="doomed",
                                         environment={"BERTH_FAILPOINT": failpoint})
        happens()
        wait_until(lambda: not doomed.running, 30, f"the operator dies at {failpoint}")
        programs.stop_all()
        programs.start_operator(*LEADS_AT_ONCE, *flags, name="heir")
    return run


@pytest.fixture
def ask(cluster: Cluster, programs_folder: Path):
    """Runs kubectl-berth; answers what it printed and how it ended."""
    def run(*words: str, kubeconfig: Path | str = cluster.admin_kubeconfig):
        return subprocess.run([programs_folder / "kubectl-berth", *words],
                              env=plugin_environment(kubeconfig), capture_output=True, text=True,
                              timeout=PLUGIN_TIMEOUT_SECONDS, check=False)
    return run


def plugin_environment(kubeconfig: Path | str) -> dict[str, str]:
    """What kubectl-berth is told of where it runs."""
    return {"PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig), "HOME": "/nowhere"}


@pytest.fixture(scope="module")
def berth(cluster: Cluster, programs_folder: Path) -> Iterator[Cluster]:
    """The cluster with all of Berth in it, for the tests of one file."""
    berth_up(cluster, BerthOptions(programs_folder), print)
    yield cluster
    logs = [Path(record.log) for record in cluster.state.processes.values()
            if record.name not in CONTROL_PLANE]
    berth_down(cluster)
    fail_on_sanitizer_reports(logs)


@contextmanager
def own_namespace(kube: ApiClient, test: str, labels: dict[str, str]) -> Iterator[str]:
    """A fresh namespace named after the test; its deletion is asked for, not awaited."""
    readable = re.sub(r"[^a-z0-9]+", "-", test.lower()).strip("-")[:NAME_CHARACTERS_MAX]
    name = f"{readable}-{uuid.uuid4().hex[:6]}"
    kube.create({"apiVersion": "v1", "kind": "Namespace",
                 "metadata": {"name": name, "labels": labels}})
    wait_until(lambda: kube.find("v1/ServiceAccount", "default", name), WAIT_SECONDS,
               f"namespace {name} has its default service account")
    yield name
    kube.delete("v1/Namespace", name)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of the logs of Berth's programs below a failed test."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    raised = getattr(item, "funcargs", {}).get("cluster")
    if report.when == "call" and report.failed and isinstance(raised, Cluster):
        for name, record in raised.state.processes.items():
            if name not in CONTROL_PLANE:
                report.sections.append((f"log of {name}", log_tail(Path(record.log))))
