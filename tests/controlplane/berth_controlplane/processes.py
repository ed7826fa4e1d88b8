"""Processes of one cluster: started detached, found again from another shell, ended for certain.

What is needed to do so is plain data in a `ProcessRecord`, kept in the cluster's state file. A pid
is only believed together with its start time: after a reboot, or much later, the number may belong
to somebody else's process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ComponentFailed, ControlPlaneError
from .ports import is_free
from .waiting import WaitTimeout, wait_until

LOG_TAIL_LINES = 20
READY_TIMEOUT_SECONDS = 120  # an API server that shares two cores with ten compilers takes 60
STOP_TIMEOUT_SECONDS = 20
KILL_TIMEOUT_SECONDS = 10
PORT_FREE_TIMEOUT_SECONDS = 15
PROBE_TIMEOUT_SECONDS = 2
PR_SET_PDEATHSIG = 1
PORT_LOST = "address already in use"


@dataclass
class ProcessRecord:
    """One component: how to start it, how to see that it is ready, and which process it is now."""

    name: str
    command: list[str]
    log: str
    probe_url: str
    ports: list[int]
    environment: dict[str, str] = field(default_factory=dict)
    ready_timeout_seconds: float = READY_TIMEOUT_SECONDS
    pid: int = 0
    start_ticks: int = 0

    @property
    def running(self) -> bool:
        """Whether the process recorded here is alive (a zombie is not)."""
        return self.pid > 0 and live_start_ticks(self.pid) == self.start_ticks

    def start(self, tied_to_caller: bool = False) -> None:
        """Start the process, detached from our terminal, its output appended to the log.

        tied_to_caller: the kernel kills it when the thread that called us ends, so that a killed
        test run leaves nothing behind. Call it from the main thread.
        """
        if self.running:
            raise ControlPlaneError(f"{self.name} already runs with pid {self.pid}")
        taken = [port for port in self.ports if not is_free(port)]
        if taken:  # asked now, or the one who has it would answer our probe
            raise self.failure(f"port {taken[0]}: {PORT_LOST}")
        # Opened for reading by others and appended: a restart keeps the story of the life before.
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.environment}, start_new_session=True,
                preexec_fn=die_with_caller if tied_to_caller else None,
            )
        self.pid = process.pid
        self.start_ticks = live_start_ticks(process.pid)
        # The record, not this object, tells whether it lives: it may be stopped by another program.
        process.returncode = 0

    def wait_ready(self) -> None:
        """Wait until the probe answers 200; ComponentFailed if it ends or takes too long."""
        def ready_or_dead() -> bool:
            return not self.running or probe(self.probe_url)

        try:
            wait_until(ready_or_dead, self.ready_timeout_seconds, self.probe_url)
        except WaitTimeout:
            raise self.failure(
                f"not ready within {self.ready_timeout_seconds:g} s ({self.probe_url})") from None
        if not self.running:
            raise self.failure("ended while starting")

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after a while; returns when process and ports are gone."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)  # a paused process takes its SIGTERM only when it goes on
        self.wait_ended()  # even if it crashed: the kernel frees its ports a little later

    def kill(self) -> None:
        """SIGKILL, as a crash would end it; returns when process and ports are gone."""
        self.signal(signal.SIGKILL)
        self.wait_ended()

    def pause(self) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after a pause."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal if the process is alive."""
        if self.running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait_ended(self) -> None:
        """Wait until a process that was told to end has ended; it is killed if it does not obey."""
        def ended() -> bool:
            return not self.running

        try:
            wait_until(ended, STOP_TIMEOUT_SECONDS, f"{self.name} ends")
        except WaitTimeout:
            self.signal(signal.SIGKILL)
            wait_until(ended, KILL_TIMEOUT_SECONDS, f"{self.name} ends after SIGKILL")
        wait_until(lambda: all(map(is_free, self.ports)), PORT_FREE_TIMEOUT_SECONDS,
                   f"the ports {self.ports} of {self.name} are free")

    def failure(self, reason: str) -> ComponentFailed:
        """The error that says what happened, with the end of the log."""
        return ComponentFailed(self.name, reason, self.log, log_tail(Path(self.log)))


def live_start_ticks(pid: int) -> int:
    """Start time of a living process in clock ticks since boot; -1 if there is none."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # collect it if it is our own dead child
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return -1
    fields = text.rpartition(")")[2].split()  # the name in parentheses may contain anything
    state, start_ticks = fields[0], int(fields[19])
    return -1 if state in "ZX" else start_ticks


def probe(url: str) -> bool:
    """Whether a GET answers 200. Who answers is not checked here: it is our own port."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # An opener of our own: the default one would send the request to the proxy of the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                         urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=PROBE_TIMEOUT_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def log_tail(path: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log file."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, path.stat().st_size - 64 * 1024))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


def die_with_caller() -> None:
    """Runs in the new process: ask the kernel to kill it when its parent thread ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
