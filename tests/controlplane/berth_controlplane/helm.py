"""The real helm: built once from its Go module and kept in the cache, by version."""

from __future__ import annotations

import shutil
from pathlib import Path

from .binaries import Go, build_lock
from .golang import Say, ensure_go
from .locations import cache_root

HELM = ("helm.sh/helm/v4", "v4.3.1")


def ensure_helm(say: Say) -> Path:
    """The program; builds it if it is missing. Callers at the same time build once."""
    module, version = HELM
    folder = cache_root() / "helm" / version
    if not folder.is_dir():
        with build_lock(folder, say):
            if not folder.is_dir():
                say(f"building helm {version}")
                partial = folder.with_name(folder.name + ".partial")
                shutil.rmtree(partial, ignore_errors=True)
                Go(ensure_go(say), say).run(
                    f"helm {version}", "install", "-trimpath", "-ldflags", "-s -w",
                    f"{module}/cmd/helm@{version}", GOBIN=str(partial))
                partial.rename(folder)
    return folder / "helm"
