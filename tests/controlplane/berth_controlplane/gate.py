"""What puts the gate on managed pods: the policy of manifests/, or else the chart's webhook.

manifests/ hold the policy. On an API server that does not serve it the chart installs a webhook,
which the extender answers: so it is done here. The process that answers is one of its own, as
another pod of the extender beside the one that kube-scheduler asks: tests stop the latter to see
what scheduling does without it.
"""

from __future__ import annotations

import base64
import copy
import subprocess
from collections.abc import Iterable
from pathlib import Path

import yaml

from .api import ApiClient
from .locations import CHECKOUT
from .manifests import Document
from .ports import HOST
from .tools import ensure_helm

GROUP = "admissionregistration.k8s.io/v1"
POLICY = f"{GROUP}/MutatingAdmissionPolicy"
POLICY_KINDS = ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding")
WEBHOOK_KIND = "MutatingWebhookConfiguration"
WEBHOOK = f"{GROUP}/{WEBHOOK_KIND}"
WEBHOOK_PORT = 9443
# The operator would write into the webhook the authority of the certificates that it keeps in
# Secrets; those of the programs here are files of the cluster's own authority.
OPERATORS_FLAG = "--gate-webhook="

CHART = CHECKOUT / "helm" / "berth"
# Those that render differently with the webhook.
TEMPLATES = ("gate-webhook", "network-policy", "operator", "scheduler-extender")
HELM_TIMEOUT_SECONDS = 60


def is_policy(kube: ApiClient) -> bool:
    """Whether the API server can put the gate on pods itself."""
    return kube.serves(POLICY)


def switches(kube: ApiClient) -> list[tuple[str, str]]:
    """Kinds and names of the objects without which the API server puts no gate."""
    if is_policy(kube):
        return [(f"{POLICY}Binding", f"berth-gate-{by}") for by in ("namespaces", "pods")]
    return [(WEBHOOK, "berth-gate")]


def with_webhook(found: Iterable[Document]) -> list[Document]:
    """The same manifests as the chart has them where the gate is a webhook."""
    rendered = {identity(document): document for document in render()}
    kept = [rendered.pop(identity(document), document) for document in found
            if document["kind"] not in POLICY_KINDS]
    for document in (*kept, *rendered.values()):
        if document["kind"] == "Deployment":
            container = document["spec"]["template"]["spec"]["containers"][0]
            container["args"] = [argument for argument in container["args"]
                                 if not argument.startswith(OPERATORS_FLAG)]
    return [*kept, *rendered.values()]


def render() -> list[Document]:
    """The objects of TEMPLATES with the webhook."""
    shown = [word for name in TEMPLATES for word in ("--show-only", f"templates/{name}.yaml")]
    done = subprocess.run(
        [ensure_helm(lambda line: None), "template", "berth", CHART, "--namespace", "berth-system",
         "--set", "gate.mode=Webhook", *shown],
        check=True, stdout=subprocess.PIPE, text=True, timeout=HELM_TIMEOUT_SECONDS)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def identity(document: Document) -> tuple[str, str, str]:
    """What tells objects apart."""
    metadata = document["metadata"]
    return document["kind"], metadata.get("namespace", ""), metadata["name"]


def calls_service(kube: ApiClient, name: str) -> bool:
    """Whether there is a webhook of this name, and it leads to a Service."""
    found = kube.find(WEBHOOK, name)
    return bool(found) and any("service" in webhook["clientConfig"]
                               for webhook in found["webhooks"])


def localized(configuration: Document, port: int, authority: Path) -> Document:
    """The webhook's configuration, asking a local process that shows a certificate of `authority`."""
    local = copy.deepcopy(configuration)
    for webhook in local["webhooks"]:
        path = webhook["clientConfig"]["service"]["path"]
        webhook["clientConfig"] = {"url": f"https://{HOST}:{port}{path}",
                                   "caBundle": base64.b64encode(authority.read_bytes()).decode()}
    return local
