"""What the catalog of metrics promises is kept: each group is made by a program, and each metric is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TELEMETRY = ROOT / "lib" / "telemetry"
CATALOG = TELEMETRY / "catalog.hpp"
FOLDERS = ("lib", "operator", "scheduler-extender", "analyzer")
GROUP = re.compile(r"^struct (?P<name>\w+Metrics) \{\n(?P<body>.*?)^\};", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"^  (?:Counter&|Gauge&|Histogram&|ObjectGauges|\w+Family<[^>]*>) (\w+);",
                    re.MULTILINE)


def groups() -> dict[str, list[str]]:
    """The metrics of each group, by their names in the code."""
    text = CATALOG.read_text(encoding="utf-8")
    return {found["name"]: MEMBER.findall(found["body"]) for found in GROUP.finditer(text)}


def sources() -> Iterator[Path]:
    """The programs' code, but for the catalog and the page that is made of it."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            if path.stem != "catalog" and "reference" not in path.parts:
                yield path


CODE = {path: path.read_text(encoding="utf-8") for path in sources()}
# lib/telemetry/tracing is a part of programs, and has a group of its own.
OF_THE_PROGRAMS = "\n".join(text for path, text in CODE.items() if path.parent != TELEMETRY)


def test_the_catalog_is_read():
    assert len(groups()) > 8
    assert sum(map(len, groups().values())) > 50


@pytest.mark.parametrize("group", groups())
def test_each_group_is_made_by_a_program(group):
    made = re.compile(rf"\btelemetry::{group}\b|^  {group} \w+_;", re.MULTILINE)
    assert made.search(OF_THE_PROGRAMS), f"nobody makes {group}"


@pytest.mark.parametrize("group, metric", [(group, metric) for group, metrics in groups().items()
                                           for metric in metrics])
def test_each_metric_is_written(group, metric):
    constructor = (TELEMETRY / "catalog.cpp").read_text(encoding="utf-8")
    written = re.compile(rf"\b{metric}(\.|->)\w+\(")
    reached = re.compile(rf"(\.|->){metric}\b")
    assert any(reached.search(text) for text in CODE.values()) or \
        written.search(constructor.partition(f"{group}::{group}(")[2].partition("\n}\n")[0]), \
        f"nobody writes {group}::{metric}"


def test_what_fills_a_group_in_is_called():
    for header in sorted(TELEMETRY.glob("*.hpp")):
        for name in re.findall(r"^void (\w+)\(\w+Metrics& ", header.read_text(encoding="utf-8"),
                               re.MULTILINE):
            assert re.search(rf"\btelemetry::{name}\(", OF_THE_PROGRAMS), f"nobody calls {name}"
