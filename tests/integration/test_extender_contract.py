"""What kube-scheduler makes of an extender's answers, good and bad.

Berth's extender and the design around it rely on this behaviour; it is not written down anywhere
but in the scheduler's code. A new Kubernetes minor that fails here changes what Berth may answer.
The extender is a stand-in that lies on demand (harness/lying_extender.py).
"""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Iterator

import pytest
from harness import objects
from harness.kube import ApiClient, condition, wait_condition, wait_until
from harness.lying_extender import LyingExtender, NoAnswer, Status

from berth_controlplane import scheduler_config
from berth_controlplane.cluster import Cluster
from berth_controlplane.nodes import NodeShape
from berth_controlplane.processes import log_tail

HTTP_TIMEOUT_SECONDS = 2
QUIET_SECONDS = 3  # longer than the first back-off of a rejected pod
NODE_CPU = 4
LABEL = "berth.dev/test-of-extenders"


def with_extender(url: str, **settings: object) -> scheduler_config.Config:
    """The stock configuration with one extender that takes names and offers all four verbs."""
    config = scheduler_config.default()
    config["percentageOfNodesToScore"] = 100
    config["extenders"] = [{
        "urlPrefix": url, "filterVerb": "filter", "prioritizeVerb": "prioritize",
        "preemptVerb": "preempt", "bindVerb": "bind", "weight": 4, "nodeCacheCapable": True,
        "httpTimeout": f"{HTTP_TIMEOUT_SECONDS}s", "ignorable": False, **settings}]
    return config


@pytest.fixture(scope="module")
def nodes(cluster: Cluster) -> Iterator[list[str]]:
    """Three nodes of this file's own: all its pods select them by label."""
    prefix = f"ext-{uuid.uuid4().hex[:6]}"
    names = cluster.add_nodes(3, NodeShape(prefix, {"cpu": str(NODE_CPU), "memory": "16Gi",
                                                    "pods": "110"}, {LABEL: prefix}))
    yield names
    for name in names:
        cluster.kube.delete("v1/Node", name)


@pytest.fixture(scope="module")
def connected(cluster: Cluster, kube: ApiClient) -> Iterator[LyingExtender]:
    """kube-scheduler asks the stand-in, and cannot do without."""
    with LyingExtender(kube) as liar:
        cluster.configure_scheduler(with_extender(liar.url))
        yield liar
        cluster.reset_scheduler()


@pytest.fixture
def liar(connected: LyingExtender) -> LyingExtender:
    connected.be_honest()
    return connected


@pytest.fixture
def ignorable(cluster: Cluster, liar: LyingExtender) -> Iterator[None]:
    """The same, but the scheduler may go on without it."""
    cluster.configure_scheduler(with_extender(liar.url, ignorable=True))
    yield
    cluster.configure_scheduler(with_extender(liar.url))


@pytest.fixture(autouse=True)
def empty_nodes(kube: ApiClient, namespace: str, nodes: list[str]) -> Iterator[None]:
    """What a test puts on the nodes is gone before the next one begins."""
    yield
    for pod in kube.list("v1/Pod", namespace):
        kube.delete("v1/Pod", pod["metadata"]["name"], namespace, gracePeriodSeconds=0)
    wait_until(lambda: not kube.list("v1/Pod", namespace), 30, "the test's pods are gone")


def create(kube: ApiClient, namespace: str, nodes: list[str], name: str = "pod", cpu: str = "1",
           **fields: object) -> str:
    """A pod that only the nodes of this file take."""
    label = kube.get("v1/Node", nodes[0])["metadata"]["labels"][LABEL]
    kube.create(objects.pod(name, namespace, requests={"cpu": cpu}, nodeSelector={LABEL: label},
                            **fields))
    return name


def node_of(kube: ApiClient, namespace: str, name: str = "pod") -> str:
    return str(kube.get("v1/Pod", name, namespace)["spec"].get("nodeName", ""))


