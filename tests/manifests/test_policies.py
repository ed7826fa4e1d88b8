"""What gate-policy.yaml and guard-policy.yaml make of requests, on the real API server."""

import pytest
from berth_controlplane.api import JSON_PATCH, STRATEGIC_PATCH
from berth_controlplane.errors import ApiError
from berth_controlplane.waiting import wait_until
from world import POD, dry_run

GATE = {"name": "berth.dev/admission"}
OTHER_GATE = {"name": "example.com/warm-up"}
OURS = ["berth.dev/admitted", "berth.dev/revocable-after", "berth.dev/explain",
        "berth.dev/rolled-back"]
FIXED = ["berth.dev/managed", "berth.dev/quota", "berth.dev/workload", "berth.dev/workload-size",
         "berth.dev/workload-max", "berth.dev/reservation", "berth.dev/preemptible",
         "berth.dev/duration-limit-seconds", "berth.dev/not-invented-yet"]
REMOVE_GATE = {"spec": {"schedulingGates": [GATE | {"$patch": "delete"}]}}
NODE_TIMEOUT_SECONDS = 60


def gates(pod):
    return pod["spec"].get("schedulingGates", [])


def patch(client, pod, body, subresource=None, content_type=STRATEGIC_PATCH):
    metadata = pod["metadata"]
    return client.patch("v1/Pod", metadata["name"], body, metadata["namespace"], subresource,
                        content_type)


def annotate(client, pod, key, value="forged", subresource=None):
    return patch(client, pod, {"metadata": {"annotations": {key: value}}}, subresource)


def label(client, pod, key, value="other", subresource=None):
    return patch(client, pod, {"metadata": {"labels": {key: value}}}, subresource)


# --- the gate -------------------------------------------------------------------------------------


def test_pod_in_a_managed_namespace_waits_at_the_gate(world):
    pod = world.kube.create(world.pod("managed"))
    assert gates(pod) == [GATE]
    assert [(c["type"], c["status"], c["reason"]) for c in pod["status"]["conditions"]] == [
        ("PodScheduled", "False", "SchedulingGated")]


def test_pod_elsewhere_is_left_alone(world):
    sent = world.pod("unmanaged")
    pod = world.kube.create(sent)
    assert gates(pod) == [] and "annotations" not in pod["metadata"]


def test_pod_may_ask_to_be_managed_itself(world):
    pod = world.pod("unmanaged", labels={"berth.dev/managed": "true"})
    assert gates(dry_run(world.kube, pod)) == [GATE]


def test_label_false_is_no_way_out_of_a_managed_namespace(world):
    pod = world.pod("managed", labels={"berth.dev/managed": "false"})
    assert gates(dry_run(world.kube, pod)) == [GATE]


def test_other_gates_of_the_pod_stay(world):
    pod = world.pod("managed", {"schedulingGates": [OTHER_GATE]})
    assert sorted(gates(dry_run(world.kube, pod)), key=str) == [GATE, OTHER_GATE]


def test_gate_is_there_once_if_the_pod_brings_it(world):
    assert gates(dry_run(world.kube, world.pod("managed", {"schedulingGates": [GATE]}))) == [GATE]


def test_pods_of_deployments_wait_too(world):
    template = {"metadata": {"labels": {"app": "shop"}}, "spec": POD}
    world.kube.create({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "managed"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "shop"}},
                 "template": template}})
    pods = lambda: world.kube.list("v1/Pod", "managed", labelSelector="app=shop")  # noqa: E731
    wait_until(lambda: len(pods()) == 2, NODE_TIMEOUT_SECONDS, "the Deployment has two pods")
    assert [gates(pod) for pod in pods()] == [[GATE], [GATE]]


def test_pods_of_a_real_daemonset_do_not_wait(world):
    template = {"metadata": {"labels": {"app": "agent"}}, "spec": POD}
    world.kube.create({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "managed"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template}})
    pods = lambda: world.kube.list("v1/Pod", "managed", labelSelector="app=agent")  # noqa: E731
    wait_until(pods, NODE_TIMEOUT_SECONDS, "the DaemonSet has a pod")
    assert [gates(pod) for pod in pods()] == [[]]


def test_forged_owner_reference_does_not_pass_for_a_daemonset(world):
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "controller": True,
             "uid": "5c1f9e0e-0000-4000-8000-000000000001"}
    pod = world.pod("managed", ownerReferences=[owner])
    assert gates(dry_run(world.kube, pod)) == [GATE]


