"""One cluster: bring it up, act on its components, take it down.

    cluster = Cluster.up(ClusterOptions("demo", nodes=10))
    cluster.kube.create(pod)
    cluster.restart("scheduler")
    cluster.down()
"""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import components, credentials, kubeconfig, kwok, metrics, scheduler_config
from .api import ApiClient
from .binaries import Binaries, ensure_binaries
from .certificates import Authority, KeyPair
from .components import Layout
from .errors import ComponentFailed, ControlPlaneError
from .locations import claim_folder, cluster_link, runtime_root
from .nodes import NodeShape, add_nodes
from .processes import ProcessRecord
from .state import STATE_FILE, State, locked
from .waiting import wait_until

UP_ATTEMPTS_MAX = 3
DEFAULTS_TIMEOUT_SECONDS = 60
TOKEN_SECONDS = 7 * 24 * 3600
PORT_LOST = "address already in use"
BASE_SCHEDULER_CONFIG = "scheduler-base.json"

CONTROL_PLANE = frozenset({"etcd", "apiserver", "scheduler", "controller-manager", "kwok",
                           "metrics-server"})

Say = Callable[[str], None]


@dataclass(frozen=True)
class ClusterOptions:
    """What to bring up.

    folder: where the cluster lives; by default a folder of the runtime root named after it.
    heartbeats: `lease`, `none` or `auto` (see README.md, "Many nodes").
    scheduler_config: a KubeSchedulerConfiguration, or a ConfigMap with one; default: stock.
    extra_flags: flags by component, added last.
    tied_to_caller: all processes are killed when the thread that brought them up ends.
    """

    name: str
    nodes: int = 3
    shape: NodeShape = field(default_factory=NodeShape)
    folder: Path | None = None
    heartbeats: str = "auto"
    with_metrics: bool = True
    with_scheduler: bool = True
    scheduler_config: Path | None = None
    extra_flags: dict[str, list[str]] = field(default_factory=dict)
    tied_to_caller: bool = False