def wait_bound(kube: ApiClient, namespace: str, name: str = "pod", seconds: float = 30) -> str:
    return wait_until(lambda: node_of(kube, namespace, name), seconds,
                      lambda: f"pod is bound: {kube.get('v1/Pod', name, namespace)['status']}")


def wait_refused(kube: ApiClient, namespace: str, name: str = "pod") -> dict:
    return wait_condition(kube, "v1/Pod", name, namespace, "PodScheduled", "False")


def fill(kube: ApiClient, namespace: str, nodes: list[str]) -> dict[str, str]:
    """A pod of low priority on each node that leaves no room; their UIDs by node."""
    uids = {}
    for number, node in enumerate(nodes):
        name = f"low-{number}"
        pod = objects.pod(name, namespace, requests={"cpu": str(NODE_CPU)}, priority=None,
                          priorityClassName="extender-low")
        pod["spec"]["nodeName"] = node
        uids[node] = kube.create(pod)["metadata"]["uid"]
    return uids


@pytest.fixture(scope="module", autouse=True)
def priorities(kube: ApiClient) -> Iterator[None]:
    for name, value in (("extender-low", -10), ("extender-high", 10)):
        kube.apply({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                    "metadata": {"name": name}, "value": value})
    yield


# Filter ------------------------------------------------------------------------------------------


def test_names_come_without_nodes_and_one_name_decides(kube, namespace, nodes, liar):
    liar.verbs["filter"] = lambda arguments: {"NodeNames": [nodes[1]], "FailedNodes": {}}
    create(kube, namespace, nodes)
    assert wait_bound(kube, namespace) == nodes[1]
    [arguments] = liar.calls("filter", "pod")
    assert arguments["Nodes"] is None
    assert sorted(arguments["NodeNames"]) == sorted(nodes)
    assert liar.calls("prioritize", "pod") == [], "one node left: nothing to score"


def test_an_unknown_node_fails_the_attempt(kube, namespace, nodes, liar):
    liar.verbs["filter"] = lambda arguments: {"NodeNames": ["unheard-of"]}
    create(kube, namespace, nodes)
    assert wait_refused(kube, namespace)["reason"] == "SchedulerError"
    liar.be_honest()
    assert wait_bound(kube, namespace) in nodes


def test_a_node_named_twice_is_not_noticed_and_does_no_harm(kube, namespace, nodes, liar):
    liar.verbs["filter"] = lambda arguments: {"NodeNames": [nodes[0], nodes[0], nodes[1]]}
    create(kube, namespace, nodes)
    assert wait_bound(kube, namespace) in nodes[:2]


def test_null_for_names_and_nodes_is_no_node(kube, namespace, nodes, liar):
    liar.verbs["filter"] = lambda arguments: {
        "Nodes": None, "NodeNames": None, "FailedNodes": None, "FailedAndUnresolvableNodes": None}
    create(kube, namespace, nodes)
    assert wait_refused(kube, namespace)["reason"] == "Unschedulable"


def test_reasons_reach_the_pod_only_where_no_node_is_left(kube, namespace, nodes, liar):
    liar.verbs["filter"] = lambda arguments: {
        "NodeNames": [], "FailedNodes": {nodes[0]: "ReasonOne", nodes[1]: "ReasonOne"},
        "FailedAndUnresolvableNodes": {nodes[2]: "ReasonTwo"}}
    create(kube, namespace, nodes)
    message = wait_refused(kube, namespace)["message"]
    assert "2 ReasonOne" in message and "1 ReasonTwo" in message


def test_refusals_need_no_reasons_where_a_node_passes(kube, namespace, nodes, liar):
    """Berth leaves them out then: with 5,000 nodes they cost the scheduler milliseconds."""
    liar.verbs["filter"] = lambda arguments: {"NodeNames": [nodes[2]]}
    create(kube, namespace, nodes)
    assert wait_bound(kube, namespace) == nodes[2]


