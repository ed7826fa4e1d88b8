"""Every shell block of the pages is covered: it runs here, or it is named with what covers it."""

from __future__ import annotations

import re
import subprocess

import pytest

from berth_controlplane import gate
from berth_controlplane.api import ApiClient
from markdown import ROOT, Block, pages, shell_blocks
from reader import run_in_shell

# Blocks that take long, and what makes sure of them. What is named here is checked to be a target
# of the Makefile.
COSTLY = {
    "make demo": "the demo checks its own claims in the API and fails if one is false; here it is "
                 "only made sure that it starts (test_the_demo_starts)",
    "make test": "it is what CI runs (.ci/run), and this test is a part of it",
}
# Blocks that need the cluster, by their first line; they run in the order of the page.
IN_THE_CLUSTER = {
    "kubectl apply -f crds/": ["customresourcedefinition", "deployment.apps/berth-operator"],
    "kubectl berth status": ["company", "Pod research/train-0 has waited"],
    "kubectl -n berth-system patch configmap berth-log-levels --type merge "
    """-p '{"data":{"operator":"debug"}}'""": ["configmap/berth-log-levels patched"],
    "echo 'source <(kubectl-berth completion bash)' >> ~/.bashrc": [
        "complete -F _kubectl_berth kubectl-berth"],
    "mkdir -p ~/.local/bin": ["status\tShow pools", ":4"],
    "kubectl berth top quotas": ["Pool general", "QUOTA", "# EOF"],
    "kubectl berth set-quota research --pool general --resource cpu --nominal 48 --dry-run=server": [
        "would be changed (dry run)", "unlimited"],
    """kubectl patch resourcepool general --type merge --patch """
    """'{"spec": {"burst": {"maxDurationSeconds": 7200}}}'""": [
        "resourcepool.berth.dev/general patched", "ResourcePool general: changed",
        "it ends by itself in ", "No burst is on."],
    "kubectl berth reserve release-night --pool general --quota product --amount cpu=4 "
    "--start +30m --for 2h": ["Reservation release-night: created", "release-night  product",
                              "Reservation release-night: released"],
}


# Blocks that raise a cluster themselves; they get a folder for clusters of their own.
RAISE_A_CLUSTER = {
    "tests/controlplane/controlplane up --nodes 3": ["node-2", "export KUBECONFIG="],
}
# Blocks that begin with an empty cluster, in the order in which somebody comes to them.
IN_AN_EMPTY_CLUSTER = {
    "helm install berth helm/berth --namespace berth-system --create-namespace": [
        "STATUS: deployed", "berth-scheduler-config"],
    "kubectl label namespace berth-system pod-security.kubernetes.io/enforce=restricted": [
        "namespace/berth-system labeled"],
    "helm test berth --namespace berth-system": ["berth-test", "Succeeded"],
    "mkdir ~/berth": [],
    "kubectl apply -f manifests/samples/00-namespaces.yaml -f manifests/samples/pools.yaml "
    "-f manifests/samples/quotas.yaml": ["resourcepool.berth.dev/general", "quota.berth.dev/company"],
    "kubectl berth health": ["leads, and renewed its Lease"],
    "address=$(kubectl -n berth-system get service berth-scheduler-extender "
    "-o jsonpath='{.spec.clusterIP}')": ["urlPrefix: https://", ":8443"],
    "kubectl label nodes --all berth.dev/pool=general": ["node-0", "general condition met"],
    "kubectl apply -f examples/tasks/team-quota.yaml": ["data-science condition met"],
    "kubectl -n data-science wait --for=create --timeout=60s serviceaccount/default": [
        "Pod data-science/first is bound to node", "Pool:         general"],
    "kubectl berth reserve nightly-etl --pool general --quota data-science --amount cpu=2 "
    """--schedule "0 22 * * 1-5" --time-zone Europe/Berlin --for 6h --lead-time 30m --wait""": [
        "Reservation nightly-etl: created", "Accepted", "Pool general"],
    "kubectl apply -f examples/tasks/nightly-job.yaml": ["cronjob.batch/nightly-etl", "TimeWindow"],
    "kubectl berth release nightly-etl --wait": ["Reservation nightly-etl: released"],
    "kubectl apply -f examples/tasks/large-pod.yaml": [
        "Pod data-science/large has waited", "InsufficientQuota", "What would let it start"],
    'kubectl berth explain data-science/large --what-if "+5 cpu for quota data-science in pool '
    'general"': ["it would start now", "pod/large condition met"],
    "kubectl berth queue data-science": ["granted"],
    "kubectl apply -f examples/tasks/resource-quota-before.yaml": [
        "successfully rolled out", "requests.cpu"],
    "kubectl apply -f examples/tasks/resource-quota-after.yaml": ["billing condition met"],
    "kubectl -n billing delete resourcequota compute": ["billing condition met", "billing/invoices-"],
    "kubectl apply -f examples/tasks/from-kueue.yaml": ["vision condition met"],
    "kubectl apply -f examples/tasks/from-kueue-job.yaml": ["job.batch/train created"],
    "kubectl label namespace data-science berth.dev/managed-": ["namespace/data-science unlabeled"],
    "for name in berth-scheduler-extender-tls berth-scheduler-client-tls; do": ["notAfter="],
    "helm upgrade --install berth helm/berth --namespace berth-system --create-namespace "
    "--set scheduler.deploy=true": ["STATUS: deployed", "berth-scheduler"],
    "helm upgrade berth helm/berth --namespace berth-system --set scheduler.deploy=true": [
        "STATUS: deployed", "berth-scheduler"],
    "helm upgrade berth helm/berth --namespace berth-system": ["STATUS: deployed"],
    "helm history berth --namespace berth-system": ["superseded", "Rollback was a success"],
    "helm upgrade berth helm/berth --namespace berth-system "
    "--set uninstall.releaseGatedPods=true": ["uninstalled"],
    "kubectl berth release": ["at the gate berth.dev/admission", "freed"],
    "helm install harbour helm/berth --namespace berth-system --take-ownership": [
        "STATUS: deployed", 'release "harbour" uninstalled'],
}
COVERED = (COSTLY.keys() | IN_THE_CLUSTER.keys() | RAISE_A_CLUSTER.keys()
           | IN_AN_EMPTY_CLUSTER.keys())


