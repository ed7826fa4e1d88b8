"""What is said of Kubernetes' versions is what can be built, and so be tested (make test-versions)."""

import re
import sys

from layers import ROOT

sys.path.insert(0, str(ROOT / "tests/controlplane"))

from berth_controlplane import versions  # noqa: E402  (the path must be set first)


def minors():
    """The oldest and the newest minor version that there are module files for."""
    numbers = [versions.numbers(version)[1] for version in versions.available()]
    return numbers[0], numbers[-1]


def found_in(path, pattern):
    match = re.search(pattern, (ROOT / path).read_text(encoding="utf-8"))
    assert match, f"{path} has no {pattern}"
    return int(match[1])


def test_doctor_knows_the_oldest_and_the_newest():
    assert minors() == tuple(found_in("cli/doctor/decide.hpp", rf"kKubernetesMinor{end} = (\d+);")
                             for end in ("Min", "Max"))


def test_the_chart_refuses_what_is_older():
    assert minors()[0] == found_in("helm/berth/Chart.yaml", r'kubeVersion: ">=1\.(\d+)\.0-0"')


def test_the_promises_name_every_version():
    text = (ROOT / "docs/concepts/promises.md").read_text(encoding="utf-8")
    assert [version for version in versions.available() if version.removeprefix("v") not in text] == []
