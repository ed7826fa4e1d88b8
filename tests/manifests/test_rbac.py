"""What the API server's authorizer says that each account may do, and what it may not."""

import pytest

OPERATOR = "system:serviceaccount:berth-system:berth-operator"
EXTENDER = "system:serviceaccount:berth-system:berth-scheduler-extender"
ANALYZER = "system:serviceaccount:berth-system:berth-analyzer"
READ = "get list watch"
CRS = "resourcepools quotas reservations allocationrequests allocationpolicies"

# account, verbs, group, resources (with /subresource), namespace, name
MAY = [
    (OPERATOR, READ, "", "pods nodes namespaces resourcequotas", "", ""),
    (OPERATOR, READ, "scheduling.k8s.io", "priorityclasses", "", ""),
    (OPERATOR, "patch delete", "", "pods", "team-a", ""),
    (OPERATOR, "patch", "", "pods/status", "team-a", ""),
    (OPERATOR, "create", "", "pods/eviction", "team-a", ""),
    (OPERATOR, "create patch", "events.k8s.io", "events", "team-a", ""),
    (OPERATOR, READ, "berth.dev", CRS, "", ""),
    (OPERATOR, "patch", "berth.dev", "resourcepools/status quotas/status "
     "reservations/status allocationrequests/status allocationpolicies/status", "", ""),
    (OPERATOR, "create", "coordination.k8s.io", "leases", "berth-system", ""),
    (OPERATOR, "get update patch", "coordination.k8s.io", "leases", "berth-system",
     "berth-operator"),
    (OPERATOR, "get patch", "", "secrets", "berth-system", "berth-authority"),
    (OPERATOR, "get patch", "", "secrets", "berth-system", "berth-scheduler-extender-tls"),
    (OPERATOR, "get patch", "", "secrets", "berth-system", "berth-scheduler-client-tls"),
    (EXTENDER, READ, "", "pods nodes namespaces", "", ""),
    (EXTENDER, READ, "berth.dev", CRS, "", ""),
    (ANALYZER, "list", "metrics.k8s.io", "nodes pods", "", ""),
    (ANALYZER, "list watch", "", "nodes pods", "", ""),
    (ANALYZER, "list watch", "apps", "deployments statefulsets", "", ""),
    (ANALYZER, "list watch", "batch", "jobs", "", ""),
    (ANALYZER, "create patch", "events.k8s.io", "events", "team-a", ""),
    (ANALYZER, "list watch", "autoscaling", "horizontalpodautoscalers", "", ""),
    (ANALYZER, "list watch", "berth.dev", "resourcepools scalingpolicies", "", ""),
    (ANALYZER, "list watch create patch delete", "berth.dev", "scalingrecommendations", "team-a",
     ""),
    (ANALYZER, "patch", "berth.dev", "resourcepools/status scalingpolicies/status "
     "scalingrecommendations/status", "", ""),
    (ANALYZER, "get", "coordination.k8s.io", "leases", "berth-system", "berth-operator"),
    (ANALYZER, "get update patch", "coordination.k8s.io", "leases", "berth-system",
     "berth-analyzer"),
]
MAY_NOT = [
    (OPERATOR, "create update deletecollection", "", "pods", "team-a", ""),
    (OPERATOR, "get list", "external.metrics.k8s.io", "queue_depth", "team-a", ""),
    (OPERATOR, "create", "", "pods/binding pods/exec events", "team-a", ""),
    (OPERATOR, READ, "policy", "poddisruptionbudgets", "", ""),
    (OPERATOR, READ, "batch", "jobs", "", ""),
    (OPERATOR, "update", "berth.dev", "quotas/status resourcepools/status", "", ""),
    (OPERATOR, "update patch delete", "", "nodes namespaces resourcequotas", "", ""),
    (OPERATOR, "create update delete", "berth.dev", CRS, "", ""),
    (OPERATOR, "patch", "berth.dev", "allocationpolicies", "", ""),
    (OPERATOR, "update patch", "berth.dev", "scalingrecommendations/status", "", ""),
    (OPERATOR, "update delete", "coordination.k8s.io", "leases", "kube-system", "kube-scheduler"),
    (OPERATOR, "update", "coordination.k8s.io", "leases", "berth-system", "berth-analyzer"),
    (EXTENDER, "get", "", "secrets", "berth-system", "berth-authority"),
    (ANALYZER, "get", "", "secrets", "berth-system", "berth-authority"),
    (EXTENDER, "patch update delete create", "", "pods", "team-a", ""),
    (EXTENDER, "patch", "", "pods/status", "team-a", ""),
    (EXTENDER, "create", "", "pods/binding bindings", "team-a", ""),
    (EXTENDER, "create", "", "pods/eviction", "team-a", ""),
    (EXTENDER, "create patch", "", "events", "team-a", ""),
    (EXTENDER, "create patch", "events.k8s.io", "events", "team-a", ""),
    (EXTENDER, "patch update", "berth.dev", "quotas/status resourcepools/status", "", ""),
    (EXTENDER, "get create", "coordination.k8s.io", "leases", "berth-system", ""),
    (ANALYZER, "get patch delete create", "", "pods", "team-a", ""),
    (ANALYZER, "get update patch", "", "pods/resize", "team-a", ""),
    (ANALYZER, "get update patch", "apps", "deployments/scale statefulsets/scale", "team-a", ""),
    (ANALYZER, "get patch", "cluster.x-k8s.io", "machinedeployments machinedeployments/scale "
     "machinepools machinepools/scale", "capi", ""),
    (ANALYZER, "get patch", "karpenter.sh", "nodepools", "", ""),
    (ANALYZER, "patch update", "batch", "jobs", "team-a", ""),
    (ANALYZER, "create", "", "pods/binding pods/eviction", "team-a", ""),
    (ANALYZER, "patch update delete", "apps", "deployments statefulsets", "team-a", ""),
    (ANALYZER, "patch", "berth.dev", "quotas quotas/status reservations/status resourcepools",
     "", ""),
    (ANALYZER, "create patch", "berth.dev", "scalingpolicies", "team-a", ""),
    (ANALYZER, "update patch", "autoscaling", "horizontalpodautoscalers", "team-a", ""),
    (ANALYZER, "update patch", "coordination.k8s.io", "leases", "berth-system", "berth-operator"),
]
EVERY_ACCOUNT_MAY_NOT = [
    ("get list watch create patch update delete", "", "secrets", "berth-system", ""),
    ("get patch", "", "secrets", "berth-system", "another"),
    ("get patch", "", "secrets", "team-a", "berth-authority"),
    ("create", "", "serviceaccounts/token", "berth-system", "berth-operator"),
    ("impersonate", "", "users", "", ""),
    ("create update patch", "rbac.authorization.k8s.io", "clusterroles clusterrolebindings", "",
     ""),
    ("update patch delete", "admissionregistration.k8s.io",
     "mutatingadmissionpolicies validatingadmissionpolicies", "", ""),
    ("update patch delete", "apiextensions.k8s.io", "customresourcedefinitions", "", ""),
]