def script_of(block: Block) -> str:
    """What is typed: without prompts and without what the shell answers."""
    if block.language != "console":
        return block.text
    return "".join(line.removeprefix("$ ") + "\n" for line in block.text.splitlines()
                   if line.startswith("$ "))


def first_line(block: Block) -> str:
    """What a block is known by: its first command, without the comment."""
    return script_of(block).splitlines()[0].partition("  #")[0].strip()


def all_blocks() -> list[Block]:
    """The shell blocks of all pages."""
    return [block for page in pages() for block in shell_blocks(page)]


def make_targets() -> set[str]:
    """The targets of the Makefile that `make help` lists."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("block", all_blocks(), ids=lambda block: block.where)
def test_each_block_is_covered(block):
    assert first_line(block) in COVERED, (
        f"{block.where}: nothing runs this block; let it run in the cluster, or say what covers it")
    if first_line(block) in COSTLY:
        assert len(block.text.splitlines()) == 1, f"{block.where}: only its first line is covered"


@pytest.mark.parametrize("command", COSTLY)
def test_each_costly_command_is_a_target_of_the_makefile(command):
    assert command.removeprefix("make ") in make_targets()


@pytest.mark.parametrize("block", [block for block in all_blocks()
                                   if first_line(block) in IN_THE_CLUSTER],
                         ids=lambda block: block.where)
def test_blocks_for_a_cluster_run(block, readers_shell):
    kube = ApiClient.from_kubeconfig(readers_shell["KUBECONFIG"])
    if re.search(r"-f manifests/\s", script_of(block)) and not kube.serves(gate.POLICY):
        pytest.skip(f"manifests/ hold a policy, and the API server serves no {gate.POLICY}")
    said = run_in_shell(script_of(block), readers_shell)
    for wanted in IN_THE_CLUSTER[first_line(block)]:
        assert wanted in said


def each_once(blocks: list[Block]) -> list[Block]:
    """Without those whose first line another page has shown before."""
    return list({first_line(block): block for block in reversed(blocks)}.values())[::-1]


def in_their_order(blocks: list[Block]) -> list[Block]:
    """Those for an empty cluster, sorted as IN_AN_EMPTY_CLUSTER is."""
    order = list(IN_AN_EMPTY_CLUSTER)
    return sorted((block for block in blocks if first_line(block) in order),
                  key=lambda block: order.index(first_line(block)))


@pytest.mark.parametrize("block", in_their_order(each_once(all_blocks())),
                         ids=lambda block: block.where)
def test_blocks_for_an_empty_cluster_run(block, installer):
    said = run_in_shell(script_of(block), installer.shell)
    if first_line(block).startswith("helm install berth "):
        installer.start_the_operator()
    for wanted in IN_AN_EMPTY_CLUSTER[first_line(block)]:
        assert wanted in said


@pytest.mark.parametrize("block", [block for block in all_blocks()
                                   if first_line(block) in RAISE_A_CLUSTER],
                         ids=lambda block: block.where)
def test_blocks_that_raise_a_cluster_run(block, readers_shell, programs_folder, tmp_path):
    environment = {**readers_shell, "XDG_RUNTIME_DIR": str(tmp_path)}
    # The pages speak of release programs; those under test may be others.
    script = script_of(block).replace("build/release/bin", str(programs_folder))
    try:
        said = run_in_shell(script, environment)
    finally:
        run_in_shell("tests/controlplane/controlplane down --all", environment)
    for wanted in RAISE_A_CLUSTER[first_line(block)]:
        assert wanted in said


def test_no_coverage_is_left_over():
    there = {first_line(block) for block in all_blocks()}
    assert not COVERED - there


def test_the_demo_starts():
    done = subprocess.run(["/usr/bin/python3", "demo/run.py", "--help"], cwd=ROOT, check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--keep" in done.stdout


def test_commands_in_the_text_are_targets_of_the_makefile():
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"`make ([a-z-]+)", text):
            assert target in make_targets(), f"{page}: make {target}"
