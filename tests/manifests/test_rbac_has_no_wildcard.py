"""What can be said of the roles in manifests/ without a cluster: nothing is granted wholesale."""

import pytest
from role_rules import problems
from world import manifests

ROLES = [d for d in manifests() if d["kind"] in ("Role", "ClusterRole")]
BINDINGS = [d for d in manifests() if d["kind"] in ("RoleBinding", "ClusterRoleBinding")]
ACCOUNTS = {d["metadata"]["name"] for d in manifests() if d["kind"] == "ServiceAccount"}


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
    ({"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"],
      "resourceNames": ["others"], "verbs": ["patch"]}, "never"),
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
