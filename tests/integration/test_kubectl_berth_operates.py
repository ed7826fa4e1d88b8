"""The commands of kubectl berth that change something, examine, or go on: on a real cluster."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, wait_phase, wait_until
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane import gate
from berth_controlplane.berth import EXTENDER, OPERATOR
from berth_controlplane.cluster import Cluster

EXIT_FAILURE, EXIT_NOT_FOUND = 1, 3
BINDING = "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding"
ENTER, LEAVE = "\033[?1049h", "\033[?1049l"
COLUMNS, LINES = 120, 30


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Operator and extender, and a pool of two of the nodes."""
    with pool_of_nodes(cluster, programs_folder, 2, 8, (OPERATOR, EXTENDER)) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of 6 cpu."""
    with quota_of_its_own(kube, managed_namespace, pool, 6) as name:
        wait_until(lambda: berth_kinds.is_true(kube, "Quota", name, "Ready"), 30,
                   "the quota is ready")
        yield name


def nominal(kube: ApiClient, quota: str):
    return kube.get(berth_kinds.QUOTA, quota)["spec"]["pools"][0]["resources"][0]["nominal"]


def test_set_quota_lets_waiting_work_start(ask, kube, team):
    kube.create(objects.pod("large", team, requests={"cpu": "7"}))
    wait_until(lambda: berth_kinds.annotation(kube, "large", team, berth_kinds.EXPLAIN), 30,
               "it is said why it waits")
    words = ("set-quota", team, "--resource", "cpu", "--nominal", "8")
    tried = ask(*words, "--dry-run=server")
    assert tried.returncode == 0, tried.stderr
    assert "dry run" in tried.stdout and nominal(kube, team) == 6

    done = ask(*words, "-o", "json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["before"]["nominal"], shown["after"]["nominal"]) == ("6", "8")
    wait_phase(kube, "large", team, "Running")


def test_set_quota_is_not_stopped_by_what_the_operator_writes(ask, kube, team):
    """Pods come and go, so the status is written all the time."""
    for number in range(8):
        kube.create(objects.pod(f"p{number}", team, requests={"cpu": "500m"}))
        done = ask("set-quota", team, "--resource", "cpu", "--nominal", str(10 + number))
        assert done.returncode == 0, done.stderr
        assert nominal(kube, team) == str(10 + number)
        kube.delete("v1/Pod", f"p{number}", team)


def test_set_quota_names_what_does_not_exist(ask, team):
    missing = ask("set-quota", team, "--resource", "disk", "--nominal", "1")
    assert missing.returncode == EXIT_NOT_FOUND and "it has: cpu" in missing.stderr
    assert ask("set-quota", "nobody", "--resource", "cpu",
               "--nominal", "1").returncode == EXIT_NOT_FOUND


def test_reserve_waits_until_it_is_accepted_and_open_and_release_until_it_is_gone(
        ask, kube, team, pool):
    name = f"window-{uuid.uuid4().hex[:6]}"
    made = ask("reserve", name, "--pool", pool, "--quota", team, "--amount", "cpu=2",
               "--start", "+5s", "--for", "10m", "--wait", "--active", "--timeout", "50s")
    assert made.returncode == 0, made.stdout + made.stderr
    assert berth_kinds.is_true(kube, "Reservation", name, "Active")
    assert "WindowOpen" in made.stdout
    drawn = ask("calendar", pool, "--ahead", "1h")
    assert re.search(rf"{name} +{team} +#+", drawn.stdout), drawn.stdout

    gone = ask("release", name, "--wait")
    assert gone.returncode == 0, gone.stderr
    assert kube.find(berth_kinds.RESERVATION, name) is None


def test_reserve_tells_why_it_is_refused(ask, kube, team, pool):
    name = f"large-{uuid.uuid4().hex[:6]}"
    refused = ask("reserve", name, "--pool", pool, "--quota", team, "--amount", "cpu=500", "--wait")
    assert refused.returncode == EXIT_FAILURE
    assert f"Reservation {name} is refused: " in refused.stderr
    assert kube.find(berth_kinds.RESERVATION, name) is not None
    assert ask("release", name, "--wait").returncode == 0


def recommendation(namespace: str, patch: dict) -> dict:
    return {"apiVersion": berth_kinds.API_VERSION, "kind": "ScalingRecommendation",
            "metadata": {"name": "grow", "namespace": namespace},
            "spec": {"targetRef": {"kind": "Deployment", "name": "web"}, "kind": "ScaleOut",
                     "priority": "High", "confidencePercent": 80,
                     "action": {"subresource": "Scale", "patchType": "Merge",
                                "patch": json.dumps(patch)},
                     "expiresAt": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                time.gmtime(time.time() + 600))}}


def deployment(namespace: str) -> dict:
    labels = {"app": "web"}
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels},
                                  "spec": {"containers": [{"name": "c", "image": "none"}]}}}}


def test_apply_sends_the_exact_patch(ask, kube, team):
    kube.create(deployment(team))
    kube.create(recommendation(team, {"spec": {"replicas": 3}}))
    listed = json.loads(ask("recommendations", "-n", team, "-o", "json").stdout)
    assert [row["name"] for row in listed["recommendations"]] == ["grow"]

    tried = ask("recommendations", "apply", f"{team}/grow", "--dry-run=server")
    assert tried.returncode == 0, tried.stderr
    assert kube.get("apps/v1/Deployment", "web", team)["spec"]["replicas"] == 1
    done = ask("recommendations", "apply", "grow", "-n", team)
    assert done.returncode == 0, done.stderr
    assert kube.get("apps/v1/Deployment", "web", team)["spec"]["replicas"] == 3


def findings(ask, **how) -> dict[str, str]:
    """The worst verdict of each check of doctor."""
    said = ask("doctor", "-o", "json", **how)
    order = ["works", "unknown", "warning", "error"]
    worst: dict[str, str] = {}
    for found in json.loads(said.stdout)["findings"]:
        before = worst.get(found["check"], "works")
        worst[found["check"]] = max(before, found["verdict"], key=order.index)
        assert bool(found["mend"]) == (found["verdict"] != "works")
    assert said.returncode == (EXIT_FAILURE if "error" in worst.values() else 0)
    return worst


def test_doctor_finds_what_is_missing(ask, kube, team):
    wait_until(lambda: findings(ask)["certificate berth-scheduler-extender-tls"] == "works", 30,
               "the operator has filled the Secrets")
    found = findings(ask)
    # A webhook leads to a local process here and not to the Service, and doctor says so.
    for check in ("kubernetes", "definitions", "guard", "leader", "rights",
                  *(["gate"] if gate.is_policy(kube) else []),
                  "scheduler configuration", "certificate berth-scheduler-client-tls"):
        assert found[check] == "works", (check, found)
    assert found["programs"] == "warning"  # they run beside the cluster here

    binding = kube.get(BINDING, "berth-guard-pool-scaling")
    kube.delete(BINDING, "berth-guard-pool-scaling")
    try:
        assert findings(ask)["guard"] == "error"
        assert "not bound: berth-guard-pool-scaling" in ask("doctor").stdout
    finally:
        kube.create({key: value for key, value in binding.items() if key != "metadata"}
                    | {"metadata": {"name": "berth-guard-pool-scaling"}
                       | {"labels": binding["metadata"]["labels"]}})


def test_doctor_tells_a_user_what_it_may_not_see(ask, cluster, team):
    found = findings(ask, kubeconfig=cluster.service_account_kubeconfig(team, "default"))
    assert found["definitions"] == "works"
    assert found["certificate berth-scheduler-extender-tls"] == "unknown"
    assert found["rights"] == "unknown"


def test_export_and_top_print_what_is_counted(ask, team, pool):
    metrics = ask("export", "--format", "openmetrics").stdout
    assert f'berth_quota_nominal{{quota="{team}",resource="cpu"}} 6000\n' in metrics
    assert metrics.endswith("# EOF\n")
    assert f",quota,{team},{pool},cpu,millicores," in ask("export").stdout
    assert pool in ask("top", "-o", "wide").stdout  # nothing is granted in it


class Terminal:
    """kubectl berth monitor on a terminal of its own."""

    def __init__(self, program: Path, kubeconfig: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.resize(COLUMNS, LINES)
        self.process = subprocess.Popen(
            [program, "monitor", "--interval", "1s"], stdin=theirs, stdout=theirs,
            stderr=subprocess.PIPE, start_new_session=True,
            env={"KUBECONFIG": str(kubeconfig), "TERM": "xterm", "HOME": "/nowhere",
                 "PATH": os.environ["PATH"]})
        os.close(theirs)
        self.said = ""

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read_for(self, seconds: float) -> str:
        """What is written in the next time; also added to `said`."""
        until = time.monotonic() + seconds
        new = ""
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._ours], [], [], left)[0]:
                break
            try:
                new += os.read(self._ours, 65536).decode()
            except OSError:  # the other end is closed
                break
        self.said += new
        return new

    def end(self, number: int) -> int:
        """Sends a signal; how the process ended."""
        self.process.send_signal(number)
        ended = self.process.wait(timeout=20)
        self.read_for(1)
        os.close(self._ours)
        return ended


def widest(text: str) -> int:
    """The longest line, without escape sequences; a picture begins where the last one did."""
    plain = re.sub(r"\033\[[?0-9;]*[A-Za-z]", "", text.replace("\033[H", "\n"))
    return max((len(line.rstrip("\r")) for line in plain.split("\n")), default=0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_monitor_draws_within_the_terminal_and_gives_it_back(cluster, programs_folder, team,
                                                             number):
    terminal = Terminal(programs_folder / "kubectl-berth", cluster.admin_kubeconfig)
    wait_until(lambda: terminal.read_for(1) and team in terminal.said, 30, "the quota is shown")
    assert terminal.said.startswith(ENTER)
    assert widest(terminal.said) <= COLUMNS
    terminal.resize(40, 10)
    terminal.read_for(1.5)  # a picture of the old size may be under way
    small = terminal.read_for(3)
    assert "Berth at" in small and widest(small) <= 40
    assert terminal.end(number) == 0
    assert terminal.said.endswith(LEAVE)
    assert terminal.process.stderr.read() == b""


def test_monitor_gives_the_terminal_back_when_it_fails(programs_folder, tmp_path):
    gone = tmp_path / "gone"
    gone.write_text("apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                    "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
                    "users: [{name: u, user: {}}]\n"
                    "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n")
    terminal = Terminal(programs_folder / "kubectl-berth", gone)
    assert terminal.process.wait(timeout=60) == EXIT_FAILURE
    terminal.read_for(1)
    assert terminal.said.startswith(ENTER) and terminal.said.endswith(LEAVE)
    assert b"kubectl cluster-info" in terminal.process.stderr.read()


def test_monitor_without_a_terminal_prints_one_picture_after_the_other(ask, team):
    said = ask("monitor", "--count", "2", "--interval", "1s")
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("Berth at") == 2 and "\033" not in said.stdout
