"""The page about configuration shows each value of the chart, and what the programs say of themselves.

BERTH_UPDATE_GOLDEN=1    writes what they say into tests/golden/programs
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from markdown import ROOT, read

PAGE = "docs/reference/configuration.md"
GOLDEN = ROOT / "tests/golden/programs"
PROGRAMS = ("berth-analyzer", "berth-operator", "berth-scheduler-extender")


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_page_shows_what_a_program_says_of_its_flags(program, programs_folder: Path):
    said = subprocess.run([programs_folder / program, "--help"], env={}, check=True, text=True,
                          capture_output=True).stdout
    golden = GOLDEN / f"{program}.txt"
    if os.environ.get("BERTH_UPDATE_GOLDEN") == "1":
        golden.write_text(said, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == said


def test_no_program_is_left_out():
    assert sorted(path.stem for path in GOLDEN.glob("*.txt")) == sorted(PROGRAMS)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of each value that is no section; an empty section is a value."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    else:
        yield path, value


def shown() -> dict[str, Any]:
    """The values on the page, with their defaults."""
    rows = (line.split(" | ") for line in read(PAGE).splitlines() if line.startswith("| `"))
    return {row[0].removeprefix("| `").rstrip("`"): yaml.safe_load(row[1].strip("`"))
            for row in rows}


def test_the_page_shows_each_value_with_its_default():
    values = yaml.safe_load((ROOT / "helm/berth/values.yaml").read_text(encoding="utf-8"))
    assert dict(leaves(values)) == {path: value for above, default in shown().items()
                                    for path, value in leaves(default, above)}