def answers(world, user, verbs, group, resources, namespace, name):
    """The authorizer's answer to each verb on each resource."""
    return {(verb, resource): world.may(user, verb, group, resource, namespace, name)
            for verb in verbs.split() for resource in resources.split()}


def sentence(row):
    return "-".join(str(part).rpartition(":")[2].replace(" ", "+") for part in row if part)


@pytest.mark.parametrize("row", MAY, ids=sentence)
def test_account_may(world, row):
    assert set((found := answers(world, *row)).values()) == {True}, found


@pytest.mark.parametrize("row", MAY_NOT, ids=sentence)
def test_account_may_not(world, row):
    assert set((found := answers(world, *row)).values()) == {False}, found


@pytest.mark.parametrize("account", [OPERATOR, EXTENDER, ANALYZER])
@pytest.mark.parametrize("row", EVERY_ACCOUNT_MAY_NOT, ids=sentence)
def test_no_account_may(world, account, row):
    assert set(answers(world, account, *row).values()) == {False}


@pytest.mark.parametrize("role, verbs, resources, allowed", [
    ("view", READ, "allocationrequests scalingpolicies scalingrecommendations", True),
    ("view", "create", "allocationrequests scalingpolicies", False),
    ("edit", "create patch delete", "allocationrequests scalingpolicies", True),
    ("edit", "create patch delete", "scalingrecommendations", False),
    ("edit", "patch", "allocationrequests/status scalingpolicies/status", False),
    ("admin", "create", "quotas resourcepools reservations allocationpolicies", False),
    ("admin", READ, "quotas resourcepools reservations allocationpolicies", True)])
def test_people_get_what_their_namespace_role_says(world, role, verbs, resources, allowed):
    world.give_role(f"bob-{role}", role, "managed")
    found = answers(world, f"bob-{role}", verbs, "berth.dev", resources, "managed", "")
    assert set(found.values()) == {allowed}, found
