"""kube-scheduler's configuration file.

A configuration given by the user (or by Berth's manifests) is used as it is; only what belongs to
this machine is written into it: the kubeconfig and, where Berth runs here, the extender's address
and certificates.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from .errors import ControlPlaneError

KIND = "KubeSchedulerConfiguration"
Config = dict[str, Any]

# The stock limits (50 requests/s, burst 100) cap binding near 50 pods/s: a test would measure the
# client, not the scheduler. Say so with every number.
CLIENT_QPS = 5000


def default() -> Config:
    """The configuration used when none is given: stock, but for the client's rate limit."""
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": KIND,
        "clientConnection": {"qps": CLIENT_QPS, "burst": CLIENT_QPS},
    }


def load(path: Path) -> Config:
    """A configuration from a file: the document itself, or a ConfigMap with one inside."""
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as problem:
        raise ControlPlaneError(f"cannot read scheduler configuration: {problem}") from problem
    for document in documents:
        found = find(document)
        if found is not None:
            return found
    raise ControlPlaneError(f"{path} holds no {KIND}")


def find(document: Any) -> Config | None:
    """The scheduler configuration in a manifest, if it is one or is a ConfigMap that holds one."""
    if not isinstance(document, dict):
        return None
    if document.get("kind") == KIND:
        return document
    if document.get("kind") == "ConfigMap":
        for text in (document.get("data") or {}).values():
            if KIND in text:
                return find(yaml.safe_load(text))
    return None


def for_this_machine(config: Config, kubeconfig: str) -> Config:
    """The same configuration with our kubeconfig; no leader election, there is one instance."""
    local = copy.deepcopy(config)
    local.setdefault("clientConnection", {})["kubeconfig"] = kubeconfig
    local["leaderElection"] = {"leaderElect": False}
    return local


def write(path: Path, config: Config) -> Path:
    """Write a configuration (JSON is YAML)."""
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return path
