"""The benchmark with Kueue's load runs, on a hundredth of it: every workload is admitted and ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LOAD = CHECKOUT / "tests/bench/kueue_baseline.yaml"
SMALL_WORKLOADS = 30 * (4 + 1 + 1)  # of 350, 100 and 50 in each of 30 queues; halves are even
BENCHMARK_TIMEOUT_SECONDS = 400


def test_the_baseline_is_what_kueue_published(programs_folder: Path):
    said = subprocess.run([programs_folder / "kubectl-berth", "simulate", "--kueue", LOAD,
                           "-o", "json"], capture_output=True, text=True, check=True, timeout=300)
    simulated = json.loads(said.stdout)
    assert simulated["workloads"] == 15_000
    assert {each["class"]: each["started"] for each in simulated["classes"]} == {
        "small": 10_500, "medium": 3_000, "large": 1_500}


@pytest.fixture(scope="module")
def measured(programs_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What one run on a hundredth of the load measured."""
    found = tmp_path_factory.mktemp("load") / "measured.json"
    subprocess.run([sys.executable, CHECKOUT / "tests/bench/kueue_load.py", "--bin", programs_folder,
                    "--scale", "0.01", "--json", found], check=True,
                   timeout=BENCHMARK_TIMEOUT_SECONDS)
    return json.loads(found.read_text())


def test_every_workload_is_created_bound_and_ended_once(measured: dict):
    assert measured["workloads"] == SMALL_WORKLOADS
    writes = {what: count for what, count in measured["load_requests"].items() if "GET" not in what}
    assert writes == dict.fromkeys(("POST pods", "POST pods/binding", "PATCH pods/status"),
                                   SMALL_WORKLOADS)
    assert measured["evicted"] == 0
    assert set(measured["admission_seconds"]) == {"small", "medium", "large"}


def test_an_admission_is_one_write(measured: dict):
    patches = measured["operator_writes"]["PATCH pods"]
    assert SMALL_WORKLOADS <= patches < 2 * SMALL_WORKLOADS, "others say why a pod waits"
