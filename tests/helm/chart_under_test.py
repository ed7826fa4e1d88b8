"""The chart and what of it renders, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "berth"
NAMESPACE = "berth-system"
# Without a cluster helm cannot know that it serves the policy.
POLICY = ("--set", "gate.mode=Policy")


def rendered(helm, *words):
    """The objects that helm makes of the chart, with these values."""
    done = helm("template", "berth", CHART, "--namespace", NAMESPACE, *POLICY, *words)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def deployments(documents):
    """The spec of each Deployment, by name."""
    return {document["metadata"]["name"]: document["spec"] for document in documents
            if document["kind"] == "Deployment"}
