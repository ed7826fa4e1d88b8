"""What can be said of the roles in manifests/ without a cluster: nothing is granted wholesale."""

import pytest
from world import manifests

ROLES = [d for d in manifests() if d["kind"] in ("Role", "ClusterRole")]
BINDINGS = [d for d in manifests() if d["kind"] in ("RoleBinding", "ClusterRoleBinding")]
ACCOUNTS = {d["metadata"]["name"] for d in manifests() if d["kind"] == "ServiceAccount"}
# Verbs that turn a small right into a large one.
STEPPING_STONES = {"escalate", "bind", "impersonate"}
# What lets its reader or writer become somebody else.
NEVER = {"secrets", "serviceaccounts", "serviceaccounts/token", "pods/exec", "pods/attach",
         "pods/ephemeralcontainers", "nodes/proxy", "roles", "clusterroles", "rolebindings",
         "clusterrolebindings", "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
         "mutatingadmissionpolicies", "validatingadmissionpolicies"}


def grants(role):
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield group, resource, verb, rule.get("resourceNames")


def problems(role):
    for rule in role["rules"]:
        if "nonResourceURLs" in rule:
            yield "nonResourceURLs are not needed"
    for group, resource, verb, names in grants(role):
        if "*" in group + resource + verb:
            yield f"wildcard: {group}/{resource} {verb}"
        is_own_secret = resource == "secrets" and verb in ("get", "patch") and \
            names and all(name.startswith("berth-") for name in names)
        if verb in STEPPING_STONES or (resource in NEVER and not is_own_secret):
            yield f"never: {verb} {resource}"
        if resource == "leases" and verb != "create" and not names:
            yield f"leases must be named: {verb}"
        if names and verb in ("create", "list", "watch", "deletecollection"):
            yield f"a name does not narrow {verb} {resource}"
        if resource == "pods" and verb in ("create", "update"):
            yield f"pods are neither created nor replaced: {verb}"
        if resource == "nodes" and verb not in ("get", "list", "watch"):
            yield f"nodes are read only: {verb}"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role["metadata"]["name"])
def test_role_grants_nothing_wholesale(role):
    assert list(problems(role)) == []


@pytest.mark.parametrize("rule, sentence", [
    ({"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]}, "wildcard"),
    ({"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}, "wildcard"),
    ({"apiGroups": [""], "resources": ["pods/*"], "verbs": ["get"]}, "wildcard"),
    ({"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}, "wildcard"),
    ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}, "never"),
    ({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["berth-x"],
      "verbs": ["delete"]}, "never"),
    ({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["x"], "verbs": ["get"]},
     "never"),
    ({"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}, "never"),
    ({"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["update"]}, "named"),
    ({"apiGroups": [""], "resources": ["events"], "resourceNames": ["x"], "verbs": ["create"]},
     "does not narrow"),
    ({"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}, "neither created"),
    ({"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]}, "read only"),
    ({"apiGroups": [], "resources": [], "verbs": [], "nonResourceURLs": ["/x"]}, "nonResource"),
])
def test_checker_refuses_a_bad_rule(rule, sentence):
    assert sentence in " ".join(problems({"rules": [rule]}))


def test_each_program_has_an_account_of_its_own_and_uses_it():
    used = [d["spec"]["template"]["spec"]["serviceAccountName"] for d in manifests()
            if d["kind"] == "Deployment"]
    assert sorted(used) == sorted(ACCOUNTS) == ["berth-analyzer", "berth-operator",
                                                "berth-scheduler-extender"]


def test_a_role_of_a_program_is_bound_to_that_program_alone():
    for binding in BINDINGS:
        subjects = [subject["name"] for subject in binding["subjects"]]
        if set(subjects) & ACCOUNTS:
            assert len(subjects) == 1
            assert binding["roleRef"]["name"].startswith(subjects[0])


def test_every_bound_role_is_there():
    known = {(d["kind"], d["metadata"]["name"]) for d in ROLES}
    assert {(b["roleRef"]["kind"], b["roleRef"]["name"]) for b in BINDINGS} <= known
