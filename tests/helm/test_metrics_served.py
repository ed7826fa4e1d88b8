"""Every metric of the reference page is served by some program from its start, before it has reached any API
server, and says something of the process."""

from __future__ import annotations

import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml
from metric_reference import metrics

from berth_controlplane.ports import HOST, pick_ports
from berth_controlplane.waiting import wait_until

WAIT_SECONDS = 30
NOBODY = "https://127.0.0.1:1"
SERIES = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)


def kubeconfig(folder: Path) -> Path:
    """The way to an API server that is not there."""
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": NOBODY}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}), encoding="utf-8")
    return file


def certificate(folder: Path) -> tuple[Path, Path]:
    """Something to show, for a server that needs it."""
    shown, key = folder / "tls.crt", folder / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=extender",
                    "-keyout", key, "-out", shown], check=True, capture_output=True)
    return shown, key


@contextmanager
def running(program: Path, *flags: str) -> Iterator[str]:
    """The program; gives where it serves its health and metrics."""
    port, = pick_ports(1)
    process = subprocess.Popen([program, f"--health-bind-address={HOST}:{port}", *flags],
                               stderr=subprocess.DEVNULL)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)


def scrape(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.URLError:
        return ""


@pytest.fixture(scope="module")
def served(programs_folder, tmp_path_factory) -> dict[str, str]:
    """What each program serves."""
    folder = tmp_path_factory.mktemp("served")
    config = f"--kubeconfig={kubeconfig(folder)}"
    shown, key = certificate(folder)
    extender, gate, forecasts = pick_ports(3)
    flags = {
        "berth-operator": ("--manage-certificates=true",),
        "berth-scheduler-extender": (
            f"--bind-address={HOST}:{extender}", f"--gate-bind-address={HOST}:{gate}",
            f"--tls-cert-file={shown}", f"--tls-private-key-file={key}",
            f"--client-ca-file={shown}"),
        "berth-analyzer": (
            f"--external-metrics-bind-address={HOST}:{forecasts}",
            f"--external-metrics-tls-cert-file={shown}",
            f"--external-metrics-tls-private-key-file={key}")}
    found = {}
    with ExitStack() as stack:
        for program, own in flags.items():
            url = stack.enter_context(running(programs_folder / program, config, *own))
            wait_until(lambda: scrape(f"{url}/metrics"), WAIT_SECONDS, f"{program} serves")
            assert "[+]loop ok" in scrape(f"{url}/livez?verbose"), program
            found[program] = scrape(f"{url}/metrics")
    return found


def series(text: str) -> dict[str, float]:
    return {found["name"]: float(found["value"]) for found in SERIES.finditer(text)}


def test_each_metric_of_the_page_is_served_by_some_program(served):
    there = {name for text in served.values() for name in re.findall(r"^# TYPE (\w+) ", text,
                                                                     re.MULTILINE)}
    assert {re.sub(r"(?<=_seconds)_(bucket|sum|count)$", "", name) for name in metrics()} - there \
        == set()


def test_each_program_knows_its_process(served):
    for program, text in served.items():
        values = series(text)
        assert values["process_resident_memory_bytes"] > 1e6, program
        assert values["process_cpu_seconds_total"] > 0, program
        assert values["process_open_fds"] >= 3, program
        assert values["process_start_time_seconds"] > 1.6e9, program


def test_each_program_tells_of_what_it_watches(served):
    for program, text in served.items():
        assert 'berth_watch_synced{resource="pods"} 0' in text, program
