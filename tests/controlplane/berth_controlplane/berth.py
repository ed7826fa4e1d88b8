"""Berth in a cluster: manifests applied as they are, its programs as local processes.

kube-scheduler gets the configuration of manifests/scheduler-config.yaml, in which only the address
of the extender, the certificate files and the kubeconfig are made to fit this machine.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from . import gate, manifests, metrics, scheduler_config
from .api import ApiClient
from .certificates import LOCALHOST_NAMES
from .cluster import Cluster
from .errors import ApiError, ControlPlaneError
from .locations import CHECKOUT
from .manifests import Document, LocalProgram
from .ports import HOST, pick_ports
from .processes import ProcessRecord
from .waiting import wait_until

OPERATOR = "berth-operator"
EXTENDER = "berth-scheduler-extender"
ANALYZER = "berth-analyzer"
PROGRAMS = (OPERATOR, EXTENDER, ANALYZER)
# The extender's process that answers the gate's webhook, where the gate is one (gate.py).
GATE_KEEPER = f"{EXTENDER}-gate"

GATE = "berth.dev/admission"
MANAGED_LABEL = "berth.dev/managed"
EXTENDER_AUTHORITY = "extender-ca"

APPLY_TIMEOUT_SECONDS = 30
READY_TIMEOUT_SECONDS = 60

Say = Callable[[str], None]


@dataclass(frozen=True)
class BerthOptions:
    """How to run Berth.

    binaries: folder with the programs. programs: which of them to start. operators: how many
    processes of berth-operator (berth-operator, berth-operator-2 ...), of which one leads.
    extra_flags: flags by program, each instead of the manifest's of that name, if there is one.
    """

    binaries: Path
    programs: tuple[str, ...] = PROGRAMS
    operators: int = 1
    extra_flags: dict[str, list[str]] | None = None


def up(cluster: Cluster, options: BerthOptions, say: Say = lambda line: None) -> None:
    """Install Berth and wait until it is ready and the gate is put on managed pods."""
    missing = [name for name in options.programs if not (options.binaries / name).is_file()]
    if missing:
        raise ControlPlaneError(f"{options.binaries} holds no {', '.join(missing)}")
    started = time.monotonic()
    installation = Installation(cluster, options)
    with cluster.blaming("apiserver"):
        installation.apply()
    say(f"manifests applied after {time.monotonic() - started:.1f} s")
    installation.start_programs()
    say(f"programs ready after {time.monotonic() - started:.1f} s: {', '.join(options.programs)}")
    if EXTENDER in options.programs:
        installation.connect_scheduler()
        say(f"kube-scheduler asks the extender after {time.monotonic() - started:.1f} s")


def down(cluster: Cluster) -> None:
    """Stop Berth's programs; kube-scheduler goes back to the configuration it was brought up with.

    The objects stay, as when every process of Berth is down: managed pods wait, others do not.
    """
    for name in list(cluster.state.processes):
        if name.startswith(PROGRAMS):
            cluster.remove(name)
    cluster.reset_scheduler()


class Installation:
    """One run of `up`: what was read, and where the local programs listen."""

    def __init__(self, cluster: Cluster, options: BerthOptions) -> None:
        self._cluster = cluster
        self._options = options
        self._kube = cluster.kube
        found = manifests.read((CHECKOUT / "crds", CHECKOUT / "manifests"))
        self._manifests = manifests.by_use(
            found if gate.is_policy(self._kube) else gate.with_webhook(found))
        self._programs: dict[str, LocalProgram] = {}

    def apply(self) -> None:
        """Apply everything but Deployments, and wait until the API server acts on it."""
        for document in self._manifests.definitions:
            self._kube.apply(document)
        names = [document["metadata"]["name"] for document in self._manifests.definitions]
        wait_until(lambda: all(established(self._kube, name) for name in names),
                   APPLY_TIMEOUT_SECONDS, f"established: {', '.join(names)}")
        published = {(service["spec"]["service"]["namespace"], service["spec"]["service"]["name"])
                     for service in self._manifests.api_services}
        for document in [*self._manifests.namespaces, *self._manifests.others]:
            key = (document["metadata"].get("namespace"), document["metadata"]["name"])
            if document["kind"] == "Service" and key in published:
                continue
            if document["kind"] != gate.WEBHOOK_KIND:
                self._kube.apply(document)
        self.put_gate()

    def put_gate(self) -> None:
        """Wait until managed pods get the gate; where a webhook puts it, start what answers first."""
        webhooks = self._manifests.of_kind(gate.WEBHOOK_KIND)
        if webhooks and not (self._options.binaries / EXTENDER).is_file():
            return  # nothing could answer: no pod gets the gate
        if webhooks:
            self._start(GATE_KEEPER, self._deployment(EXTENDER))
        for configuration in webhooks:
            port = self._programs[GATE_KEEPER].local_port(gate.WEBHOOK_PORT)
            authority = Path(self._cluster.layout.pki(f"{EXTENDER_AUTHORITY}.crt"))
            local = gate.localized(configuration, port, authority)
            if gate.calls_service(self._kube, local["metadata"]["name"]):
                # Helm's, which nobody else may change: its Service leads nowhere, and it lets pass.
                local["metadata"]["name"] += "-here"
            self._kube.apply(local)
        wait_until(lambda: gate_is_put(self._kube), APPLY_TIMEOUT_SECONDS,
                   f"a managed pod gets the gate {GATE}")

    def start_programs(self) -> None:
        """Start each program with its Deployment's arguments and service account."""
        for name in self._options.programs:
            deployment = self._deployment(name)
            self._start(name, deployment)
            for number in range(2, self._options.operators + 1 if name == OPERATOR else 2):
                self._start(f"{name}-{number}", deployment)
        for api_service in self._manifests.api_services:
            service = api_service["spec"]["service"]
            if service["name"] in self._programs:
                port = self._local_port(service["name"], int(service.get("port", 443)))
                metrics.publish_api_service(self._kube, api_service, port)

    def connect_scheduler(self) -> None:
        """Restart kube-scheduler with Berth's configuration, made to fit this machine."""
        found = [config for config in map(scheduler_config.find, self._manifests.others) if config]
        if len(found) != 1:
            raise ControlPlaneError(f"manifests hold {len(found)} scheduler configurations, not 1")
        config = copy.deepcopy(found[0])
        client = self._cluster.client_certificate("kube-scheduler-extender-client",
                                                  "system:kube-scheduler", EXTENDER_AUTHORITY)
        for extender in config["extenders"]:
            url = urlsplit(extender["urlPrefix"])
            service = (url.hostname or "").split(".")[0]
            port = self._local_port(service, url.port or 443)
            extender["urlPrefix"] = f"{url.scheme}://{HOST}:{port}{url.path}"
            extender["tlsConfig"] |= {
                "caFile": self._cluster.layout.pki(f"{EXTENDER_AUTHORITY}.crt"),
                "certFile": str(client.certificate), "keyFile": str(client.key)}
        self._cluster.configure_scheduler(config)

    def _start(self, name: str, deployment: Document) -> None:
        local = manifests.localize(deployment, lambda: pick_ports(1)[0], self._volume_file)
        self._programs.setdefault(name, local)
        layout = self._cluster.layout
        kubeconfig = self._cluster.service_account_kubeconfig(local.namespace,
                                                              local.service_account)
        extra = (self._options.extra_flags or {}).get(local.program, [])
        command = [str(self._options.binaries.resolve() / local.program),
                   f"--kubeconfig={kubeconfig}", *replaced(local.arguments, extra)]
        self._cluster.add(ProcessRecord(
            name, command, layout.path("logs", f"{name}.log"), health_url(local),
            sorted(local.ports.values()), local.environment, READY_TIMEOUT_SECONDS))

    def _volume_file(self, volume: Document, key: str) -> Path:
        """The local file for a file of a volume: a ConfigMap's, or certificates from the
        extender's own CA."""
        if "configMap" in volume:
            return self._config_file(volume["configMap"]["name"], key)
        secret = volume.get("secret", {}).get("secretName", "")
        service = secret.removesuffix("-tls")
        if not secret.endswith("-tls") or key not in ("tls.crt", "tls.key", "ca.crt"):
            raise ControlPlaneError(f"no local file stands for {key} of volume {volume['name']}")
        namespace = self._deployment(service)["metadata"]["namespace"]
        names = (f"DNS:{service}.{namespace}.svc", *LOCALHOST_NAMES)
        pki = Path(self._cluster.layout.pki(""))
        if not (pki / f"{service}.crt").exists():
            self._cluster.server_certificate(service, names, EXTENDER_AUTHORITY)
        return {"tls.crt": pki / f"{service}.crt", "tls.key": pki / f"{service}.key",
                "ca.crt": pki / f"{EXTENDER_AUTHORITY}.crt"}[key]

    def _config_file(self, config_map: str, key: str) -> Path:
        """A ConfigMap's file, as the manifests have it."""
        text = next(each["data"][key] for each in self._manifests.of_kind("ConfigMap")
                    if each["metadata"]["name"] == config_map)
        file = Path(self._cluster.layout.path("config-maps", config_map, key))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def _deployment(self, name: str) -> Document:
        found = [each for each in self._manifests.deployments if each["metadata"]["name"] == name]
        if not found:
            raise ControlPlaneError(f"manifests hold no Deployment {name}")
        return found[0]

    def _local_port(self, service_name: str, port: int) -> int:
        """The local port behind a port of one of Berth's Services."""
        service = next((each for each in self._manifests.of_kind("Service")
                        if each["metadata"]["name"] == service_name), None)
        if service is None or service_name not in self._programs:
            raise ControlPlaneError(f"no program of Berth runs behind the Service {service_name!r}")
        container_port = manifests.target_port(service, self._deployment(service_name), port)
        return self._programs[service_name].local_port(container_port)


