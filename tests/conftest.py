"""What every folder of tests that starts Berth's programs needs.

BERTH_BIN_DIR=DIR        where Berth's programs are, such as build/test/bin
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def programs_folder() -> Path:
    """Folder of Berth's programs, from BERTH_BIN_DIR; the test is skipped without it."""
    chosen = os.environ.get("BERTH_BIN_DIR")
    if not chosen:
        pytest.skip("BERTH_BIN_DIR is not set: no programs of Berth to test")
    return Path(chosen).resolve()
