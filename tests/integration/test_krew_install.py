"""What scripts/package-plugin makes is what the real krew installs, and what runs once it is installed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from berth_controlplane.tools import ensure_krew

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Installed:
    """A folder of krew's with the plugin in it."""

    root: Path

    @property
    def program(self) -> Path:
        return self.root / "bin/kubectl-berth"

    @property
    def store(self) -> Path:
        return self.root / "store/berth/v9.8.7"

    def run(self, *words: str, **variables: str) -> str:
        return run(self.program, *words, PATH="", **variables)


def run(*words: str | Path, **variables: str) -> str:
    done = subprocess.run(words, env=os.environ | variables, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, check=False, timeout=TIMEOUT_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, programs_folder: Path) -> Iterator[Installed]:
    """The plugin as krew installs it from its manifest and archive."""
    packed, root = tmp_path_factory.mktemp("packed"), tmp_path_factory.mktemp("krew")
    archive, manifest = run(ROOT / "scripts/package-plugin", "v9.8.7", packed,
                            programs_folder / "kubectl-berth").splitlines()
    run(ensure_krew(print), "install", f"--manifest={manifest}", f"--archive={archive}",
        KREW_ROOT=str(root))
    yield Installed(root)


def test_krew_installs_the_archive_and_the_plugin_runs(installed):
    assert re.fullmatch(r"Client: kubectl-berth \d+\.\d+\.\d+\n", installed.run("version"))
    assert (installed.store / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_it_needs_no_library_of_the_users_but_the_c_library(installed):
    loaded = re.findall(r"=> (\S+)", installed.run(LD_TRACE_LOADED_OBJECTS="1"))
    own = [path for path in loaded if Path(path).is_relative_to(installed.store / "lib")]
    assert own
    others = {Path(path).name.split(".")[0] for path in loaded if path not in own}
    assert others <= {"libc", "libm"}
    assert all(Path(f"{path}.copyright").stat().st_size for path in own)


def test_the_same_program_gives_the_same_archive(tmp_path):
    script = ROOT / "scripts/package-plugin"
    archives = [Path(run(script, "v9.8.7", tmp_path / name, "/bin/true").splitlines()[0])
                for name in ("once", "again")]
    assert archives[0].read_bytes() == archives[1].read_bytes()
