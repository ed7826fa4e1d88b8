"""Programs that only some tests need: each is built once from Go modules and kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from .binaries import Go, build_lock
from .golang import Say, ensure_go
from .locations import MODULES, cache_root

HELM = ("helm.sh/helm/v4", "v4.3.1")
PROMRULES_FOLDER = MODULES / "promrules"
KREW_FOLDER = MODULES / "krew"


def ensure_helm(say: Say) -> Path:
    """The real helm."""
    module, version = HELM

    def build(go: Go, target: Path) -> None:
        go.run(f"helm {version}", "install", "-ldflags", "-s -w",
               f"{module}/cmd/helm@{version}", GOBIN=str(target))

    return ensure(f"helm/{version}", build, say) / "helm"


def ensure_promrules(say: Say) -> Path:
    """Prometheus' own parser and engine of rules and queries (modules/promrules)."""
    return ensure_module(PROMRULES_FOLDER, ".", say)


def ensure_krew(say: Say) -> Path:
    """The real krew, of the versions in modules/krew."""
    return ensure_module(KREW_FOLDER, "sigs.k8s.io/krew/cmd/krew", say)


def ensure_module(folder: Path, package: str, say: Say) -> Path:
    """The program of a package, built by a module of this repository and called as that."""
    digest = hashlib.sha256()
    for source in (*sorted(folder.glob("*.go")), folder / "go.mod", folder / "go.sum"):
        digest.update(source.read_bytes())

    def build(go: Go, target: Path) -> None:
        go.run(folder.name, "build", "-ldflags", "-s -w", "-o", str(target / folder.name), package,
               folder=folder)

    return ensure(f"{folder.name}/{digest.hexdigest()[:12]}", build, say) / folder.name


def ensure(name: str, build: Callable[[Go, Path], None], say: Say) -> Path:
    """The folder of a program in the cache; built if missing, by one of callers at the same time."""
    folder = cache_root() / name
    if not folder.is_dir():
        with build_lock(folder, say):
            if not folder.is_dir():
                say(f"building {name}")
                partial = folder.with_name(folder.name + ".partial")
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                build(Go(ensure_go(say), say), partial)
                partial.rename(folder)
    return folder
