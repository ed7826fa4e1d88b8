"""kubeconfig files: written for components and programs, read by our own API client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .certificates import KeyPair
from .errors import ControlPlaneError


@dataclass(frozen=True)
class Access:
    """How to reach an API server, as the current context of a kubeconfig says it."""

    server: str
    certificate_authority: Path
    client: KeyPair | None = None
    token: str | None = None


def write(path: Path, access: Access, user: str, namespace: str = "default") -> Path:
    """Write a kubeconfig with one context. JSON is YAML, and needs no quoting rules."""
    credentials: dict[str, str] = {}
    if access.client is not None:
        credentials["client-certificate"] = str(access.client.certificate)
        credentials["client-key"] = str(access.client.key)
    if access.token is not None:
        credentials["token"] = access.token
    cluster = {
        "server": access.server,
        "certificate-authority": str(access.certificate_authority),
    }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "berth", "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": "berth", "context": {
            "cluster": "berth", "user": user, "namespace": namespace}}],
        "current-context": "berth",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Access:
    """Read the current context of a kubeconfig of the shape that `write` makes."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = named(content["contexts"], content["current-context"])["context"]
        cluster = named(content["clusters"], context["cluster"])["cluster"]
        user = named(content["users"], context["user"])["user"]
        client = None
        if "client-certificate" in user:
            client = KeyPair(Path(user["client-certificate"]), Path(user["client-key"]))
        return Access(cluster["server"], Path(cluster["certificate-authority"]), client,
                      user.get("token"))
    except (OSError, yaml.YAMLError, KeyError, StopIteration, TypeError) as problem:
        raise ControlPlaneError(f"cannot use kubeconfig {path}: {problem!r}") from problem


def named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The entry of a kubeconfig list that has this name."""
    return next(entry for entry in entries if entry["name"] == name)
