"""Bring a cluster up, in the shortest time that is still the truth.

    etcd ──► apiserver ──┬──► controller-manager ─┐
                         ├──► scheduler           ├──► default service account ──► nodes ──► up
                         ├──► kwok, heartbeats    │
                         └──► metrics-server ─────┘
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import components, credentials, heartbeats, kwok, metrics, scheduler_config, versions
from .binaries import Binaries, ensure_binaries
from .cluster import BASE_SCHEDULER_CONFIG, Cluster
from .components import Layout
from .errors import ComponentFailed, ControlPlaneError
from .locations import claim_folder, cluster_link
from .nodes import NodeShape
from .processes import PORT_LOST
from .state import STATE_FILE, State
from .waiting import wait_until

ATTEMPTS_MAX = 3
DEFAULTS_TIMEOUT_SECONDS = 60

Say = Callable[[str], None]


@dataclass(frozen=True)
class ClusterOptions:
    """What to bring up.

    folder: where the cluster lives; by default a folder of the runtime root named after it.
    heartbeats: `lease`, `none` or `auto` (see README.md, "Many nodes").
    scheduler_config: a KubeSchedulerConfiguration, or a ConfigMap with one; default: stock.
    extra_flags: flags by component, added last.
    kubernetes: its version, one of versions.available().
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
    kubernetes: str = field(default_factory=versions.chosen)


def bring_up(options: ClusterOptions, say: Say = lambda line: None) -> Cluster:
    """Bring a cluster up; returns when pods can be created and nodes take them.

    Raises ComponentFailed with the log of the component that did not come up; then nothing is left
    running, and the logs stay in the folder.
    """
    binaries = ensure_binaries(say, options.kubernetes)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        cluster = prepare(options, binaries)
        try:
            start_all(cluster, options, say)
            return cluster
        except ComponentFailed as failure:
            cluster.stop_processes()
            if PORT_LOST not in str(failure) or attempt == ATTEMPTS_MAX:
                raise
            say(f"{failure.component} lost its port to another process: once more")
        except BaseException:
            cluster.stop_processes()
            raise
    raise AssertionError("the loop above returns or raises")


def prepare(options: ClusterOptions, binaries: Binaries) -> Cluster:
    """Make the cluster's folder and choose its ports; nothing runs yet."""
    link = cluster_link(options.name)
    folder = options.folder.resolve() if options.folder else link
    for place in {link, folder}:
        refuse_running(place)
    if (folder / STATE_FILE).exists():
        shutil.rmtree(folder)  # left by a cluster that failed or was killed
    if folder.exists() and any(folder.iterdir()):
        raise ControlPlaneError(f"{folder} is not empty and holds no cluster")
    claim_folder(folder)
    if folder != link:
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
    layout = Layout(options.name, str(folder), {},
                    heartbeats.choose(options.heartbeats, options.nodes), options.extra_flags,
                    options.kubernetes)
    layout.pick_ports()
    for part in ("pki", "kubeconfigs", "logs"):
        (folder / part).mkdir()
    State(layout).save()
    return Cluster(folder, binaries, options.tied_to_caller)


def refuse_running(folder: Path) -> None:
    """Raise if a cluster runs in this folder."""
    if (folder / STATE_FILE).exists():
        state = State.load(folder)
        if any(record.running for record in state.processes.values()):
            raise ControlPlaneError(f"cluster {state.layout.name} is already up in {folder}")


def start_all(cluster: Cluster, options: ClusterOptions, say: Say) -> None:
    """Start every component as early as it can do its work, then wait for all."""
    started = time.monotonic()

    def say_ready(what: str) -> None:
        say(f"{what} ready after {time.monotonic() - started:.1f} s")

    configuration = (scheduler_config.load(options.scheduler_config)
                     if options.scheduler_config else scheduler_config.default())
    scheduler_config.write(cluster.folder / BASE_SCHEDULER_CONFIG, configuration)
    credentials.create(cluster.layout)
    kube = cluster.kube
    with cluster.editing():
        layout, binaries = cluster.layout, cluster.binaries
        cluster.launch(components.etcd(layout, binaries)).wait_ready()
        cluster.launch(components.apiserver(layout, binaries)).wait_ready()
        say_ready("API server")
        launched = [cluster.launch(components.controller_manager(layout, binaries))]
        if options.with_scheduler:
            launched.append(cluster.launch(cluster.scheduler_record(configuration)))
        with cluster.blaming("apiserver"):
            kwok.install(kube, binaries)
        launched.append(cluster.launch(kwok.record(layout, binaries)))
        if layout.heartbeats == "lease":
            launched.append(cluster.launch(heartbeats.record(layout)))
        if options.with_metrics:
            metrics.install(kube, layout)
            launched.append(cluster.launch(metrics.record(layout, binaries)))
        for record in launched:
            record.wait_ready()
    say_ready("all components")
    # No pod can be created before its namespace has its default service account.
    with cluster.blaming("controller-manager"):
        wait_until(lambda: kube.find("v1/ServiceAccount", "default", "default"),
                   DEFAULTS_TIMEOUT_SECONDS, "service account default/default exists")
    if options.nodes:
        cluster.add_nodes(options.nodes, options.shape)
        say_ready(f"{options.nodes} nodes")
