"""One cluster that is up: act on its components, reach it, take it down. bringup.py makes one.

    cluster = bring_up(ClusterOptions("demo", nodes=10))
    cluster.kube.create(pod)
    cluster.restart("scheduler")
    cluster.down()
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import components, kubeconfig, scheduler_config
from .api import ApiClient
from .binaries import Binaries, ensure_binaries
from .certificates import Authority, KeyPair
from .components import Layout
from .errors import ComponentFailed, ControlPlaneError
from .locations import cluster_link, runtime_root
from .nodes import NodeShape, add_nodes
from .processes import ProcessRecord
from .state import STATE_FILE, State, locked
from .waiting import WaitTimeout

TOKEN_SECONDS = 7 * 24 * 3600
BASE_SCHEDULER_CONFIG = "scheduler-base.json"
CONTROL_PLANE = frozenset({"etcd", "apiserver", "scheduler", "controller-manager", "kwok",
                           "heartbeats", "metrics-server"})


class Cluster:
    """A cluster that is up, or was: everything about it is in its folder."""

    def __init__(self, folder: Path, binaries: Binaries, tied_to_caller: bool = False) -> None:
        self.folder = folder
        self.binaries = binaries
        self._tied_to_caller = tied_to_caller
        self.state = State.load(folder)

    @classmethod
    def find(cls, name: str) -> Cluster:
        """The cluster of this name, whichever shell brought it up."""
        folder = cluster_link(name)
        if not (folder / STATE_FILE).exists():
            raise ControlPlaneError(f"no cluster named {name}; up: {', '.join(names()) or 'none'}")
        version = State.load(folder).layout.kubernetes
        return cls(folder.resolve(), ensure_binaries(lambda line: None, version))

    def down(self) -> None:
        """End every process and remove the folder."""
        self.stop_processes()
        shutil.rmtree(self.folder, ignore_errors=True)
        link = cluster_link(self.layout.name)
        if link.is_symlink():
            link.unlink()

    def stop_processes(self) -> None:
        """End every process, last started first, and wait for their ports.

        Programs under test get a SIGTERM, so that they can write what they have to (coverage,
        sanitizer reports). The control plane is killed: nobody will read its data again.
        """
        with self.editing():
            for record in reversed(self.state.processes.values()):
                if record.name not in CONTROL_PLANE:
                    record.stop()
            alive = [record for record in self.state.processes.values() if record.running]
            for record in alive:
                record.signal(signal.SIGKILL)
            for record in alive:
                record.wait_ended()

    # Components --------------------------------------------------------------------------------

    def start(self, component: str) -> None:
        """Start a component that was stopped, and wait until it is ready."""
        with self.editing():
            self._start_ready(self.record(component))

    def stop(self, component: str) -> None:
        """Stop a component as an administrator would (SIGTERM)."""
        with self.editing():
            self.record(component).stop()

    def kill(self, component: str) -> None:
        """End a component as a crash would (SIGKILL)."""
        with self.editing():
            self.record(component).kill()

    def restart(self, component: str) -> None:
        """Stop, start, wait until ready."""
        with self.editing():
            self.record(component).stop()
            self._start_ready(self.record(component))

    def pause(self, component: str) -> None:
        """Freeze a component (SIGSTOP): connections stay open, nothing is answered."""
        with self.editing():
            self.record(component).pause()

    def resume(self, component: str) -> None:
        """Let a frozen component go on."""
        with self.editing():
            self.record(component).resume()

    @contextmanager
    def blaming(self, component: str) -> Iterator[None]:
        """What is not so in time inside is this component's fault: it is told with its last log lines."""
        try:
            yield
        except WaitTimeout as timeout:
            raise self.record(component).failure(str(timeout)) from None

    def add(self, record: ProcessRecord) -> None:
        """Start one more process that lives and dies with the cluster, and wait until ready.

        One of the same name is stopped and replaced.
        """
        with self.editing():
            previous = self.state.processes.get(record.name)
            if previous is not None:
                previous.stop()
            self._start_ready(record)

    def remove(self, component: str) -> None:
        """Stop a process and forget it."""
        with self.editing():
            self.record(component).stop()
            del self.state.processes[component]

    def record(self, component: str) -> ProcessRecord:
        """What is known of a component; inside `editing` it may be acted on."""
        record = self.state.processes.get(component)
        if record is None:
            known = ", ".join(self.state.processes)
            raise ControlPlaneError(f"no component {component} in {self.layout.name}: {known}")
        return record

    def launch(self, record: ProcessRecord) -> ProcessRecord:
        """Start and remember a process, inside `editing`; saved at once, so no crash loses it."""
        self.state.processes[record.name] = record
        record.start(self._tied_to_caller)
        self.state.save()
        return record

    def _start_ready(self, record: ProcessRecord) -> None:
        """Start and wait; what is not ready in its time is ended, so that a failure has no rest."""
        try:
            self.launch(record).wait_ready()
        except ComponentFailed:
            record.kill()
            raise

    @contextmanager
    def editing(self) -> Iterator[None]:
        """Hold the cluster's lock, start from what its state file says, save at the end."""
        with locked(self.folder):
            self.state = State.load(self.folder)
            try:
                yield
            finally:
                self.state.save()

    # Scheduler -----------------------------------------------------------------------------------

    def scheduler_record(self, config: scheduler_config.Config) -> ProcessRecord:
        """kube-scheduler with this configuration, written to the cluster's folder."""
        local = scheduler_config.for_this_machine(config, self.layout.kubeconfig("scheduler"))
        path = scheduler_config.write(self.folder / "scheduler.json", local)
        return components.scheduler(self.layout, self.binaries, path)

    def configure_scheduler(self, config: scheduler_config.Config) -> None:
        """Restart kube-scheduler with another configuration; only our kubeconfig is written in."""
        self.add(self.scheduler_record(config))

    def reset_scheduler(self) -> None:
        """Restart kube-scheduler with the configuration that the cluster was brought up with."""
        self.configure_scheduler(scheduler_config.load(self.folder / BASE_SCHEDULER_CONFIG))

    # Access --------------------------------------------------------------------------------------

    @property
    def layout(self) -> Layout:
        """Folders, ports and choices."""
        return self.state.layout

    @property
    def admin_kubeconfig(self) -> Path:
        """kubeconfig of a cluster administrator."""
        return Path(self.layout.kubeconfig("admin"))

    @property
    def kube(self) -> ApiClient:
        """A client with all rights. Keep it: every call of this property opens new connections."""
        return ApiClient.from_kubeconfig(self.admin_kubeconfig)

    def server_certificate(self, name: str, alternative_names: tuple[str, ...] = (),
                           authority: str = "extender-ca") -> KeyPair:
        """A serving certificate in the pki folder, for DNS:x and IP:x (localhost by default)."""
        issuer = Authority(self.folder / "pki", authority).create()
        return issuer.server(name, alternative_names) if alternative_names else issuer.server(name)

    def client_certificate(self, name: str, user: str,
                           authority: str = "extender-ca") -> KeyPair:
        """A client certificate in the pki folder, with the user as its common name."""
        return Authority(self.folder / "pki", authority).create().client(name, user)

    def service_account_kubeconfig(self, namespace: str, name: str,
                                   path: Path | None = None) -> Path:
        """A kubeconfig with a token of an existing service account, from the TokenRequest API."""
        kube = self.kube
        answer = kube.request("POST", kube.path("v1/ServiceAccount", namespace, name, "token"), {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": TOKEN_SECONDS}})
        target = path or Path(self.layout.kubeconfig(f"serviceaccount-{namespace}-{name}"))
        access = kubeconfig.Access(self.layout.server, Path(self.layout.pki("ca.crt")),
                                   token=answer["status"]["token"])
        return kubeconfig.write(target, access, name, namespace)

    def add_nodes(self, count: int, shape: NodeShape) -> list[str]:
        """Add simulated nodes and wait until pods can be bound to them; returns their names."""
        with self.blaming("kwok"):
            return add_nodes(self.kube, count, shape, self.layout.ports["kwok"])


def names() -> list[str]:
    """Names of all clusters of this user that have a state file."""
    return sorted(path.name.removeprefix("berth-") for path in runtime_root().glob("berth-*")
                  if (path / STATE_FILE).is_file())