@pytest.mark.parametrize("failure", [Status(500), Status(204), NoAnswer()])
def test_a_failed_filter_fails_the_attempt_and_is_tried_again(kube, namespace, nodes, liar,
                                                              failure):
    def fail(_: dict) -> None:
        raise failure

    liar.verbs["filter"] = fail
    create(kube, namespace, nodes)
    assert wait_refused(kube, namespace)["reason"] == "SchedulerError"
    liar.be_honest()
    assert wait_bound(kube, namespace) in nodes


def test_a_slow_filter_ends_at_the_time_out(kube, namespace, nodes, liar):
    liar.verbs["filter"] = lambda arguments: time.sleep(HTTP_TIMEOUT_SECONDS + 3)
    create(kube, namespace, nodes)
    assert "Timeout" in wait_refused(kube, namespace)["message"]


def test_an_error_text_fails_the_attempt_and_is_told(kube, namespace, nodes, liar):
    liar.verbs["filter"] = lambda arguments: {"Error": "set nodeCacheCapable: true"}
    create(kube, namespace, nodes)
    assert "set nodeCacheCapable: true" in wait_refused(kube, namespace)["message"]


def test_without_an_ignorable_extender_pods_are_scheduled(kube, namespace, nodes, liar, ignorable):
    def fail(_: dict) -> None:
        raise NoAnswer

    liar.verbs.update(filter=fail, prioritize=fail, bind=fail)
    create(kube, namespace, nodes)
    assert wait_bound(kube, namespace, seconds=10) in nodes


def test_a_refusal_by_an_ignorable_extender_still_counts(kube, namespace, nodes, liar, ignorable):
    liar.verbs["filter"] = lambda arguments: {"NodeNames": [nodes[0]]}
    create(kube, namespace, nodes)
    assert wait_bound(kube, namespace) == nodes[0]


# Prioritize --------------------------------------------------------------------------------------


def test_a_full_score_outweighs_the_schedulers_own_opinion_of_resources(kube, namespace, nodes,
                                                                        liar):
    """Weight 4 and score 10 are 400 points; see manifests/scheduler-config.yaml."""
    liar.verbs["prioritize"] = lambda arguments: [
        {"Host": name, "Score": 10 if name == nodes[2] else 0} for name in arguments["NodeNames"]]
    for number in range(2):  # emptier nodes would be preferred
        create(kube, namespace, nodes, f"pod-{number}")
        assert wait_bound(kube, namespace, f"pod-{number}") == nodes[2]


def test_failed_scores_and_unknown_hosts_are_passed_over(kube, namespace, nodes, liar):
    def fail(_: dict) -> None:
        raise Status(500)

    liar.verbs["prioritize"] = fail
    create(kube, namespace, nodes, "first")
    wait_bound(kube, namespace, "first")
    liar.verbs["prioritize"] = lambda arguments: [{"Host": "unheard-of", "Score": 10}]
    create(kube, namespace, nodes, "second")
    wait_bound(kube, namespace, "second")


def test_an_empty_list_of_scores_leaves_the_choice_to_the_scheduler(kube, namespace, nodes, liar):
    """It spreads, as it would by itself."""
    liar.verbs["prioritize"] = lambda arguments: []
    for number in range(len(nodes)):
        create(kube, namespace, nodes, f"pod-{number}", cpu="2")
        wait_bound(kube, namespace, f"pod-{number}")
    assert len(liar.calls("prioritize")) >= len(nodes)
    assert {node_of(kube, namespace, f"pod-{n}") for n in range(len(nodes))} == set(nodes)


# Preempt -----------------------------------------------------------------------------------------


def test_a_veto_leaves_the_victims_alone(kube, namespace, nodes, liar):
    fill(kube, namespace, nodes)
    liar.verbs["preempt"] = lambda arguments: {"NodeNameToMetaVictims": {}}
    create(kube, namespace, nodes, cpu=str(NODE_CPU), priorityClassName="extender-high")
    wait_until(lambda: liar.calls("preempt", "pod"), 30, "the scheduler asks about a preemption")
    [arguments, *_] = liar.calls("preempt", "pod")
    assert not arguments["NodeNameToVictims"], "UIDs only"
    assert sorted(arguments["NodeNameToMetaVictims"]) == sorted(nodes)
    time.sleep(1)
    assert all(not kube.get("v1/Pod", f"low-{n}", namespace)["metadata"].get("deletionTimestamp")
               for n in range(len(nodes)))
    assert not kube.get("v1/Pod", "pod", namespace)["status"].get("nominatedNodeName")


