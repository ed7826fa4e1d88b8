"""What roles grant under the values that add to them: nothing wholesale, as under the default ones."""

from __future__ import annotations

import sys

import pytest
from chart_under_test import ROOT, rendered

sys.path.append(str(ROOT / "tests/manifests"))

from role_rules import problems  # noqa: E402

VALUES = {
    "by default": (),
    "the gate is a webhook": ("gate.mode=Webhook",),
    "a scheduler of Berth's own": ("scheduler.deploy=true",),
    "the analyzer acts": ("analyzer.act=true",),
    "pools grow by MachineDeployments": ("analyzer.act=true", "analyzer.poolProviders.clusterAPI=true"),
    "pools grow by NodePools": ("analyzer.act=true", "analyzer.poolProviders.karpenter=true"),
    "external metrics are served": ("analyzer.externalMetrics.enabled=true",),
    "pods are released at the end": ("uninstall.releaseGatedPods=true",),
}


def roles_under(helm, values):
    words = [word for value in values for word in ("--set", value)]
    return [document for document in rendered(helm, *words)
            if document["kind"] in ("Role", "ClusterRole")]


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_no_values_make_a_role_grant_anything_wholesale(helm, values):
    roles = roles_under(helm, values)
    assert roles
    assert {role["metadata"]["name"]: list(problems(role)) for role in roles
            if list(problems(role))} == {}


@pytest.mark.parametrize("values", [values for values in VALUES.values() if values],
                         ids=[name for name, values in VALUES.items() if values])
def test_each_of_these_values_changes_what_is_granted(helm, values):
    """Else it would not be tested."""
    assert roles_under(helm, values) != roles_under(helm, ())
