"""A caller that asks the extender again and again, to see whether a change under way costs a call."""

from __future__ import annotations

import http.client
import json
import ssl
import threading

TIMEOUT_SECONDS = 1  # manifests/scheduler-config.yaml
PAUSE_SECONDS = 0.005
NODE = "unheard-of"
POD = {"metadata": {"name": "asking", "namespace": "default", "uid": "asking"}, "spec": {}}


class SteadyCaller:
    """Calls `filter` between `with` and its end.

    keep_alive: on one connection for as long as the server lets it, as kube-scheduler does; else
    each call on a connection of its own, as after each of its time-outs.
    """

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext,
                 keep_alive: bool) -> None:
        self._connection = http.client.HTTPSConnection(*address, timeout=TIMEOUT_SECONDS,
                                                       context=context)
        self._keep_alive = keep_alive
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answered = 0
        self.failures: list[str] = []

    def __enter__(self) -> SteadyCaller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            try:
                self._call()
                self.answered += 1
            except (OSError, http.client.HTTPException, ValueError) as problem:
                self.failures.append(repr(problem))
                self._connection.close()

    def _call(self) -> None:
        self._connection.request("POST", "/filter",
                                 json.dumps({"Pod": POD, "NodeNames": [NODE]}),
                                 {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200 or json.loads(body)["NodeNames"] != [NODE]:
            raise ValueError(f"{answer.status} {body!r}")
        if not self._keep_alive:
            self._connection.close()
