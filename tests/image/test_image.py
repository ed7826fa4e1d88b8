"""What is in the image, and that its programs start there: as nobody, on a read-only root."""

from __future__ import annotations

import json
import re
import stat
import subprocess

import pytest

PROGRAMS = ("berth-operator", "berth-scheduler-extender", "berth-analyzer", "kubectl-berth")
SIZE_MAX_BYTES = 250_000_000
COMPILERS = ("gcc", "g++", "cc", "c++", "cmake", "ninja", "ld")


def files(image):
    return (path for path in image.root.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_starts_and_misses_no_library(image, program):
    done = image.run(program, "--version" if program != "kubectl-berth" else "version")
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+\.\d+\.\d+", done.stdout), done.stdout


def test_kubectl_gets_its_completions_from_the_plugin_under_another_name(image):
    done = image.run("kubectl_complete-berth", "compl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("completion\t")


def test_the_user_is_nobody_and_owns_no_file(image):
    assert image.user == "65532:65532"
    assert [path for path in files(image) if path.stat().st_uid == 65532] == []


def test_no_file_of_berth_can_raise_privileges(image):
    programs = image.root / "usr/local/bin"
    assert {path.name for path in programs.iterdir()} == {*PROGRAMS, "kubectl_complete-berth"}
    for path in programs.iterdir():
        mode = path.stat().st_mode
        assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWGRP | stat.S_IWOTH), path


def test_nothing_that_compiles_is_left(image):
    found = [name for name in COMPILERS if (image.root / "usr/bin" / name).exists()]
    assert found == []
    assert not list((image.root / "var/lib/apt/lists").glob("*_Packages*"))
    assert not (image.root / "src").exists()


def test_it_is_small(image):
    total = sum(path.stat().st_size for path in files(image))
    print(f"the image holds {total / 1e6:.0f} MB")
    assert total < SIZE_MAX_BYTES


def test_labels_say_what_it_is(image):
    labels = {key.removeprefix("org.opencontainers.image."): value
              for key, value in image.labels.items()}
    assert labels["title"] == "berth"
    assert labels["licenses"] == "Apache-2.0"
    assert labels["version"] in image.run("berth-operator", "--version").stdout


def test_the_list_of_contents_names_every_package_once(image):
    sbom = json.loads((image.root / "usr/share/doc/berth/sbom.spdx.json").read_text())
    installed = subprocess.run(
        ["dpkg-query", f"--admindir={image.root}/var/lib/dpkg", "--show",
         "--showformat=${Package} ${Version}\n"],
        capture_output=True, text=True, check=True).stdout.splitlines()
    compiled_in = {relation["relatedSpdxElement"] for relation in sbom["relationships"]
                   if relation["relationshipType"] == "STATIC_LINK"}
    listed = [f"{package['name']} {package['versionInfo']}" for package in sbom["packages"]
              if package["name"] != "berth" and package["SPDXID"] not in compiled_in]
    assert sorted(listed) == sorted(installed)
    identifiers = [package["SPDXID"] for package in sbom["packages"]]
    assert len(set(identifiers)) == len(identifiers)
    assert {"SPDXRef-deb-nlohmann-json3-dev", "SPDXRef-deb-libcli11-dev"} <= compiled_in
