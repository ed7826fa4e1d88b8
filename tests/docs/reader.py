"""Runs lines of a page as its reader would."""

from __future__ import annotations

import subprocess

from markdown import ROOT

STEP_TIMEOUT_SECONDS = 120


def run_in_shell(script: str, environment: dict[str, str]) -> str:
    """Run lines in the checkout, as a reader would; a line that fails ends the test."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, env=environment,
                          capture_output=True, text=True, timeout=STEP_TIMEOUT_SECONDS, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout
