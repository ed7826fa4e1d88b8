"""Who acts in these tests and what they act on: manifests, clients, pods."""

import itertools
import pathlib

import yaml
from berth_controlplane.api import ApiClient
from berth_controlplane.waiting import wait_until

ROOT = pathlib.Path(__file__).parents[2]
RBAC = "rbac.authorization.k8s.io"
AUTHORIZER_TIMEOUT_SECONDS = 30
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

    def may(self, user, verb, group, resource, namespace="", name=""):
        """The authorizer's answer; resource may have a /subresource."""
        plural, _, subresource = resource.partition("/")
        attributes = {"verb": verb, "group": group, "resource": plural, "name": name,
                      "subresource": subresource, "namespace": namespace}
        review = self.kube.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": ["system:authenticated"],
                     "resourceAttributes": attributes}})
        return review["status"]["allowed"]

    def give_role(self, user, role, namespace):
        """Bind a user to view, edit or admin, and wait until the authorizer knows it."""
        self.kube.apply({
            "apiVersion": f"{RBAC}/v1", "kind": "RoleBinding",
            "metadata": {"name": user, "namespace": namespace},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}]})
        wait_until(lambda: self.may(user, "get", "berth.dev", "allocationrequests", namespace),
                   AUTHORIZER_TIMEOUT_SECONDS, f"{user} may read in {namespace}")

    def pod(self, namespace, spec=None, **metadata):
        """A pod that is not created yet, under a name of its own."""
        name = {"name": f"pod-{next(self._numbers)}", "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": name | metadata,
                "spec": POD | (spec or {})}


def dry_run(client, document):
    """What the object would be stored as; nothing is stored."""
    path = client.path(f"{document['apiVersion']}/{document['kind']}",
                       document["metadata"].get("namespace"))
    return client.request("POST", path, document, query={"dryRun": "All"})
