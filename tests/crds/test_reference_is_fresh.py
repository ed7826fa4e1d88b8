"""docs/reference/custom-resources.md is what scripts/generate-crd-reference makes of crds/."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
GENERATOR = ROOT / "scripts/generate-crd-reference"


def run(script):
    return subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True,
                          check=False)


def test_reference_page_is_fresh():
    result = run(GENERATOR)
    assert result.returncode == 0, result.stdout


def test_a_stale_page_is_noticed(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "docs/reference").mkdir(parents=True)
    (tmp_path / "crds").symlink_to(ROOT / "crds")
    script = tmp_path / "scripts/generate-crd-reference"
    script.write_text(GENERATOR.read_text())
    page = tmp_path / "docs/reference/custom-resources.md"
    page.write_text((ROOT / "docs/reference/custom-resources.md").read_text() + "edited by hand\n")
    result = run(script)
    assert result.returncode == 1 and "is stale" in result.stdout
