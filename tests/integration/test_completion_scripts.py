"""Tab in the real bash, zsh and fish, with the program's own scripts; no cluster is asked."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEADLINE_SECONDS = 30
PROMPT = "ready> "
INTERACTIVE = {
    "bash": (["bash", "--norc", "-i"], "source <(kubectl-berth completion bash)"),
    "zsh": (["zsh", "-f", "-i"],
            "autoload -U compinit; compinit -u -D; source <(kubectl-berth completion zsh)"),
}
# What is typed before Tab, and what then stands on the line or below it.
TYPED = {
    "kubectl-berth compl": "kubectl-berth completion ",
    "kubectl-berth -n team compl": "kubectl-berth -n team completion ",
    "kubectl-berth status --output=js": "kubectl-berth status --output=json",
    "kubectl-berth status -o y": "kubectl-berth status -o yaml ",
    "kubectl-berth export --format o": "kubectl-berth export --format openmetrics ",
    "kubectl-berth simulate /etc/hostn": "kubectl-berth simulate /etc/hostname",
    "kubectl-berth --kubeconfig /etc/hostn": "kubectl-berth --kubeconfig /etc/hostname",
}


class Shell:
    """A shell at a terminal, which is typed into."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.shown = ""

    def type(self, keys: str) -> None:
        self.shown = ""
        os.write(self._descriptor, keys.encode())

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while text not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0, f"no {text!r} in {self.shown!r}"
            if select.select([self._descriptor], [], [], left)[0]:
                read = os.read(self._descriptor, 65536).decode(errors="replace")
                # Neither returns nor sequences, such as the one that switches pasting by brackets on.
                self.shown += re.sub(r"\r|\a|\x1b\[[?0-9;]*[a-zA-Z]", "", read)


@pytest.fixture(scope="module")
def environment(programs_folder: Path) -> dict[str, str]:
    """With the plugin on the PATH, and a terminal that is told nothing but letters."""
    return os.environ | {"PATH": f"{programs_folder}:{os.environ['PATH']}", "TERM": "dumb",
                         "PS1": PROMPT, "COLUMNS": "200", "LINES": "50"}


@contextmanager
def shell_at_a_terminal(command: list[str], environment: dict[str, str]) -> Iterator[Shell]:
    child, descriptor = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, environment)
    try:
        yield Shell(descriptor)
    finally:
        os.close(descriptor)  # hangs up
        os.waitpid(child, 0)


@pytest.mark.parametrize("name", INTERACTIVE)
def test_tab_completes_in(name, environment):
    command, load = INTERACTIVE[name]
    with shell_at_a_terminal(command, environment) as shell:
        shell.wait_for(PROMPT)
        shell.type(f"{load}; echo loa''ded\n")
        shell.wait_for("loaded")
        for typed, completed in TYPED.items():
            shell.wait_for(PROMPT)
            shell.type(typed + "\t")
            shell.wait_for(completed)
            shell.type("\x15\n")  # wipes the line, and asks for another


def fish_offers(line: str, environment: dict[str, str]) -> list[str]:
    done = subprocess.run(
        ["fish", "--no-config", "--command",
         "kubectl-berth completion fish | source; complete --do-complete $argv[1]", line],
        env=environment, text=True, capture_output=True, check=False, timeout=DEADLINE_SECONDS)
    assert done.returncode == 0, done.stderr
    return [offer.partition("\t")[0] for offer in done.stdout.splitlines()]


def test_fish_offers_the_same(environment):
    for typed, completed in TYPED.items():
        assert fish_offers(typed, environment) == [completed.split()[-1]]
    assert fish_offers("kubectl-berth top ", environment) == ["pools", "quotas", "workloads"]
    assert fish_offers("kubectl-berth explain ", environment) == []
