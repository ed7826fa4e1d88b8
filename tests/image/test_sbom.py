"""The list of contents without an image: what is installed, and what is in the programs as headers alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = """Package: {name}
Status: install ok installed
Version: 1.0-1
Architecture: amd64
Maintainer: nobody
Description: of this test
Source: {source}

"""
COMPILED_IN = """header-only-dev 3.11.2-2 header-only 3.11.2-2 all
libc++like-dev:amd64 2.0-1 shared 2.0-1 amd64
"""


@pytest.fixture(scope="module")
def sbom(tmp_path_factory):
    """Of a machine with two packages, one of which is the library of a header package."""
    admin = tmp_path_factory.mktemp("dpkg")
    (admin / "info").mkdir()
    (admin / "updates").mkdir()
    (admin / "status").write_text(INSTALLED.format(name="libshared1", source="shared") +
                                  INSTALLED.format(name="tzdata", source="tzdata"))
    compiled_in = admin / "compiled-in"
    compiled_in.write_text(COMPILED_IN)
    done = subprocess.run(["bash", ROOT / "scripts/write-sbom", "1.2.3", compiled_in], text=True,
                          capture_output=True, check=False,
                          env=os.environ | {"DPKG_ADMINDIR": str(admin)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def names(sbom):
    return [package["name"] for package in sbom["packages"]]


def test_it_names_what_is_installed_and_what_is_compiled_in(sbom):
    assert names(sbom) == ["berth", "libshared1", "tzdata", "header-only-dev"]


def test_a_library_that_is_installed_is_not_named_by_its_headers_again(sbom):
    assert "libc++like-dev" not in names(sbom)


def test_it_tells_what_is_linked_from_what_is_contained(sbom):
    related = {(relation["relatedSpdxElement"], relation["relationshipType"])
               for relation in sbom["relationships"]}
    assert related == {("SPDXRef-berth", "DESCRIBES"), ("SPDXRef-deb-libshared1", "DEPENDS_ON"),
                       ("SPDXRef-deb-tzdata", "DEPENDS_ON"),
                       ("SPDXRef-deb-header-only-dev", "STATIC_LINK")}


def test_the_headers_in_the_programs_are_found(programs_folder):
    done = subprocess.run([ROOT / "scripts/compiled-in-packages", programs_folder.parent],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {line.split()[0].partition(":")[0] for line in done.stdout.splitlines()}
    assert {"nlohmann-json3-dev", "libcli11-dev", "libexpected-dev"} <= found
    assert not found & {"catch2", "libc6-dev", "librapidcheck-dev", "linux-libc-dev"}
