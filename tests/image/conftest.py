"""The image as its Dockerfile makes it, built by buildah: no daemon and no registry is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/controlplane"))

from berth_controlplane.locations import cache_root  # noqa: E402

BASE = "localhost/berth-base:13"
IMAGE = "localhost/berth:test"
SUITE = "trixie"
BUILD_TIMEOUT_SECONDS = 3600
USER = "65532:65532"


@dataclass(frozen=True)
class Buildah:
    """Runs buildah with a storage of our own, and tells what went wrong."""

    storage: Path

    def __call__(self, *words: str | Path) -> str:
        command = ["buildah", "--root", self.storage / "root", "--runroot", self.storage / "run",
                   "--storage-driver", "overlay", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=BUILD_TIMEOUT_SECONDS)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout.strip()


@dataclass(frozen=True)
class Image:
    """The image's file system, and what the Dockerfile said about it."""

    root: Path
    labels: dict[str, str]
    user: str

    def command(self, *words: str) -> list[str]:
        """Runs a program inside, as the image's user."""
        return ["chroot", f"--userspec={USER}", str(self.root), *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False,
                              timeout=60)


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    """Debian 13 by debootstrap stands for the base image, which no registry is asked for."""
    buildah = Buildah(cache_root() / "image" / "storage")
    buildah.storage.mkdir(parents=True, exist_ok=True)
    if BASE not in buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        make_base(buildah)
    compiled = cache_root() / "image" / "ccache"
    compiled.mkdir(parents=True, exist_ok=True)
    buildah("bud", "--isolation", "chroot", "--pull-never", "--build-arg", f"BASE={BASE}",
            "--build-arg", f"JOBS={os.cpu_count()}", "--volume", f"{compiled}:/var/cache/ccache",
            "--layers", "--tag", IMAGE, "--file", ROOT / "Dockerfile", ROOT)
    container = buildah("from", "--pull-never", IMAGE)
    try:
        config = buildah("inspect", "--type", "image", "--format",
                         "{{.OCIv1.Config.User}} {{json .OCIv1.Config.Labels}}", IMAGE)
        yield read_image(Path(buildah("mount", container)), config)
    finally:
        buildah("umount", container)
        buildah("rm", container)


def make_base(buildah: Buildah) -> None:
    """A minimal Debian, as small as the published one, from Debian's own archive."""
    folder = cache_root() / "image" / SUITE
    if not (folder / "etc" / "debian_version").exists():
        subprocess.run(["debootstrap", "--variant=minbase", SUITE, folder], check=True,
                       timeout=BUILD_TIMEOUT_SECONDS)
    container = buildah("from", "scratch")
    buildah("add", container, folder, "/")
    buildah("commit", container, BASE)
    buildah("rm", container)


def read_image(root: Path, config: str) -> Image:
    """From `USER {"label": "value"}`."""
    user, _, labels = config.partition(" ")
    return Image(root, json.loads(labels), user)