def test_mirror_pod_of_a_kubelet_passes(world):
    node = world.kube.list("v1/Node")[0]
    name = node["metadata"]["name"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"],
             "controller": True}
    pod = world.pod("managed", {"nodeName": name}, ownerReferences=[owner],
                    annotations={"kubernetes.io/config.mirror": "1"})
    kubelet = world.user(f"system:node:{name}", "system:nodes")
    assert gates(kubelet.create(pod)) == []


@pytest.mark.parametrize("namespace", ["berth-system", "kube-system"])
def test_system_pods_never_wait(world, namespace):
    restricted = {"securityContext": {"runAsNonRoot": True, "runAsUser": 1,
                                      "seccompProfile": {"type": "RuntimeDefault"}},
                  "containers": [POD["containers"][0] | {"securityContext": {
                      "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}]}
    pod = world.pod(namespace, restricted, labels={"berth.dev/managed": "true"})
    assert gates(dry_run(world.kube, pod)) == []


# --- the guard of the gate ------------------------------------------------------------------------


def test_administrator_may_not_remove_the_gate(world):
    pod = world.kube.create(world.pod("managed"))
    message = "must not remove the scheduling gate berth.dev/admission"
    with pytest.raises(ApiError, match=message) as error:
        patch(world.kube, pod, REMOVE_GATE)
    assert error.value.code == 403
    with pytest.raises(ApiError, match=message):
        patch(world.kube, pod, [{"op": "remove", "path": "/spec/schedulingGates"}],
              content_type=JSON_PATCH)
    pod["spec"].pop("schedulingGates")
    with pytest.raises(ApiError, match=message):
        world.kube.replace(pod)


def test_administrator_may_remove_other_gates(world):
    pod = world.kube.create(world.pod("managed", {"schedulingGates": [OTHER_GATE]}))
    other = {"spec": {"schedulingGates": [OTHER_GATE | {"$patch": "delete"}]}}
    assert gates(patch(world.kube, pod, other)) == [GATE]


def test_operator_admits_with_one_patch(world):
    pod = world.kube.create(world.pod("managed", {"schedulingGates": [OTHER_GATE]}))
    version = {name: pod["metadata"][name] for name in ("uid", "resourceVersion")}
    admission = {"metadata": version | {"annotations": {"berth.dev/admitted": "decision-1"}},
                 "spec": REMOVE_GATE["spec"]}
    admitted = patch(world.account("berth-operator"), pod, admission)
    assert gates(admitted) == [OTHER_GATE]
    assert admitted["metadata"]["annotations"] == {"berth.dev/admitted": "decision-1"}


@pytest.mark.parametrize("account", ["berth-scheduler-extender", "berth-analyzer"])
def test_other_programs_of_berth_may_not_touch_a_pod(world, account):
    pod = world.kube.create(world.pod("managed"))
    with pytest.raises(ApiError, match="forbidden"):
        patch(world.account(account), pod, REMOVE_GATE)


def test_waiting_pod_can_be_deleted_and_its_status_written(world):
    pod = world.kube.create(world.pod("managed"))
    patch(world.kube, pod, {"status": {"message": "seen"}}, "status")
    world.kube.delete("v1/Pod", pod["metadata"]["name"], "managed")


# --- the guard of Berth's annotations -------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["managed", "unmanaged"])
@pytest.mark.parametrize("key", OURS)
def test_pod_may_not_be_created_with_our_annotation(world, namespace, key):
    with pytest.raises(ApiError, match="must not set, change or remove the annotations"):
        world.kube.create(world.pod(namespace, annotations={key: "forged"}))


@pytest.mark.parametrize("subresource", [None, "status"])
@pytest.mark.parametrize("key", OURS)
def test_our_annotation_may_not_be_set_changed_or_removed(world, key, subresource):
    pod = world.kube.create(world.pod("managed", annotations={"example.com/note": "mine"}))
    refused = "must not set, change or remove the annotations"
    with pytest.raises(ApiError, match=refused):
        annotate(world.kube, pod, key, subresource=subresource)
    annotate(world.account("berth-operator"), pod, key, "real")
    for value in ("forged", None):
        with pytest.raises(ApiError, match=refused):
            annotate(world.kube, pod, key, value, subresource)
    changed = annotate(world.kube, pod, "example.com/note", "changed", subresource)
    assert changed["metadata"]["annotations"] == {"example.com/note": "changed", key: "real"}


@pytest.mark.parametrize("subresource", ["resize", "ephemeralcontainers"])
def test_other_subresources_leave_the_metadata_as_it_is(world, subresource):
    """Why guard-policy.yaml need not look at them; a new Kubernetes might change it."""
    pod = world.kube.create(world.pod("managed"))
    for body in ({"annotations": {OURS[0]: "forged"}}, {"labels": {FIXED[1]: "forged"}}):
        changed = patch(world.kube, pod, {"metadata": body}, subresource)
        assert not {"annotations", "labels"} & changed["metadata"].keys()


# --- the guard of the charge ----------------------------------------------------------------------


@pytest.mark.parametrize("subresource", [None, "status"])
@pytest.mark.parametrize("key", FIXED)
def test_word_that_decides_the_charge_may_not_change(world, key, subresource):
    with_it = world.kube.create(world.pod("managed", labels={key: "true"}, annotations={key: "1"}))
    without = world.kube.create(world.pod("managed", labels={"app": "shop"}))
    refused = "must not change labels and annotations of berth.dev after creation"
    for pod, value in ((with_it, "other"), (with_it, None), (without, "other")):
        with pytest.raises(ApiError, match=refused):
            label(world.kube, pod, key, value, subresource)
        with pytest.raises(ApiError, match=refused):
            annotate(world.kube, pod, key, value, subresource)


def test_other_labels_may_change(world):
    pod = world.kube.create(world.pod("managed", labels={"berth.dev/quota": "team-a"}))
    changed = label(world.kube, pod, "app")
    assert changed["metadata"]["labels"] == {"berth.dev/quota": "team-a", "app": "other"}


# --- ways around ----------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace, labels", [
    ("managed", {}), ("managed", {"berth.dev/managed": "false"}),
    ("unmanaged", {"berth.dev/managed": "true"})])
def test_managed_pod_may_not_name_its_node(world, namespace, labels):
    with pytest.raises(ApiError, match="must not set spec.nodeName on a pod that Berth manages"):
        world.kube.create(world.pod(namespace, {"nodeName": "node-0"}, labels=labels))


def test_unmanaged_pod_may_name_its_node(world):
    pod = world.pod("unmanaged", {"nodeName": "node-0"})
    assert dry_run(world.kube, pod)["spec"]["nodeName"] == "node-0"


def binding(world, pod, **metadata):
    node = world.kube.list("v1/Node")[0]["metadata"]["name"]
    return {"apiVersion": "v1", "kind": "Binding",
            "metadata": {name: pod["metadata"][name] for name in ("name", "namespace")} | metadata,
            "target": {"apiVersion": "v1", "kind": "Node", "name": node}}


@pytest.mark.parametrize("metadata", [{"annotations": {"berth.dev/admitted": "forged"}},
                                      {"labels": {"berth.dev/quota": "team-b"}}])
@pytest.mark.parametrize("by_name", [True, False])
def test_binding_may_not_carry_our_words_into_the_pod(world, metadata, by_name):
    pod = world.kube.create(world.pod("unmanaged"))
    name = pod["metadata"]["name"]
    path = world.kube.path("v1/Pod", "unmanaged", name, "binding") if by_name else \
        "/api/v1/namespaces/unmanaged/bindings"
    with pytest.raises(ApiError, match="must not carry labels or annotations of berth.dev"):
        world.kube.request("POST", path, binding(world, pod, **metadata))
    metadata = {"annotations": {"example.com/note": "kept"}}
    world.kube.request("POST", path, binding(world, pod, **metadata))
    bound = world.kube.get("v1/Pod", name, "unmanaged")
    assert bound["spec"]["nodeName"] and bound["metadata"]["annotations"] == metadata["annotations"]


def test_waiting_pod_cannot_be_bound(world):
    pod = world.kube.create(world.pod("managed"))
    path = world.kube.path("v1/Pod", "managed", pod["metadata"]["name"], "binding")
    with pytest.raises(ApiError, match="schedulingGates"):
        world.kube.request("POST", path, binding(world, pod))


# --- the guard of an AllocationRequest ------------------------------------------------------------


def request_for_cores(name, **metadata):
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "AllocationRequest",
            "metadata": {"name": name, "namespace": "unmanaged"} | metadata,
            "spec": {"resources": [{"name": "cpu", "amount": "1"}]}}


def annotate_request(client, name, key, value):
    return client.patch("berth.dev/v1alpha1/AllocationRequest", name,
                        {"metadata": {"annotations": {key: value}}}, "unmanaged")


@pytest.mark.parametrize("key", OURS)
def test_only_the_operator_writes_berths_annotations_on_a_request(world, key):
    refused = "must not set, change or remove the annotations berth.dev/admitted"
    name = "cores-" + key.partition("/")[2]
    with pytest.raises(ApiError, match=refused) as error:
        world.kube.create(request_for_cores(name, annotations={key: "forged"}))
    assert error.value.code == 403
    world.kube.create(request_for_cores(name, annotations={"example.com/note": "kept"}))
    with pytest.raises(ApiError, match=refused):
        annotate_request(world.kube, name, key, "forged")
    annotate_request(world.account("berth-operator"), name, key, "real")
    with pytest.raises(ApiError, match=refused):
        annotate_request(world.kube, name, key, None)
    annotate_request(world.kube, name, "example.com/note", "changed")


# --- the reach of a ScalingPolicy -----------------------------------------------------------------


def scaling_policy(kind):
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "ScalingPolicy",
            "metadata": {"name": kind.lower(), "namespace": "unmanaged"},
            "spec": {"targetRef": {"kind": kind, "name": "gpu"}}}


