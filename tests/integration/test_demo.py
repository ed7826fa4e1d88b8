"""The demo, as `make demo` runs it, with the programs under test."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 420


def test_the_demo_proves_its_claims(programs_folder: pathlib.Path) -> None:
    demo = subprocess.run(
        [sys.executable, str(ROOT / "demo/run.py"), "--bin", str(programs_folder),
         "--name", "demo-test"],
        capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    if demo.returncode != 0:
        pytest.fail(f"demo/run.py ended with {demo.returncode}:\n"
                    f"{demo.stdout[-4000:]}\n{demo.stderr[-2000:]}")
