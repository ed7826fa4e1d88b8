"""Berth's manifests, read as they are, and what of them must be different on localhost.

There is no kubelet here that runs images. A Deployment is therefore not applied: its container
becomes a local process with the same program, arguments, environment and service account. Only what
cannot be the same is rewritten: addresses to listen on, and files that a volume would bring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from .errors import ControlPlaneError

Document = dict[str, Any]

BIND_ADDRESS = re.compile(r"(--[a-z-]*bind-address)=[^:]*:(\d+)")


@dataclass
class Manifests:
    """All documents, sorted by what is done with them."""

    definitions: list[Document] = field(default_factory=list)
    namespaces: list[Document] = field(default_factory=list)
    deployments: list[Document] = field(default_factory=list)
    api_services: list[Document] = field(default_factory=list)
    others: list[Document] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Document]:
        """Documents of a kind among those that are applied as they are."""
        return [document for document in self.others if document["kind"] == kind]


def load(folders: Iterable[Path]) -> Manifests:
    """The manifests of these folders."""
    return by_use(read(folders))


def read(folders: Iterable[Path]) -> list[Document]:
    """Read the YAML files of these folders (not of folders inside them), in the order of names."""
    return [document for folder in folders for path in sorted(folder.glob("*.yaml"))
            for document in documents(path)]


def by_use(found: Iterable[Document]) -> Manifests:
    """Sort documents by what is done with them."""
    manifests = Manifests()
    places = {
        "CustomResourceDefinition": manifests.definitions,
        "Namespace": manifests.namespaces,
        "Deployment": manifests.deployments,
        "APIService": manifests.api_services,
    }
    for document in found:
        places.get(document["kind"], manifests.others).append(document)
    return manifests


def documents(path: Path) -> list[Document]:
    """The objects of one file."""
    try:
        parsed = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        return [document for document in parsed if document]
    except yaml.YAMLError as problem:
        raise ControlPlaneError(f"{path}: {problem}") from problem


@dataclass
class LocalProgram:
    """A Deployment's container as a local process."""

    name: str
    namespace: str
    service_account: str
    program: str
    arguments: list[str]
    environment: dict[str, str]
    ports: dict[int, int]

    def local_port(self, container_port: int) -> int:
        """Where the process listens for what its container would serve on that port."""
        if container_port not in self.ports:
            raise ControlPlaneError(
                f"{self.name} has no *-bind-address flag with port {container_port}")
        return self.ports[container_port]


def localize(
    deployment: Document,
    pick_port: Callable[[], int],
    volume_file: Callable[[Document, str], Path],
) -> LocalProgram:
    """Turn a Deployment into a local program.

    Args:
        pick_port: gives a free port for each address the program listens on.
        volume_file: gives the local file for a key of a volume (a Secret's certificate, say).
    """
    pod = deployment["spec"]["template"]["spec"]
    if len(pod["containers"]) != 1:
        raise ControlPlaneError(f"{deployment['metadata']['name']}: one container expected")
    container = pod["containers"][0]
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    mounts = {mount["mountPath"]: volumes[mount["name"]]
              for mount in container.get("volumeMounts", [])}
    ports: dict[int, int] = {}

    def local(argument: str) -> str:
        address = BIND_ADDRESS.fullmatch(argument)
        if address is not None:
            ports[int(address.group(2))] = port = pick_port()
            return f"{address.group(1)}=127.0.0.1:{port}"
        flag, separator, value = argument.partition("=")
        volume = mounts.get(str(PurePosixPath(value).parent))
        if separator and volume is not None:
            return f"{flag}={volume_file(volume, PurePosixPath(value).name)}"
        return argument

    metadata = deployment["metadata"]
    arguments = [local(argument) for argument in container.get("args", [])]
    return LocalProgram(
        name=metadata["name"], namespace=metadata["namespace"],
        service_account=pod["serviceAccountName"], program=container["command"][0],
        arguments=[*container["command"][1:], *arguments],
        environment=environment(container, metadata), ports=ports)


def environment(container: Document, metadata: Document) -> dict[str, str]:
    """Environment of a container; its own name and namespace are those of the Deployment."""
    fields = {"metadata.name": metadata["name"], "metadata.namespace": metadata["namespace"]}
    values: dict[str, str] = {}
    for entry in container.get("env", []):
        source = entry.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
        if source is not None and source not in fields:
            raise ControlPlaneError(f"{metadata['name']}: env {entry['name']} from {source}")
        values[entry["name"]] = fields[source] if source else entry.get("value", "")
    return values


def target_port(service: Document, deployment: Document, port: int) -> int:
    """The container port behind a port of a Service."""
    entry = next((each for each in service["spec"]["ports"] if each["port"] == port), None)
    if entry is None:
        raise ControlPlaneError(f"Service {service['metadata']['name']} has no port {port}")
    target = entry.get("targetPort", port)
    if isinstance(target, int):
        return target
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    return next(int(each["containerPort"]) for each in container["ports"] if each["name"] == target)