def auto_policy(name, kind, *actions):
    """Of a target of that kind and name; without actions it has the default ones."""
    spec = {"targetRef": {"kind": kind, "name": name}, "mode": "Auto"}
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "ScalingPolicy",
            "metadata": {"name": name, "namespace": "unmanaged"},
            "spec": spec | ({"actions": list(actions)} if actions else {})}


def give_rules(world, user, rules, may):
    """A Role in the namespace unmanaged; waits until the authorizer knows `may`."""
    metadata = {"name": user, "namespace": "unmanaged"}
    group = "rbac.authorization.k8s.io"
    world.kube.apply({"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata,
                      "rules": [dict(zip(("apiGroups", "resources", "verbs"),
                                         ([api], [resource], verbs), strict=True))
                                for api, resource, verbs in rules]})
    world.kube.apply({"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": metadata,
                      "roleRef": {"apiGroup": group, "kind": "Role", "name": user},
                      "subjects": [{"apiGroup": group, "kind": "User", "name": user}]})
    wait_until(lambda: world.may(user, *may, "unmanaged"), 30, f"{user} has the role")


POLICIES = ("berth.dev", "scalingpolicies", ["create", "patch", "get"])


def test_who_may_only_write_policies_has_nothing_scaled_or_resized(world):
    give_rules(world, "carol", [POLICIES], ("create", "berth.dev", "scalingpolicies"))
    carol = world.user("carol")
    for kind in ("Deployment", "StatefulSet"):
        with pytest.raises(ApiError, match="whose scale its author may not") as error:
            carol.create(auto_policy("carols", kind, "Replicas"))
        assert error.value.code == 403
        with pytest.raises(ApiError, match="may neither resize pods nor"):
            carol.create(auto_policy("carols", kind, "Resize"))
    with pytest.raises(ApiError, match="must not have mode Auto"):
        carol.create(auto_policy("carols", "Deployment"))
    carol.create(auto_policy("carols", "Deployment") | {
        "spec": {"targetRef": {"kind": "Deployment", "name": "carols"}}})
    with pytest.raises(ApiError, match="must not have mode Auto"):
        carol.patch("berth.dev/v1alpha1/ScalingPolicy", "carols", {"spec": {"mode": "Auto"}},
                    "unmanaged")