class Cluster:
    """A cluster that is up, or was: everything about it is in its folder."""

    def __init__(self, folder: Path, binaries: Binaries, tied_to_caller: bool = False) -> None:
        self.folder = folder
        self.binaries = binaries
        self._tied_to_caller = tied_to_caller
        self.state = State.load(folder)

    # Life ------------------------------------------------------------------------------------

    @classmethod
    def up(cls, options: ClusterOptions, say: Say = lambda line: None) -> Cluster:
        """Bring a cluster up; returns when pods can be created and nodes take them.

        Raises ComponentFailed with the log of the component that did not come up; then nothing is
        left running, and the logs stay in the folder.
        """
        binaries = ensure_binaries(say)
        for attempt in range(1, UP_ATTEMPTS_MAX + 1):
            cluster = cls._prepare(options, binaries)
            try:
                cluster._start_all(options, say)
                return cluster
            except ComponentFailed as failure:
                cluster.stop_processes()
                if PORT_LOST not in failure.log_tail or attempt == UP_ATTEMPTS_MAX:
                    raise
                say(f"{failure.component} lost its port to another process: once more")
            except BaseException:
                cluster.stop_processes()
                raise
        raise AssertionError("the loop above returns or raises")

    @classmethod
    def find(cls, name: str) -> Cluster:
        """The cluster of this name, whichever shell brought it up."""
        folder = cluster_link(name)
        if not (folder / STATE_FILE).exists():
            raise ControlPlaneError(f"no cluster named {name}; up: {', '.join(names()) or 'none'}")
        return cls(folder.resolve(), ensure_binaries(lambda line: None))

    def down(self) -> None:
        """End every process and remove the folder."""
        self.stop_processes()
        link = cluster_link(self.layout.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        if link.is_symlink():
            link.unlink()

    def stop_processes(self) -> None:
        """End every process, last started first, and wait for their ports.

        Programs under test get a SIGTERM, so that they can write what they have to (coverage,
        sanitizer reports). The control plane is killed: nobody will read its data again.
        """
        with self._editing():
            for record in reversed(self.state.processes.values()):
                if record.name not in CONTROL_PLANE:
                    record.stop()
            for record in self.state.processes.values():
                record.resume()
                record.signal(signal.SIGKILL)
            for record in self.state.processes.values():
                record.wait_ended(wait_for_ports=True)

    # Components --------------------------------------------------------------------------------

    def start(self, component: str) -> None:
        """Start a component that was stopped, and wait until it is ready."""
        with self._editing():
            record = self._record(component)
            self._launch(record)
            record.wait_ready()

    def stop(self, component: str) -> None:
        """Stop a component as an administrator would (SIGTERM)."""
        with self._editing():
            self._record(component).stop()

    def kill(self, component: str) -> None:
        """End a component as a crash would (SIGKILL)."""
        with self._editing():
            self._record(component).kill()

    def restart(self, component: str) -> None:
        """Stop, start, wait until ready."""
        self.stop(component)
        self.start(component)

    def pause(self, component: str) -> None:
        """Freeze a component (SIGSTOP): connections stay open, nothing is answered."""
        self._record(component).pause()

    def resume(self, component: str) -> None:
        """Let a frozen component go on."""
        self._record(component).resume()

    def add(self, record: ProcessRecord) -> None:
        """Start one more process that lives and dies with the cluster, and wait until ready.

        One of the same name is stopped and replaced.
        """
        with self._editing():
            previous = self.state.processes.get(record.name)
            if previous is not None:
                previous.stop()
            self.state.processes[record.name] = record
            self._launch(record)
            record.wait_ready()

    def remove(self, component: str) -> None:
        """Stop a process and forget it."""
        with self._editing():
            self._record(component).stop()
            del self.state.processes[component]

    def configure_scheduler(self, config: scheduler_config.Config) -> None:
        """Restart kube-scheduler with another configuration (only our kubeconfig is written in)."""
        self.add(self._scheduler_record(config))

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

    def certificate(self, name: str, authority: str = "extender-ca", server: bool = True,
                    names_or_user: tuple[str, ...] = ()) -> KeyPair:
        """A certificate from one of the cluster's authorities, written to its pki folder.

        names_or_user: alternative names (DNS:x, IP:x) of a server, or the user of a client.
        """
        issuer = Authority(self.folder / "pki", authority).create()
        if server:
            return issuer.server(name, names_or_user) if names_or_user else issuer.server(name)
        return issuer.client(name, names_or_user[0] if names_or_user else name)

    def service_account_kubeconfig(self, namespace: str, name: str,
                                   path: Path | None = None) -> Path:
        """A kubeconfig with a token of an existing service account, from the TokenRequest API."""
        kube = self.kube
        account = kube.path("v1/ServiceAccount", namespace, name, "token")
        answer = kube.request("POST", account, {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": TOKEN_SECONDS}})
        target = path or Path(self.layout.kubeconfig(f"serviceaccount-{namespace}-{name}"))
        access = kubeconfig.Access(self.layout.server, Path(self.layout.pki("ca.crt")),
                                   token=answer["status"]["token"])
        return kubeconfig.write(target, access, name, namespace)

    def add_nodes(self, count: int, shape: NodeShape) -> list[str]:
        """Add simulated nodes and wait until pods can be bound to them; returns their names."""
        return add_nodes(self.kube, count, shape, self.layout.ports["kwok"])

    # Bringing up -----------------------------------------------------------------------------------

    @classmethod
    def _prepare(cls, options: ClusterOptions, binaries: Binaries) -> Cluster:
        link = cluster_link(options.name)
        folder = options.folder.resolve() if options.folder else link
        refuse_running(link, options.name)
        refuse_running(folder, str(folder))
        if (folder / STATE_FILE).exists():
            shutil.rmtree(folder)  # left by a cluster that failed or was killed
        if folder.exists() and any(folder.iterdir()):
            raise ControlPlaneError(f"{folder} is not empty and holds no cluster")
        claim_folder(folder)
        if folder != link:
            link.unlink(missing_ok=True)
            link.symlink_to(folder)
        heartbeats = kwok.choose_heartbeats(options.heartbeats, options.nodes)
        layout = Layout(options.name, str(folder), {}, heartbeats, options.extra_flags)
        layout.pick_ports()
        for part in ("pki", "kubeconfigs", "logs"):
            (folder / part).mkdir()
        State(layout).save()
        return cls(folder, binaries, options.tied_to_caller)

    def _start_all(self, options: ClusterOptions, say: Say) -> None:
        started = time.monotonic()
        configuration = (scheduler_config.load(options.scheduler_config)
                         if options.scheduler_config else scheduler_config.default())
        scheduler_config.write(self.folder / BASE_SCHEDULER_CONFIG, configuration)
        credentials.create(self.layout)
        with self._editing():
            self._launch(components.etcd(self.layout, self.binaries)).wait_ready()
            self._launch(components.apiserver(self.layout, self.binaries)).wait_ready()
            say(f"API server ready after {time.monotonic() - started:.1f} s")
            waiting = [self._launch(components.controller_manager(self.layout, self.binaries))]
            if options.with_scheduler:
                waiting.append(self._launch(self._scheduler_record(configuration)))
            kube = self.kube
            kwok.install(kube, self.binaries)
            waiting.append(self._launch(kwok.record(self.layout, self.binaries)))
            if options.with_metrics:
                metrics.install(kube, self.layout)
                waiting.append(self._launch(metrics.record(self.layout, self.binaries)))
            for record in waiting:
                record.wait_ready()
        say(f"all components ready after {time.monotonic() - started:.1f} s")
        # No pod can be created before its namespace has its default service account.
        wait_until(lambda: kube.find("v1/ServiceAccount", "default", "default"),
                   DEFAULTS_TIMEOUT_SECONDS, "service account default/default exists")
        if options.nodes:
            self.add_nodes(options.nodes, options.shape)
        say(f"{options.nodes} nodes ready after {time.monotonic() - started:.1f} s")

    def _scheduler_record(self, config: scheduler_config.Config) -> ProcessRecord:
        local = scheduler_config.for_this_machine(config, self.layout.kubeconfig("scheduler"))
        path = scheduler_config.write(self.folder / "scheduler.json", local)
        return components.scheduler(self.layout, self.binaries, path)

    def _launch(self, record: ProcessRecord) -> ProcessRecord:
        """Start and remember a process; the state is saved at once, so that no crash loses it."""
        self.state.processes[record.name] = record
        record.start(self._tied_to_caller)
        self.state.save()
        return record

    def _record(self, component: str) -> ProcessRecord:
        record = self.state.processes.get(component)
        if record is None:
            known = ", ".join(self.state.processes)
            raise ControlPlaneError(f"no component {component} in {self.layout.name}: {known}")
        return record

    @contextmanager
    def _editing(self) -> Iterator[None]:
        """Hold the cluster's lock, start from what its state file says, save at the end."""
        with locked(self.folder):
            self.state = State.load(self.folder)
            try:
                yield
            finally:
                self.state.save()


def names() -> list[str]:
    """Names of all clusters of this user that have a state file."""
    return sorted(path.name.removeprefix("berth-") for path in runtime_root().glob("berth-*")
                  if (path / STATE_FILE).is_file())


def refuse_running(folder: Path, what: str) -> None:
    """Raise if a cluster runs in this folder."""
    if (folder / STATE_FILE).exists():
        if any(record.running for record in State.load(folder).processes.values()):
            raise ControlPlaneError(f"cluster {what} is already up ({folder.resolve()})")
