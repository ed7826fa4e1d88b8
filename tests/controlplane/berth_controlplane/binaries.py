"""The programs of the control plane: built once from Go modules, kept in the cache by content.

The folder's name is made of the Kubernetes version and a hash over everything that decides what is
built, so two checkouts with different versions do not disturb each other. Nothing is downloaded but
Go modules, checked against go.sum and the checksum database.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import versions
from .errors import ControlPlaneError
from .golang import Say, ensure_go
from .locations import cache_root
from .locks import file_lock

KWOK = ("sigs.k8s.io/kwok", "v0.8.0")
METRICS_SERVER = ("sigs.k8s.io/metrics-server", "v0.9.0")

# What kwok's module ships as YAML and we use as it is.
KWOK_MANIFESTS = (
    "kustomize/metrics/resource/metrics-resource.yaml",
    "kustomize/metrics/usage/usage-from-annotation.yaml",
    "kustomize/crd/bases/kwok.x-k8s.io_resourceusages.yaml",
    "kustomize/crd/bases/kwok.x-k8s.io_clusterresourceusages.yaml",
)

BUILD_TIMEOUT_SECONDS = 3600  # of one build
LOCK_TIMEOUT_SECONDS = 2 * BUILD_TIMEOUT_SECONDS
PROGRESS_INTERVAL_SECONDS = 30
# Debugging information would cost a seventh of the compilation, and the linker drops it anyway.
BUILD_FLAGS = ("-trimpath", "-gcflags=all=-dwarf=false")
RECIPE = 1  # raise it when the commands below change what they produce


@dataclass(frozen=True)
class Binaries:
    """Where the built programs are."""

    folder: Path

    @property
    def kubernetes(self) -> Path:
        """The multi-call binary: apiserver, scheduler, controller-manager, etcd, kubectl."""
        return self.folder / "berth-kubernetes"

    @property
    def kubectl(self) -> Path:
        """A link that makes the multi-call binary behave as kubectl."""
        return self.folder / "kubectl"

    @property
    def kwok(self) -> Path:
        """Simulated kubelets."""
        return self.folder / "kwok"

    @property
    def metrics_server(self) -> Path:
        """metrics.k8s.io."""
        return self.folder / "metrics-server"

    def kwok_manifest(self, ending: str) -> Path:
        """The one of KWOK_MANIFESTS whose file name ends so."""
        return next(self.folder / Path(path).name for path in KWOK_MANIFESTS
                    if path.endswith(ending))


def cache_folder(version: str) -> Path:
    """Folder of the binaries that belong to this checkout's module files; it may not exist yet."""
    module_file = versions.module_file(version)
    digest = hashlib.sha256()
    for path in (versions.KUBERNETES_FOLDER / "main.go", module_file,
                 module_file.with_suffix(".sum")):
        digest.update(path.read_bytes())
    recipe = [RECIPE, KWOK, METRICS_SERVER, KWOK_MANIFESTS, platform.machine()]
    digest.update(json.dumps(recipe).encode())
    return cache_root() / "controlplane" / f"{version}-{digest.hexdigest()[:12]}"


def ensure_binaries(say: Say, version: str | None = None) -> Binaries:
    """The built programs; builds what is missing. Callers at the same time build once.

    The first build takes minutes and some 4 GB of Go caches; afterwards it is a look at a folder.

    Args:
        version: of Kubernetes; the chosen one unless given.
    """
    version = version or versions.chosen()
    folder = cache_folder(version)
    if not folder.is_dir():
        with build_lock(folder, say):
            if not folder.is_dir():
                build(folder, version, say)
    return Binaries(folder)


@contextmanager
def build_lock(folder: Path, say: Say) -> Iterator[None]:
    """Hold the lock of one cache folder; the lock goes with the process, whatever ends it."""
    with file_lock(folder.with_name(folder.name + ".lock"), LOCK_TIMEOUT_SECONDS, lambda: say(
            "another process builds the control plane: waiting for it")):
        yield