@pytest.mark.parametrize("user, action, rules, may", [
    ("dave", "Replicas", [("apps", "deployments/scale", ["patch"])],
     ("patch", "apps", "deployments/scale")),
    ("erin", "Resize", [("", "pods/resize", ["patch"])], ("patch", "", "pods/resize")),
    ("frank", "Resize", [("apps", "deployments", ["patch"])], ("patch", "apps", "deployments"))])
def test_who_may_do_it_by_hand_may_have_it_done(world, user, action, rules, may):
    give_rules(world, user, [POLICIES, *rules], may)
    world.user(user).create(auto_policy(f"of-{user}", "Deployment", action))
    other = {"Replicas": "Resize", "Resize": "Replicas"}[action]
    with pytest.raises(ApiError, match="must not have mode Auto"):
        world.user(user).create(auto_policy(f"not-of-{user}", "Deployment", other))


def test_who_changes_only_a_label_of_an_automatic_policy_is_not_asked_for_more_rights(world):
    give_rules(world, "grace", [POLICIES], ("patch", "berth.dev", "scalingpolicies"))
    world.kube.create(auto_policy("made-by-another", "Deployment"))
    world.user("grace").patch("berth.dev/v1alpha1/ScalingPolicy", "made-by-another",
                              {"metadata": {"labels": {"example.com/team": "web"}}}, "unmanaged")


