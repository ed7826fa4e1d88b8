"""kubectl berth on a real cluster, with what the operator wrote there, as administrator and as a user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import berth_objects as berth_kinds
from harness import objects
from harness.kube import ApiClient, wait_phase, wait_until
from harness.world import pool_of_nodes, quota_of_its_own

from berth_controlplane.berth import EXTENDER, OPERATOR
from berth_controlplane.cluster import Cluster

EXIT_FAILURE, EXIT_USAGE, EXIT_NOT_FOUND, EXIT_NOT_PERMITTED = 1, 2, 3, 4


@pytest.fixture(scope="module")
def pool(cluster: Cluster, programs_folder: Path) -> Iterator[str]:
    """Operator and extender, and a pool of two of the nodes."""
    with pool_of_nodes(cluster, programs_folder, 2, 8, (OPERATOR, EXTENDER)) as name:
        yield name


@pytest.fixture
def team(kube: ApiClient, managed_namespace: str, pool: str) -> Iterator[str]:
    """A managed namespace with 6 cpu, of which one pod holds 4 and another waits for 4."""
    with quota_of_its_own(kube, managed_namespace, pool, 6) as name:
        kube.create(objects.pod("first", name, requests={"cpu": "4"}))
        wait_phase(kube, "first", name, "Running")
        kube.create(objects.pod("second", name, requests={"cpu": "4"}))
        wait_until(lambda: berth_kinds.annotation(kube, "second", name, berth_kinds.EXPLAIN), 30,
                   "it is said why it waits")
        wait_until(lambda: used(kube, name) == "4", 30, "the status counts it")
        yield name


def used(kube: ApiClient, quota: str) -> str:
    pools = kube.get(berth_kinds.QUOTA, quota).get("status", {}).get("pools", [])
    return next((resource["used"] for pool in pools for resource in pool["resources"]
                 if resource["name"] == "cpu"), "")


def test_status_shows_what_the_operator_counted(ask, team, pool):
    done = ask("status", "-o", "json")
    assert done.returncode == 0, done.stderr
    view = json.loads(done.stdout)
    shown = {row["name"]: row for row in view["pools"]}[pool]
    assert shown["state"]["reason"] == "Ready"
    assert shown["nodes"] == {"ready": 2, "total": 2}
    cpu = next(row for row in shown["resources"] if row["name"] == "cpu")
    assert (cpu["allocatable"], cpu["allocated"]) == ("16", "4")
    quota = {row["name"]: row for row in view["quotas"]}[team]
    assert quota["workloads"] == {"admitted": 1, "pending": 1}
    assert quota["firstPending"]["name"] == "second"
    assert team in ask("status").stdout


def test_the_queue_names_who_waits_and_why(ask, team):
    rows = json.loads(ask("queue", team, "-o", "json").stdout)["workloads"]
    assert [(row["name"], row["position"]) for row in rows] == [("second", 1)]
    assert rows[0]["reason"] == "InsufficientQuota"
    assert "needs 4 cpu" in rows[0]["message"]
    in_namespace = json.loads(ask("queue", "-n", team, "-o", "json").stdout)["workloads"]
    assert [(row["name"], row["position"]) for row in in_namespace] == [("second", None)]


def test_explain_tells_the_admitted_from_the_waiting(ask, team, pool):
    waiting = ask("explain", f"{team}/second").stdout
    assert waiting.startswith(f"Pod {team}/second has waited ")
    assert "InsufficientQuota" in waiting and "Events" in waiting
    first = json.loads(ask("explain", "first", "-n", team, "-o", "json").stdout)
    assert first["standing"] == "Bound"
    assert first["admission"]["quota"] == team and first["admission"]["pool"] == pool
    assert first["node"] in first["admission"]["plannedNodes"]


def test_x1_the_smallest_change_is_told_can_be_tried_and_lets_the_work_start(ask, kube, team, pool):
    """X1, X2: what explain says would start the pod starts it, once somebody does it."""
    outlook = json.loads(ask("explain", f"{team}/second", "-o", "json").stdout)["outlook"]
    step = f"+2 cpu for quota {team} in pool {pool}"
    assert {"steps": [step], "evicted": []} in outlook["changes"]
    assert step in ask("explain", f"{team}/second").stdout

    tried = json.loads(ask("explain", f"{team}/second", "-o", "json",
                           "--what-if", step).stdout)["outlook"]["whatIf"]
    assert tried["starts"] and len(tried["nodes"]) == 1
    less = ask("explain", f"{team}/second", "--what-if", f"+1 cpu for quota {team} in pool {pool}")
    assert "it would wait: InsufficientQuota" in less.stdout

    pools = [{"poolRef": {"name": pool}, "resources": [{"name": "cpu", "nominal": 8}]}]
    kube.patch(berth_kinds.QUOTA, team, {"spec": {"pools": pools}})
    wait_phase(kube, "second", team, "Running")
    ended = ask("explain", f"{team}/second", "--what-if", step)
    assert ended.returncode == EXIT_FAILURE and "does not wait" in ended.stderr


def test_an_allocation_request_is_explained_as_pods_are(ask, kube, team, pool):
    kube.create({"apiVersion": "berth.dev/v1alpha1", "kind": "AllocationRequest",
                 "metadata": {"name": "cores", "namespace": team},
                 "spec": {"resources": [{"name": "cpu", "amount": 3}]}})
    wait_until(lambda: ": InsufficientQuota" in ask("explain", f"{team}/cores").stdout, 30,
               "it is said why it waits")
    told = ask("explain", f"{team}/cores").stdout
    assert told.startswith(f"AllocationRequest {team}/cores has waited ")
    assert f"+1 cpu for quota {team} in pool {pool}" in told


def test_what_if_refuses_what_it_cannot_read_or_find(ask, team, pool):
    unread = ask("explain", f"{team}/second", "--what-if", "more cpu")
    assert unread.returncode == EXIT_USAGE and "+COUNT nodes like NODE" in unread.stderr
    unknown = ask("explain", f"{team}/second", "--what-if", f"+1 cpu for quota nobody in pool {pool}")
    assert unknown.returncode == EXIT_NOT_FOUND and "Quota nobody" in unknown.stderr


def test_the_server_is_asked_for_its_version(ask, pool):
    done = ask("version", "--server")
    assert "Kubernetes v1." in done.stdout and "berth.dev/v1alpha1" in done.stdout


def test_a_user_without_rights_is_told_what_to_do(ask, cluster, team):
    config = cluster.service_account_kubeconfig(team, "default")
    assert ask("status", kubeconfig=config).returncode == 0  # berth-cluster-view
    refused = ask("queue", kubeconfig=config)
    assert refused.returncode == EXIT_NOT_PERMITTED
    assert "forbidden" in refused.stderr and "with -n" in refused.stderr


def test_failures_have_the_exit_codes_that_help_lists(ask, team, tmp_path):
    assert ask("explain", f"{team}/nobody").returncode == EXIT_NOT_FOUND
    assert ask("queue", "no-such-quota").returncode == EXIT_NOT_FOUND
    assert ask("status", "--no-such-flag").returncode == EXIT_USAGE
    missing = ask("status", "--kubeconfig", str(tmp_path / "none"))
    assert missing.returncode == EXIT_FAILURE and "none" in missing.stderr
    gone = tmp_path / "gone"
    gone.write_text("apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                    "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
                    "users: [{name: u, user: {}}]\n"
                    "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n")
    refused = ask("status", "--kubeconfig", str(gone), "--request-timeout-seconds", "5")
    assert refused.returncode == EXIT_FAILURE and "kubectl cluster-info" in refused.stderr


def test_no_colours_reach_a_pipe(ask, team):
    assert "\033" not in ask("status").stdout
    assert "\033" in ask("status", "--color=always").stdout
