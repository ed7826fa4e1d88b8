"""F20: the operator dies between two writes that belong together, and the next one finishes."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, condition, wait_phase, wait_until
from harness.programs import all_failpoints, failpoints
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.cluster import Cluster

NODES = 6
REQUEST = "berth.dev/v1alpha1/AllocationRequest"
SECRETS = ("berth-authority", "berth-scheduler-extender-tls", "berth-scheduler-client-tls")
# Where each subject's failpoints are walked; a subject that is not here is walked nowhere.
WALKED = {"Admission": "test_operator.py", "Preemption": "test_preemption.py",
          "Node": "here", "Request": "here", "Certificates": "here", "Waiting": "here",
          "Stranding": "test_placement_modes.py"}


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Berth without its operator, and a pool of nodes of its own."""
    with pool_of_nodes(cluster, programs_folder, NODES, 8) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with a quota of its own name: 4 cpu."""
    with quota_of_its_own(kube, managed_namespace, pool, 4) as name:
        yield name


def test_every_failpoint_is_walked_by_a_test(programs_folder):
    assert {row.subject for row in all_failpoints(programs_folder)} == set(WALKED)


def test_a_pod_whose_node_is_nominated_and_who_is_not_admitted_is_admitted_by_the_next(
        kube, team, die_at, programs_folder):
    for failpoint in failpoints(programs_folder, "Node"):
        die_at(failpoint, lambda: kube.create(objects.pod("named", team, requests={"cpu": "4"})),
               "--placement-mode=Nominate")
        wait_phase(kube, "named", team, "Running")
        record = json.loads(berth_kinds.annotation(kube, "named", team, berth_kinds.ADMITTED))
        assert record["mode"] == "Nominate"
        assert kube.get("v1/Pod", "named", team)["spec"]["nodeName"] == record["nodes"][0]
        wait_until(lambda: berth_kinds.cpu_used(kube, team) == "4", 20, "it is charged once")


@pytest.mark.parametrize("failpoint", ["BeforeFirstAdmissionWrite", "AfterAdmissionWrite"])
def test_a_pod_that_is_pinned_to_candidates_is_admitted_once(kube, team, die_at, failpoint):
    die_at(failpoint, lambda: kube.create(objects.job(
        "pinned", team, parallelism=1, requests={"cpu": "4"},
        annotations={objects.RUN_SECONDS: "600"})))

    def running() -> list[dict]:
        return [pod for pod in kube.list("v1/Pod", team)
                if pod["status"].get("phase") == "Running"]

    wait_until(lambda: len(running()) == 1, 60, "the pod runs")
    pod = running()[0]
    record = json.loads(pod["metadata"]["annotations"][berth_kinds.ADMITTED])
    assert record["mode"] == "Candidates"
    terms = pod["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert len(terms) == len(record["nodes"]) == 4
    assert pod["spec"]["nodeName"] in record["nodes"]
    wait_until(lambda: berth_kinds.cpu_used(kube, team) == "4", 20, "it is charged once")


def test_an_allocation_request_is_granted_once(kube, team, die_at, programs_folder):
    for failpoint in failpoints(programs_folder, "Request"):
        name = failpoint.lower()
        die_at(failpoint, lambda name=name: kube.create({
            "apiVersion": "berth.dev/v1alpha1", "kind": "AllocationRequest",
            "metadata": {"name": name, "namespace": team},
            "spec": {"resources": [{"name": "cpu", "amount": 3}]}}))
        wait_until(lambda name=name: (condition(kube.get(REQUEST, name, team), "Allocated") or {})
                   .get("status") == "True", 30, f"{name} is allocated")
        assert [row["count"] for row in kube.get(REQUEST, name, team)["status"]["allocations"]] == [1]
        wait_until(lambda: berth_kinds.cpu_used(kube, team) == "3", 20, "it is charged once")
        kube.delete(REQUEST, name, team)
        wait_until(lambda: berth_kinds.cpu_used(kube, team) == "0", 20, "it is given back")


def test_who_waits_is_told_why_however_often_the_operator_dies(kube, team, die_at, programs_folder):
    for failpoint in failpoints(programs_folder, "Waiting"):
        name = failpoint.lower()
        die_at(failpoint, lambda name=name: kube.create(
            objects.pod(name, team, requests={"cpu": "5"})))
        wait_until(lambda name=name: berth_kinds.annotation(kube, name, team, berth_kinds.EXPLAIN)
                   .startswith("InsufficientQuota: "), 30, f"{name} is told")
        kube.delete("v1/Pod", name, team)


@pytest.mark.parametrize("writes", [1, 2])
def test_certificates_that_were_half_written_are_finished_by_the_same_authority(
        kube, pool, die_at, programs_folder, tmp_path, writes):
    """What signs is written first; its key is not made anew by the next operator."""
    [failpoint] = failpoints(programs_folder, "Certificates")
    for name in SECRETS:
        kube.delete("v1/Secret", name, "berth-system")
    seen: dict[str, str] = {}

    def install() -> None:
        for name in SECRETS:
            kube.create({"apiVersion": "v1", "kind": "Secret",
                         "metadata": {"name": name, "namespace": "berth-system"}})
        wait_until(lambda: value(kube, SECRETS[0], "tls.crt"), 30, "the authority is written")
        seen["authority"] = value(kube, SECRETS[0], "tls.crt")

    die_at(f"{failpoint}:{writes}", install, "--manage-certificates=true")
    wait_until(lambda: value(kube, SECRETS[2], "tls.crt"), 30, "all three are written")
    authority = tmp_path / "authority.crt"
    authority.write_text(seen["authority"])
    assert value(kube, SECRETS[0], "tls.crt") == seen["authority"]
    for name in SECRETS[1:]:
        assert value(kube, name, "ca.crt") == seen["authority"]
        signed = tmp_path / f"{name}.crt"
        signed.write_text(value(kube, name, "tls.crt"))
        subprocess.run(["openssl", "verify", "-CAfile", authority, signed], check=True, timeout=30)


def value(kube: ApiClient, secret: str, key: str) -> str:
    """A value of a Secret; empty if it is not there."""
    data = kube.get("v1/Secret", secret, "berth-system").get("data") or {}
    return base64.b64decode(data.get(key, "")).decode()
