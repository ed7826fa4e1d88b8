"""Who acts in these tests and what they act on: manifests, clients, pods."""

import itertools
import pathlib

import yaml
from berth_controlplane.api import ApiClient

ROOT = pathlib.Path(__file__).parents[2]
POD = {"containers": [{"name": "main", "image": "registry.example.com/main:1"}]}


def manifests():
    """Every object of manifests/, in the order of kubectl apply."""
    return [document for path in sorted((ROOT / "manifests").glob("*.yaml"))
            for document in yaml.safe_load_all(path.read_text()) if document]


class ImpersonatingClient(ApiClient):
    """The administrator's client, acting as somebody else."""

    def __init__(self, access, user, group):
        super().__init__(access)
        self._user, self._group = user, group

    def _headers(self, content_type):
        headers = super()._headers(content_type) | {"Impersonate-User": self._user}
        return headers | ({"Impersonate-Group": self._group} if self._group else {})


class World:
    """The control plane, who acts on it, and the namespaces to act in."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.kube = cluster.kube
        self._numbers = itertools.count()

    def account(self, name):
        """A client with the token of one of Berth's service accounts."""
        path = self.cluster.service_account_kubeconfig("berth-system", name)
        return ApiClient.from_kubeconfig(path)

    def user(self, name, group=None):
        return ImpersonatingClient(self.kube.access, name, group)

    def pod(self, namespace, spec=None, **metadata):
        """A pod that is not created yet, under a name of its own."""
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": f"pod-{next(self._numbers)}", "namespace": namespace} | metadata,
                "spec": POD | (spec or {})}


def dry_run(client, document):
    """What the object would be stored as; nothing is stored."""
    path = client.path(f"{document['apiVersion']}/{document['kind']}",
                       document["metadata"].get("namespace"))
    return client.request("POST", path, document, query={"dryRun": "All"})