def switch_to_auto(client, kind):
    return client.patch("berth.dev/v1alpha1/ScalingPolicy", kind.lower(),
                        {"spec": {"mode": "Auto"}}, "unmanaged")


def test_editor_of_a_namespace_may_not_scale_a_pool(world):
    world.give_role("alice", "edit", "unmanaged")
    alice = world.user("alice")
    refused = "must not name a ResourcePool that its author may not update"
    alice.create(scaling_policy("Deployment"))
    with pytest.raises(ApiError, match=refused):
        alice.create(scaling_policy("ResourcePool"))
    world.kube.create(scaling_policy("ResourcePool"))
    switch_to_auto(alice, "Deployment")
    with pytest.raises(ApiError, match=refused):
        switch_to_auto(alice, "ResourcePool")
    switch_to_auto(world.kube, "ResourcePool")


# --- what the provider of a pool scales -----------------------------------------------------------


def grown_pool(pool, provider, **ref):
    return {"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool", "metadata": {"name": pool},
            "spec": {"elastic": {"maxNodes": 3, "provider": provider, "providerRef": ref}}}


def give_cluster_rules(world, user, rules, may):
    """A ClusterRole; waits until the authorizer knows `may`, in the namespace unmanaged."""
    group = "rbac.authorization.k8s.io"
    metadata = {"name": f"test-{user}"}
    world.kube.apply({"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": metadata,
                      "rules": [dict(zip(("apiGroups", "resources", "verbs"),
                                         ([api], [resource], verbs), strict=True))
                                for api, resource, verbs in rules]})
    world.kube.apply({"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding",
                      "metadata": metadata,
                      "roleRef": {"apiGroup": group, "kind": "ClusterRole",
                                  "name": metadata["name"]},
                      "subjects": [{"apiGroup": group, "kind": "User", "name": user}]})
    wait_until(lambda: world.may(user, *may, "unmanaged"), 30, f"{user} has the role")


POOLS = ("berth.dev", "resourcepools", ["create", "patch", "get", "delete"])


def test_who_may_only_write_pools_has_no_machines_scaled(world):
    give_cluster_rules(world, "heidi", [POOLS], ("create", "berth.dev", "resourcepools"))
    heidi = world.user("heidi")
    for kind in ("MachineDeployment", "MachinePool"):
        with pytest.raises(ApiError, match="whose scale its author may not patch") as error:
            heidi.create(grown_pool("heidis", "ClusterAPI", kind=kind, namespace="capi", name="w"))
        assert error.value.code == 403
    with pytest.raises(ApiError, match="a NodePool that its author may not patch"):
        heidi.create(grown_pool("heidis", "Karpenter", name="w"))
    heidi.create({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool",
                  "metadata": {"name": "heidis"}, "spec": {"elastic": {"maxNodes": 3}}})
    with pytest.raises(ApiError, match="a NodePool that its author may not patch"):
        heidi.patch("berth.dev/v1alpha1/ResourcePool", "heidis",
                    grown_pool("heidis", "Karpenter", name="w"))


@pytest.mark.parametrize("user, provider, ref, right", [
    ("ivan", "ClusterAPI", {"namespace": "unmanaged", "name": "w"},
     ("cluster.x-k8s.io", "machinedeployments/scale")),
    ("judy", "ClusterAPI", {"kind": "MachinePool", "namespace": "unmanaged", "name": "w"},
     ("cluster.x-k8s.io", "machinepools/scale")),
    ("mallory", "Karpenter", {"name": "w"}, ("karpenter.sh", "nodepools"))])
def test_who_may_scale_machines_by_hand_may_name_them_in_a_pool(world, user, provider, ref, right):
    give_cluster_rules(world, user, [POOLS, (*right, ["patch"])], ("patch", *right))
    world.user(user).create(grown_pool(f"of-{user}", provider, **ref))


def test_who_changes_something_else_of_such_a_pool_is_not_asked_for_more_rights(world):
    give_cluster_rules(world, "niaj", [POOLS], ("create", "berth.dev", "resourcepools"))
    world.kube.create(grown_pool("made-by-an-admin", "Karpenter", name="w"))
    world.user("niaj").patch("berth.dev/v1alpha1/ResourcePool", "made-by-an-admin",
                             {"spec": {"drain": "Hold"}})
