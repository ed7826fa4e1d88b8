"""Single programs under test: one binary, one service account, a port for its health."""

from __future__ import annotations

from pathlib import Path

import pytest

from berth_controlplane.cluster import Cluster
from berth_controlplane.ports import HOST, pick_ports
from berth_controlplane.processes import ProcessRecord

READY_TIMEOUT_SECONDS = 30


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

    def stop_all(self) -> None:
        """Stop what was started, last first."""
        for name in reversed(self._started):
            if name in self._cluster.state.processes:
                self._cluster.remove(name)
        self._started.clear()
