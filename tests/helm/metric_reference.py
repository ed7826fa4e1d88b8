"""What docs/reference/metrics.md says that there is to ask for, and how queries are read."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chart_under_test import ROOT

from berth_controlplane.tools import ensure_promrules

OF_THE_SCRAPE = ("job", "instance", "namespace", "pod")
ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<kind>\w+) \| (?P<labels>[^|]*) \|", re.MULTILINE)
LABEL = re.compile(r"`(?P<name>\w+)`(?P<values>: (?:`[^`]+`(?:, )?)+)?")

Labels = dict[str, set[str]]
Selector = dict[str, Any]


def metrics() -> dict[str, Labels]:
    """Of the reference page: each metric's labels, and the values that are listed for them."""
    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    known: dict[str, Labels] = {}
    for row in ROW.finditer(page):
        labels = {found["name"]: set(re.findall(r"`([^`]+)`", found["values"] or ""))
                  for found in LABEL.finditer(row["labels"]) if found["name"] not in ("reasons",)}
        names = [row["name"]]
        if row["kind"] == "histogram":
            names = [row["name"] + ending for ending in ("_bucket", "_sum", "_count")]
        known |= dict.fromkeys(names, labels)
    return known


def selectors(rules: Path) -> list[Selector]:
    """What the expressions of a file of rules ask for, read by Prometheus' own parser."""
    done = subprocess.run([ensure_promrules(print), rules], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    found: list[Selector] = json.loads(done.stdout)
    return found


def faults(found: Iterable[Selector]) -> list[str]:
    """Metrics, labels and values that are asked for and do not exist."""
    known = metrics() | {"up": {}}  # Prometheus' own, of each target
    assert len(known) > 40
    wrong = []
    for selector in found:
        where = f"{selector['rule']}: {selector['metric']}"
        if selector["metric"] not in known:
            wrong.append(f"{where} does not exist")
            continue
        for label, (operator, value) in selector["labels"].items():
            values = known[selector["metric"]].get(label)
            if label in OF_THE_SCRAPE:
                continue
            if values is None:
                wrong.append(f"{where} has no label {label}")
            elif operator in ("=", "!=") and values and value not in values and \
                    not any("<" in one for one in values):
                wrong.append(f"{where}: {label} is never {value!r}")
    return wrong


def asked_of_others(found: Iterable[Selector]) -> list[str]:
    """Queries that would count what other programs export under the same name."""
    return [f"{selector['rule']}: {selector['metric']}" for selector in found
            if not selector["metric"].startswith("berth_")
            and "berth-" not in (selector["labels"].get("job") or selector["labels"].get("name")
                                 or ["", ""])[1]]
