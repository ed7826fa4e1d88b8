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


def ensure_helm(say: Say) -> Path:
    """The real helm."""
    module, version = HELM

    def build(go: Go, target: Path) -> None:
        go.run(f"helm {version}", "install", "-ldflags", "-s -w",
               f"{module}/cmd/helm@{version}", GOBIN=str(target))

    return ensure(f"helm/{version}", build, say) / "helm"


def ensure_promrules(say: Say) -> Path:
    """Prometheus' own parser and engine of rules and queries (modules/promrules)."""
    digest = hashlib.sha256()
    for source in (*sorted(PROMRULES_FOLDER.glob("*.go")), PROMRULES_FOLDER / "go.mod",
                   PROMRULES_FOLDER / "go.sum"):
        digest.update(source.read_bytes())

    def build(go: Go, target: Path) -> None:
        go.run("promrules", "build", "-ldflags", "-s -w", "-o", str(target / "promrules"), ".",
               folder=PROMRULES_FOLDER)

    return ensure(f"promrules/{digest.hexdigest()[:12]}", build, say) / "promrules"


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