def build(folder: Path, version: str, say: Say) -> None:
    """Build into a folder beside `folder` and rename it: half a build is never seen."""
    started = time.monotonic()
    go = Go(ensure_go(say), say)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)

    say(f"building Kubernetes {version} from source (once; minutes, some 4 GB of Go caches)")
    go.run(f"Kubernetes {version}", "build", f"-modfile={versions.module_file(version)}",
           "-ldflags", stamp(go, version), "-o", str(partial / "berth-kubernetes"), ".",
           folder=versions.KUBERNETES_FOLDER)
    (partial / "kubectl").symlink_to("berth-kubernetes")

    for (module, tool_version), package in ((KWOK, "cmd/kwok"),
                                            (METRICS_SERVER, "cmd/metrics-server")):
        name = f"{module.rsplit('/', 1)[-1]} {tool_version}"
        say(f"building {name}")
        go.run(name, "install", "-ldflags", "-s -w",
               f"{module}/{package}@{tool_version}", GOBIN=str(partial))

    kwok_source = Path(go.download(*KWOK)["Dir"])
    for manifest in KWOK_MANIFESTS:
        target = partial / Path(manifest).name
        target.write_bytes((kwok_source / manifest).read_bytes())
    partial.rename(folder)
    say(f"control plane built in {time.monotonic() - started:.0f} s: {folder}")


def stamp(go: Go, version: str) -> str:
    """Linker flags that tell Kubernetes its own version; unstamped it says v0.0.0-master."""
    info = json.loads(Path(go.download("k8s.io/kubernetes", version)["Info"]).read_text("utf-8"))
    major, minor, _ = version.removeprefix("v").split(".", 2)
    values = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": info.get("Origin", {}).get("Hash", ""),
        "gitTreeState": "clean",
        "buildDate": info["Time"],
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    flags = [f"-X {package}.{key}={value}" for package in packages for key, value in values.items()]
    return " ".join(["-s", "-w", *flags])


class Go:
    """Runs the go command with the environment all builds share."""

    def __init__(self, go: Path, say: Say) -> None:
        self._go = go
        self._say = say

    def download(self, module: str, version: str) -> dict[str, str]:
        """Facts about a module in the module cache: its Dir, Info, GoMod and so on."""
        done = subprocess.run([self._go, "mod", "download", "-json", f"{module}@{version}"],
                              cwd="/", env=self._environment({}), capture_output=True, text=True,
                              timeout=BUILD_TIMEOUT_SECONDS, check=False)
        if done.returncode != 0:
            said = done.stdout + done.stderr
            raise ControlPlaneError(f"cannot download {module}@{version}:\n{said}")
        facts: dict[str, str] = json.loads(done.stdout)
        return facts

    def run(self, what: str, *arguments: str, folder: Path = Path("/"), **variables: str) -> None:
        """Run a build, saying now and then that it is alive; on failure show its last lines."""
        started = time.monotonic()
        command = ["nice", str(self._go), arguments[0], "-v", *BUILD_FLAGS, *arguments[1:]]
        with subprocess.Popen(command, cwd=folder, env=self._environment(variables), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None
            # By a timer of its own: a build that hangs prints nothing.
            watchdog = threading.Timer(BUILD_TIMEOUT_SECONDS, process.kill)
            watchdog.daemon = True
            watchdog.start()
            lines: list[str] = []
            said_at = started
            for line in process.stdout:
                lines.append(line)
                now = time.monotonic()
                if now - said_at >= PROGRESS_INTERVAL_SECONDS:
                    said_at = now
                    self._say(f"  {what}: {now - started:.0f} s, {len(lines)} packages")
            watchdog.cancel()
        if process.returncode != 0:
            raise ControlPlaneError(f"building {what} failed:\n{''.join(lines[-20:])}")

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        # GOFLAGS, GOPROXY and the rest of the user's Go environment are kept on purpose. Compilers live
        # for seconds: collecting their garbage as often as Go's default costs a seventh of the time.
        return {"GOGC": "400", **os.environ, "CGO_ENABLED": "0", "GOWORK": "off", **variables}
