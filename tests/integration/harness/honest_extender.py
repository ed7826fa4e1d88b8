"""What a scheduler extender answers that has no opinion: it keeps every node, scores all the same,
preempts what the scheduler proposes and binds where it is told to."""

from __future__ import annotations

from typing import Any

from .kube import ApiClient, ApiError, Object


class HonestExtender:
    """A method for each verb, of its name; each takes the arguments of a call."""

    def __init__(self, kube: ApiClient) -> None:
        self._kube = kube

    def answer(self, verb: str, arguments: Object) -> Any:
        return getattr(self, verb)(arguments)

    def filter(self, arguments: Object) -> Object:
        return {"NodeNames": arguments["NodeNames"]}

    def prioritize(self, arguments: Object) -> list[Object]:
        return [{"Host": name, "Score": 0} for name in arguments["NodeNames"]]

    def preempt(self, arguments: Object) -> Object:
        return {"NodeNameToMetaVictims": arguments["NodeNameToMetaVictims"]}

    def bind(self, arguments: Object) -> Object:
        path = self._kube.path("v1/Pod", arguments["PodNamespace"], arguments["PodName"], "binding")
        try:
            self._kube.request("POST", path, {
                "apiVersion": "v1", "kind": "Binding",
                "metadata": {"name": arguments["PodName"], "uid": arguments["PodUID"]},
                "target": {"kind": "Node", "name": arguments["Node"]}})
        except ApiError as error:
            return {"Error": str(error)}
        return {}
