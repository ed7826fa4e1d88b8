"""A small Kubernetes API client: JSON over HTTPS with the standard library.

For tests and tools, not a product: no caches, no retries but the one a reused connection needs.
Kinds are named as in manifests: "v1/Pod", "apps/v1/Deployment", "berth.dev/v1alpha1/Quota". Each
thread has its own connection, so one client may be shared by many threads.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from . import kubeconfig
from .errors import ApiError, ControlPlaneError

Object = dict[str, Any]

REQUEST_TIMEOUT_SECONDS = 60
IDLE_SECONDS_MAX = 45  # the API server closes a connection after 90 s without a request
USER_AGENT = "berth-tests"
FIELD_MANAGER = "berth-tests"

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Resource:
    """How a kind is spelled in URLs."""

    plural: str
    namespaced: bool


class ApiClient:
    """Talks to one API server as one user."""

    def __init__(self, access: kubeconfig.Access) -> None:
        self.access = access
        self._address = urlsplit(access.server)
        self._tls = ssl.create_default_context(cafile=str(access.certificate_authority))
        if access.client is not None:
            self._tls.load_cert_chain(access.client.certificate, access.client.key)
        self._local = threading.local()
        self._resources: dict[str, dict[str, Resource]] = {}

    @classmethod
    def from_kubeconfig(cls, path: Path | str) -> ApiClient:
        """A client for the current context of a kubeconfig file."""
        return cls(kubeconfig.read(Path(path)))

    # Objects -------------------------------------------------------------------------------

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object:
        """One object; ApiError with code 404 if it is not there."""
        return self.request("GET", self.path(kind, namespace, name))

    def find(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None if it is not there."""
        try:
            return self.get(kind, name, namespace)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, kind: str, namespace: str | None = None, **query: str) -> list[Object]:
        """All objects of a kind, in one namespace or all; query: labelSelector, fieldSelector."""
        path = self.path(kind, namespace)
        items: list[Object] = self.request("GET", path, query=query).get("items") or []
        return items

    def create(self, wanted: Object) -> Object:
        """Create the object as given."""
        return self.request("POST", self._collection_of(wanted), wanted)

    def replace(self, wanted: Object, subresource: str | None = None) -> Object:
        """Replace the object (optimistically locked where it carries a resourceVersion)."""
        return self.request("PUT", self._path_of(wanted, subresource), wanted)

    def apply(self, wanted: Object) -> Object:
        """Server-side apply, forced, so that applying twice is the same as once."""
        return self.request("PATCH", self._path_of(wanted), wanted, content_type=APPLY_PATCH,
                            query={"fieldManager": FIELD_MANAGER, "force": "true"})

    def patch(self, kind: str, name: str, body: Any, namespace: str | None = None,
              subresource: str | None = None, content_type: str = MERGE_PATCH) -> Object:
        """Patch one object; JSON merge patch unless content_type says otherwise."""
        return self.request("PATCH", self.path(kind, namespace, name, subresource), body,
                            content_type=content_type)

    def delete(self, kind: str, name: str, namespace: str | None = None, **options: Any) -> None:
        """Ask for the deletion of one object; options as in DeleteOptions. Absent is fine."""
        try:
            self.request("DELETE", self.path(kind, namespace, name), options or None)
        except ApiError as error:
            if error.code != 404:
                raise

    def create_many(self, wanted: Iterable[Object], connections: int = 16) -> int:
        """Create objects over parallel connections; returns how many. The first error is raised."""
        with ThreadPoolExecutor(connections) as pool:
            return sum(1 for _ in pool.map(self.create, wanted))

    def watch(self, kind: str, namespace: str | None = None, timeout_seconds: int = 30,
              **query: str) -> Iterator[Object]:
        """Watch events {"type", "object"} until the server ends the watch after timeout_seconds."""
        query = {"watch": "true", "timeoutSeconds": str(timeout_seconds), **query}
        path = f"{self.path(kind, namespace)}?{urlencode(query)}"
        connection = self._connect(timeout_seconds + REQUEST_TIMEOUT_SECONDS)
        try:
            connection.request("GET", path, headers=self._headers(None))
            response = connection.getresponse()
            if response.status != 200:
                raise self._error(f"GET {path}", response.status, response.read())
            while line := response.readline():
                yield json.loads(line)
        finally:
            connection.close()

    # Paths ---------------------------------------------------------------------------------

    def path(self, kind: str, namespace: str | None = None, name: str | None = None,
             subresource: str | None = None) -> str:
        """URL path of a collection, an object or a subresource."""
        api_version, _, kind_name = kind.rpartition("/")
        resource = self.resource(api_version, kind_name)
        parts = [group_path(api_version)]
        if namespace is not None and resource.namespaced:
            parts += ["namespaces", quote(namespace)]
        parts.append(resource.plural)
        parts += [quote(part) for part in (name, subresource) if part is not None]
        return "/".join(parts)

    def resource(self, api_version: str, kind: str) -> Resource:
        """Ask the server how a kind is spelled; answers are kept, misses are asked again."""
        known = self._resources.get(api_version, {})
        if kind not in known:
            found = self.request("GET", group_path(api_version))["resources"]
            known = {entry["kind"]: Resource(entry["name"], entry["namespaced"])
                     for entry in found if "/" not in entry["name"]}
            self._resources[api_version] = known
        if kind not in known:
            raise ControlPlaneError(f"the API server does not serve {api_version}/{kind}")
        return known[kind]

    def serves(self, kind: str) -> bool:
        """Whether the server has this kind, in this version of its group."""
        api_version, _, name = kind.rpartition("/")
        try:
            served = self.request("GET", group_path(api_version))["resources"]
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        return any(entry["kind"] == name for entry in served)

    def _collection_of(self, wanted: Object) -> str:
        metadata = wanted["metadata"]
        kind = f"{wanted['apiVersion']}/{wanted['kind']}"
        return self.path(kind, metadata.get("namespace", "default"))

    def _path_of(self, wanted: Object, subresource: str | None = None) -> str:
        parts = [self._collection_of(wanted), quote(wanted["metadata"]["name"])]
        return "/".join(parts + ([subresource] if subresource else []))

    # Transport -----------------------------------------------------------------------------

    def request(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None,
                content_type: str = "application/json") -> Object:
        """One request; the decoded JSON object of a 2xx answer, ApiError for any other."""
        if query:
            path = f"{path}?{urlencode(query)}"
        status, answer = self.raw_request(method, path, body, content_type)
        if not 200 <= status < 300:
            raise self._error(f"{method} {path}", status, answer)
        decoded: Object = json.loads(answer)
        return decoded

    def raw_request(self, method: str, path: str, body: Any = None,
                    content_type: str = "application/json") -> tuple[int, bytes]:
        """One request; status and bytes as they come (for /metrics, /readyz and the like)."""
        payload = None if body is None else json.dumps(body).encode()
        headers = self._headers(content_type if payload is not None else None)
        reused = self._drop_idle_connection()
        try:
            return self._send(method, path, payload, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server closed an idle connection under us. A fresh one is tried once, and only
            # where sending twice does no harm: a lost answer to a create must not hide it.
            if not reused or method == "POST":
                raise
            return self._send(method, path, payload, headers)

    def _send(self, method: str, path: str, payload: bytes | None,
              headers: dict[str, str]) -> tuple[int, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect(REQUEST_TIMEOUT_SECONDS)
        try:
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            answer = response.read()
            self._local.used_at = time.monotonic()
            return response.status, answer
        except Exception:
            connection.close()
            self._local.connection = None
            raise

    def _drop_idle_connection(self) -> bool:
        """Whether this thread has a connection that the server has not closed for idleness."""
        connection = getattr(self._local, "connection", None)
        if connection is not None and time.monotonic() - self._local.used_at > IDLE_SECONDS_MAX:
            connection.close()
            connection = self._local.connection = None
        return connection is not None

    def _connect(self, timeout_seconds: float) -> http.client.HTTPSConnection:
        assert self._address.hostname is not None
        return http.client.HTTPSConnection(self._address.hostname, self._address.port,
                                           timeout=timeout_seconds, context=self._tls)

    def _headers(self, content_type: str | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if content_type is not None:
            headers["Content-Type"] = content_type
        if self.access.token is not None:
            headers["Authorization"] = f"Bearer {self.access.token}"
        return headers

    @staticmethod
    def _error(request: str, code: int, answer: bytes) -> ApiError:
        try:
            status = json.loads(answer)
            return ApiError(request, code, status.get("reason", ""), status.get("message", ""))
        except (ValueError, AttributeError):
            return ApiError(request, code, "", answer.decode(errors="replace")[:500])


def group_path(api_version: str) -> str:
    """URL path of an API group version: /api/v1 or /apis/GROUP/VERSION."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