def health_url(local: LocalProgram) -> str:
    """Where the program says that it is ready."""
    flag = next((argument for argument in local.arguments
                 if argument.startswith("--health-bind-address=")), None)
    if flag is None:
        raise ControlPlaneError(f"{local.name} has no --health-bind-address")
    return f"http://{flag.partition('=')[2]}/readyz"


def established(kube: ApiClient, name: str) -> bool:
    """Whether the API server serves a custom resource."""
    found = kube.get("apiextensions.k8s.io/v1/CustomResourceDefinition", name)
    return any(condition["type"] == "Established" and condition["status"] == "True"
               for condition in found.get("status", {}).get("conditions") or [])


def gate_is_put(kube: ApiClient) -> bool:
    """Whether admission policies work by now: they take a moment after they were created."""
    path = kube.path("v1/Pod", "default")
    try:
        pod = kube.request("POST", path, {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"generateName": "gate-probe-", "labels": {MANAGED_LABEL: "true"}},
            "spec": {"containers": [{"name": "probe", "image": "probe"}]},
        }, query={"dryRun": "All"})
    except ApiError:
        return False
    return any(gate["name"] == GATE for gate in pod["spec"].get("schedulingGates", []))


def replaced(flags: list[str], by: list[str]) -> list[str]:
    """The flags, without those that `by` names again, and then `by`: a program takes each once."""
    named = {flag.partition("=")[0] for flag in by}
    return [flag for flag in flags if flag.partition("=")[0] not in named] + by
