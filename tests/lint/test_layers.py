"""Arrows between the folders go down only, and the pure layers stay pure."""

import subprocess

import pytest

from layers import ROOT, violations


def sources() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT, check=True,
                             capture_output=True, text=True).stdout
    return listing.split()


def test_no_source_file_breaks_its_layer():
    found = [fault for name in sources() for fault in violations(name, (ROOT / name).read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path, text, complaint", [
    ("lib/base/x.cpp", '#include "lib/resources/amount.hpp"', "may not include"),
    ("lib/allocation/x.cpp", '#include "lib/api/quota.hpp"', "may not include"),
    ("lib/allocation/x.cpp", "#include <mutex>", "may not include <mutex>"),
    ("lib/allocation/x.cpp", "auto t = std::chrono::system_clock::now();", "calls"),
    ("analyzer/model/x.cpp", "#include <nlohmann/json.hpp>", "may not include"),
    ("lib/resources/x.cpp", "std::random_device device;", "calls"),
    ("operator/x.cpp", '#include "scheduler-extender/filter.hpp"', "may not include"),
    ("lib/newcomer/x.cpp", "", "in no layer"),
    ("lib/kube/x.cpp", 'const char* home = getenv("HOME");', "main.cpp only"),
])
def test_a_wrong_arrow_is_found(path, text, complaint):
    assert any(complaint in fault for fault in violations(path, text))


@pytest.mark.parametrize("path, text", [
    ("lib/allocation/x.cpp", '#include "lib/resources/amount.hpp"'),
    ("lib/allocation/x.cpp", "// the caller passes now() in"),
    ("operator/main.cpp", 'const char* home = std::getenv("HOME");'),
    ("operator/pod/x.cpp", '#include "lib/cluster/observer.hpp"'),
])
def test_a_right_arrow_is_not(path, text):
    assert violations(path, text) == []
