"""A scheduler extender whose answers a test chooses, to learn what kube-scheduler makes of them.

Without being told otherwise it is honest. A test replaces single verbs:

    liar.verbs["filter"] = lambda arguments: {"NodeNames": ["unheard-of"]}
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from .honest_extender import HonestExtender
from .kube import ApiClient, Object
from .local_server import LocalServer

Verb = Callable[[Object], Any]


class NoAnswer(Exception):
    """Raised by a verb that closes the connection instead of answering."""


class Status(Exception):
    """Raised by a verb that answers with this HTTP status and no body."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LyingExtender(LocalServer):
    """The extender, its verbs, and every call that came: (verb, arguments).

    Its url goes into urlPrefix; `honest` gives the truth, for lies to start from.
    """

    def __init__(self, kube: ApiClient) -> None:
        self.honest = HonestExtender(kube)
        self._lock = threading.Lock()
        self._calls: list[tuple[str, Object]] = []
        self.verbs: dict[str, Verb] = {}
        super().__init__()

    def be_honest(self) -> None:
        """Forget all lies and all calls."""
        with self._lock:
            self.verbs.clear()
            self._calls.clear()

    def calls(self, verb: str, pod: str = "") -> list[Object]:
        """The arguments of the calls of one verb, for one pod if it is named."""
        with self._lock:
            return [arguments for called, arguments in self._calls
                    if called == verb and pod in ("", pod_name(arguments))]

    def answer(self, verb: str, arguments: Object) -> Any:
        with self._lock:
            self._calls.append((verb, arguments))
            chosen = self.verbs.get(verb)
        if chosen is not None:
            return chosen(arguments)
        return self.honest.answer(verb, arguments)

    def respond(self, path: str, content_type: str, body: bytes) -> tuple[int, bytes] | None:
        try:
            answer = self.answer(path.rpartition("/")[2], json.loads(body))
        except NoAnswer:
            return None
        except Status as status:
            return status.code, b""
        return 200, json.dumps(answer).encode()


def pod_name(arguments: Object) -> str:
    """The pod that a call is about."""
    if "PodName" in arguments:
        return str(arguments["PodName"])
    return str(arguments["Pod"]["metadata"]["name"])
