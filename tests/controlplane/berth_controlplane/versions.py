"""Which Kubernetes: the versions that there are module files for, and the one that is chosen.

modules/kubernetes/go.mod is what is built unless somebody asks; those of modules/kubernetes/versions
are built from the same main.go with `go build -modfile`. README.md says how one is added.

BERTH_KUBERNETES=v1.X.Y  choose this one, for every cluster that names none itself
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import ControlPlaneError
from .locations import MODULES

VARIABLE = "BERTH_KUBERNETES"
KUBERNETES_FOLDER = MODULES / "kubernetes"
MAIN_FILE = KUBERNETES_FOLDER / "go.mod"
OTHERS = KUBERNETES_FOLDER / "versions"


def default() -> str:
    """The version that is built unless somebody asks for another, such as v1.37.1."""
    return version_in(MAIN_FILE)


def available() -> list[str]:
    """All versions that can be built, oldest first."""
    others = [version_in(path) for path in OTHERS.glob("*.mod")]
    return sorted({default(), *others}, key=numbers)


def chosen() -> str:
    """The version that the environment chooses, else the default."""
    return os.environ.get(VARIABLE) or default()


def module_file(version: str) -> Path:
    """The go.mod of a version; its go.sum is beside it under the same name."""
    path = MAIN_FILE if version == default() else OTHERS / f"{version}.mod"
    if not path.is_file():
        raise ControlPlaneError(f"no module files for Kubernetes {version}; there are: "
                                + ", ".join(available()))
    return path


def numbers(version: str) -> tuple[int, ...]:
    """What versions are sorted by."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def version_in(path: Path) -> str:
    """The version of Kubernetes that a module file requires."""
    match = re.search(r"^\tk8s\.io/kubernetes (v\S+)$", path.read_text("utf-8"), re.MULTILINE)
    if match is None:
        raise ControlPlaneError(f"{path} does not require k8s.io/kubernetes")
    return match.group(1)
