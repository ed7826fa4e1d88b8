"""Where things live: the checkout, the cache of built programs, the state of running clusters."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import ControlPlaneError

CONTROLPLANE = Path(__file__).resolve().parent.parent
CHECKOUT = CONTROLPLANE.parent.parent
MODULES = CONTROLPLANE / "modules"
STAGES = CONTROLPLANE / "stages"

CLUSTER_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


def cache_root() -> Path:
    """Folder of everything that can be built again: $BERTH_CACHE, else the user's cache folder."""
    chosen = os.environ.get("BERTH_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "berth"


def runtime_root() -> Path:
    """Folder in which running clusters keep their state: $XDG_RUNTIME_DIR, else /tmp."""
    chosen = os.environ.get("XDG_RUNTIME_DIR")
    return Path(chosen) if chosen and Path(chosen).is_dir() else Path("/tmp")


def cluster_link(name: str) -> Path:
    """Path under which a cluster is found by name; a symbolic link if it lives elsewhere."""
    if CLUSTER_NAME.fullmatch(name) is None:
        raise ControlPlaneError(
            f"cluster name {name!r} must be 1 to 40 of a-z, 0-9 and '-', not at an end"
        )
    return runtime_root() / f"berth-{name}"


def claim_folder(folder: Path) -> None:
    """Create a folder that only we can read, or refuse one that belongs to somebody else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid():
        raise ControlPlaneError(f"{folder} belongs to another user")
    folder.chmod(0o700)