def test_a_subset_is_where_it_preempts(kube, namespace, nodes, liar):
    fill(kube, namespace, nodes)

    def only_second(arguments: dict) -> dict:
        victims = arguments["NodeNameToMetaVictims"]
        return {"NodeNameToMetaVictims": {nodes[1]: victims[nodes[1]]}}

    liar.verbs["preempt"] = only_second
    create(kube, namespace, nodes, cpu=str(NODE_CPU), priorityClassName="extender-high")
    assert wait_bound(kube, namespace) == nodes[1]


def test_violations_of_budgets_are_believed_and_rank_the_nodes(kube, namespace, nodes, liar):
    fill(kube, namespace, nodes)

    def worse_but_for_last(arguments: dict) -> dict:
        victims = copy.deepcopy(arguments["NodeNameToMetaVictims"])
        for node in victims:
            victims[node]["NumPDBViolations"] = 0 if node == nodes[2] else 1
        return {"NodeNameToMetaVictims": victims}

    liar.verbs["preempt"] = worse_but_for_last
    create(kube, namespace, nodes, cpu=str(NODE_CPU), priorityClassName="extender-high")
    assert wait_bound(kube, namespace) == nodes[2]


@pytest.mark.parametrize("lie", ["a victim of another node", "an unknown node", "no victims"])
def test_one_wrong_entry_fails_the_whole_preemption(kube, namespace, nodes, liar, lie):
    uids = fill(kube, namespace, nodes)

    def wrong(arguments: dict) -> dict:
        victims = copy.deepcopy(arguments["NodeNameToMetaVictims"])
        if lie == "a victim of another node":
            victims[nodes[0]]["Pods"] = [{"UID": uids[nodes[1]]}]
        elif lie == "an unknown node":
            victims["unheard-of"] = victims[nodes[0]]
        else:
            victims[nodes[0]]["Pods"] = []
        return {"NodeNameToMetaVictims": victims}

    liar.verbs["preempt"] = wrong
    create(kube, namespace, nodes, cpu=str(NODE_CPU), priorityClassName="extender-high")
    wait_until(lambda: liar.calls("preempt", "pod"), 30, "the scheduler asks about a preemption")
    time.sleep(1)
    assert len(kube.list("v1/Pod", namespace)) == len(nodes) + 1, "nobody was preempted"
    assert node_of(kube, namespace) == ""


def test_a_pod_that_only_the_extender_refuses_preempts_nobody(kube, namespace, nodes, liar):
    """Hence preemption for quota, fairness and reservations is the operator's."""
    create(kube, namespace, nodes, "low", priorityClassName="extender-low")
    wait_bound(kube, namespace, "low")
    liar.verbs["filter"] = lambda arguments: {
        "NodeNames": [], "FailedNodes": {name: "NodeReserved" for name in arguments["NodeNames"]}}
    create(kube, namespace, nodes, cpu="1", priorityClassName="extender-high")
    assert wait_refused(kube, namespace)["reason"] == "Unschedulable"
    assert liar.calls("preempt", "pod") == []


@pytest.mark.parametrize("null", ["node", "pod"])
def test_a_null_in_a_preemption_kills_the_scheduler(cluster, kube, namespace, nodes, liar, null):
    """Why Berth never sends one: its encoder cannot, and a fuzz target holds it to that."""
    fill(kube, namespace, nodes)
    liar.verbs["preempt"] = lambda arguments: {"NodeNameToMetaVictims": {
        nodes[0]: None if null == "node" else {"Pods": [None], "NumPDBViolations": 0}}}
    create(kube, namespace, nodes, cpu=str(NODE_CPU), priorityClassName="extender-high")
    record = cluster.record("scheduler")
    wait_until(lambda: not record.running, 30, lambda: f"it dies: {log_tail(record.log)}")
    liar.be_honest()
    cluster.restart("scheduler")
    wait_bound(kube, namespace)


