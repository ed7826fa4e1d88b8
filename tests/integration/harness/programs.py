"""Single programs under test: one binary, one service account, a port for its health."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from berth_controlplane.berth import OPERATOR
from berth_controlplane.cluster import Cluster
from berth_controlplane.ports import HOST, pick_ports
from berth_controlplane.processes import ProcessRecord

READY_TIMEOUT_SECONDS = 60
# Of an operator: it leads as soon as it has started, and tells of what it did at once.
LEADS_AT_ONCE = ("--leader-elect=false", "--status-interval-milliseconds=200")
# The same, and it takes back from whoever has just begun, with a short notice.
NOTICE_SECONDS = 4
EVICTS_SOON = (*LEADS_AT_ONCE, f"--eviction-notice-seconds={NOTICE_SECONDS}",
               "--min-runtime-seconds=0")
REPORT_CHARACTERS_MAX = 4000
SANITIZER_REPORT = re.compile(
    r"(ERROR|WARNING): (Address|Leak|Memory|Thread)Sanitizer|runtime error: ")


class Programs:
    """Starts programs of one folder against one cluster; use the fixture `programs`."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self._started: list[str] = []

    def start(self, program: str, *flags: str, service_account: str, name: str | None = None,
              environment: dict[str, str] | None = None) -> ProcessRecord:
        """Start a program and wait for its /readyz.

        Args:
            service_account: NAMESPACE/NAME whose token it gets; the account must exist.
            name: under which it is stopped and logged, by default the program's; two processes of
                one program need two names.
        """
        binary = self._folder / program
        if not binary.is_file():
            pytest.fail(f"{binary} does not exist")
        namespace, _, account = service_account.partition("/")
        kubeconfig = self._cluster.service_account_kubeconfig(namespace, account)
        port = pick_ports(1)[0]
        label = name or program
        record = ProcessRecord(
            label, [str(binary), f"--kubeconfig={kubeconfig}",
                    f"--health-bind-address={HOST}:{port}", *flags],
            self._cluster.layout.path("logs", f"{label}.log"), f"http://{HOST}:{port}/readyz",
            [port], environment or {}, READY_TIMEOUT_SECONDS)
        self._started.append(label)
        self._cluster.add(record)
        return record

    def start_operator(self, *flags: str, name: str | None = None,
                       environment: dict[str, str] | None = None) -> ProcessRecord:
        """The same of an operator, with the rights of its own service account."""
        return self.start(OPERATOR, *flags, service_account=f"berth-system/{OPERATOR}", name=name,
                          environment=environment)

    def stop_all(self) -> None:
        """Stop what was started, last first; the test fails if a sanitizer found something."""
        logs = []
        for name in reversed(self._started):
            if name in self._cluster.state.processes:
                logs.append(Path(self._cluster.record(name).log))
                self._cluster.remove(name)
        self._started.clear()
        fail_on_sanitizer_reports(logs)


def failpoints(folder: Path, subject: str) -> list[str]:
    """The names that BERTH_FAILPOINT may have, of those about one subject."""
    names = [row.name for row in all_failpoints(folder) if row.subject == subject]
    assert names, f"there is no failpoint about {subject}"
    return names


@dataclass(frozen=True)
class Failpoint:
    """One line of `berth-operator --list-failpoints`."""

    name: str
    subject: str


def all_failpoints(folder: Path) -> list[Failpoint]:
    """Every place where the operator can be made to die."""
    listing = subprocess.run([str(folder / "berth-operator"), "--list-failpoints"], check=True,
                             capture_output=True, text=True, timeout=30).stdout
    return [Failpoint(*line.split("\t")[:2]) for line in listing.splitlines()]


def fail_on_sanitizer_reports(logs: list[Path]) -> None:
    """Fail the test if a program under test wrote a report of a sanitizer to its log."""
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace")
        found = SANITIZER_REPORT.search(text)
        if found is not None:
            start = text.rfind("\n", 0, found.start()) + 1
            pytest.fail(f"{log.name}:\n{text[start:start + REPORT_CHARACTERS_MAX]}", pytrace=False)


def metric(address: str, series: str) -> float:
    """The value of one series of the program's metrics; 0 if it is not there."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
    return 0.0
