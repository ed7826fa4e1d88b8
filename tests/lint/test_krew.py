"""The krew manifest is what krew takes, once a release has filled it in."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SUM = "0f" * 32
INDENT = "    "
SHORT_DESCRIPTION_MAX = 50  # krew's index asks for it


def filled_in(template: str, tag: str) -> str:
    """The template as krew-release-bot leaves it."""
    with_archives = re.sub(
        r'\{\{addURIAndSha "([^"]+)" \.TagName \}\}', rf"uri: \1\n{INDENT}sha256: {SUM}", template)
    return with_archives.replace("{{ .TagName }}", tag)


def test_the_krew_manifest_names_the_plugin_and_an_archive_for_each_platform():
    text = filled_in((ROOT / ".krew.yaml").read_text(encoding="utf-8"), "v0.1.0")
    assert "{{" not in text
    manifest = yaml.safe_load(text)
    assert manifest["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2"
    assert manifest["kind"] == "Plugin"
    assert manifest["metadata"] == {"name": "berth"}
    spec = manifest["spec"]
    assert spec["version"] == "v0.1.0"
    assert len(spec["shortDescription"]) <= SHORT_DESCRIPTION_MAX
    for platform in spec["platforms"]:
        labels = platform["selector"]["matchLabels"]
        assert platform["uri"].endswith(f"/v0.1.0/kubectl-berth_{labels['os']}_{labels['arch']}.tar.gz")
        assert platform["sha256"] == SUM
        assert platform["bin"] == "kubectl-berth"
        assert {entry["from"] for entry in platform["files"]} == {"kubectl-berth", "LICENSE", "lib/*"}
    assert (ROOT / "LICENSE").is_file()