# Bind --------------------------------------------------------------------------------------------


def test_the_extender_binds_with_the_pods_uid(kube, namespace, nodes, liar):
    create(kube, namespace, nodes)
    node = wait_bound(kube, namespace)
    [arguments] = liar.calls("bind", "pod")
    assert arguments == {"PodName": "pod", "PodNamespace": namespace, "Node": node,
                         "PodUID": kube.get("v1/Pod", "pod", namespace)["metadata"]["uid"]}


def test_a_binding_whose_reply_is_lost_is_not_tried_for_ever(kube, namespace, nodes, liar):
    def bind_and_vanish(arguments: dict) -> None:
        assert liar.honest.bind(arguments) == {}
        raise NoAnswer

    liar.verbs["bind"] = bind_and_vanish
    create(kube, namespace, nodes)
    wait_bound(kube, namespace)
    time.sleep(3)  # longer than the first back-offs
    assert len(liar.calls("bind", "pod")) <= 2


def test_a_refused_binding_is_decided_again(kube, namespace, nodes, liar):
    refused = []

    def refuse_once(arguments: dict) -> dict:
        if not refused:
            refused.append(arguments)
            return {"Error": "the node has no room by now"}
        return liar.honest.bind(arguments)

    liar.verbs["bind"] = refuse_once
    create(kube, namespace, nodes)
    wait_bound(kube, namespace)
    assert len(liar.calls("filter", "pod")) >= 2


def test_where_ignorable_a_refused_binding_is_made_by_the_scheduler(kube, namespace, nodes, liar,
                                                                    ignorable):
    """So in that mode the last look of bind can be overruled; `ignorable: false` keeps it."""
    liar.verbs["bind"] = lambda arguments: {"Error": "no"}
    create(kube, namespace, nodes)
    assert wait_bound(kube, namespace) in nodes


# Waking up ---------------------------------------------------------------------------------------


def test_a_rejected_pod_is_tried_again_when_it_is_written_and_not_before(kube, namespace, nodes, liar):
    """Nothing of ours wakes a rejected pod by itself; a write to the pod does."""
    liar.verbs["filter"] = lambda arguments: {
        "NodeNames": [], "FailedAndUnresolvableNodes": {
            name: "NotAdmitted" for name in arguments["NodeNames"]}}
    create(kube, namespace, nodes)
    wait_refused(kube, namespace)
    liar.be_honest()
    asked = len(liar.calls("filter", "pod"))
    time.sleep(QUIET_SECONDS)
    assert len(liar.calls("filter", "pod")) == asked
    kube.patch("v1/Pod", "pod", {"metadata": {"annotations": {"example.com/kick": "now"}}},
               namespace)
    assert wait_bound(kube, namespace) in nodes


def test_a_nominated_node_is_asked_about_alone_and_then_with_the_others(kube, namespace, nodes,
                                                                         liar):
    label = kube.get("v1/Node", nodes[0])["metadata"]["labels"][LABEL]
    kube.create(objects.pod("pod", namespace, nodeSelector={LABEL: label},
                            schedulingGates=[{"name": "example.com/hold"}]))
    kube.patch("v1/Pod", "pod", {"status": {"nominatedNodeName": nodes[0]}}, namespace, "status")
    liar.verbs["filter"] = lambda arguments: {
        "NodeNames": [name for name in arguments["NodeNames"] if name != nodes[0]],
        "FailedNodes": {nodes[0]: "NodeReserved"}}
    kube.patch("v1/Pod", "pod", {"spec": {"schedulingGates": []}}, namespace)
    assert wait_bound(kube, namespace) in nodes[1:]
    assert [len(each["NodeNames"]) for each in liar.calls("filter", "pod")] == [1, len(nodes)]
    assert condition(kube.get("v1/Pod", "pod", namespace), "PodScheduled")["status"] == "True"
